import { anyone } from '@margay/api';
import type { Report } from '@margay/reports';
import { openMetrics, silentLog } from '@margay/runtime';
import { openListener, ProcessModule, type HttpServer } from '@margay/runtime/nest';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOver } from '../testing/api-application.ts';
import { archive, recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage } from './browser.ts';

/** What an attacker would put into a name, whatever it names. Long, and without a space to break at. */
const HOSTILE = `<img/src=https://evil.example/x/onerror=hacked()></script><script>hacked()</script>"'\`\${7*7}\u202E\u2066\u200B\u001B[31m\u{E0041}\u3164\u00A0${'x'.repeat(253)}`;
const FORMULA = "=cmd|' /C calc'!A0";
/** Characters that are not seen, or turn what is seen around. */
const UNSEEN =
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u00a0\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u3164\\u{e0041}]';

const MIDDLE = SPAN.start + Math.floor((SPAN.end - SPAN.start) / 2);
const stores = await recordedStores();
let server: HttpServer;
let browser: Browser;
let url = '';

/** What is no text of anybody's: without it the pages would not be those pages. */
const KEPT = new Set([
  'id',
  'href',
  'state',
  'auditID',
  'digest',
  'flag',
  'grade',
  'supersedes',
  'kind',
  'cursor',
  'next',
]);
const KEPT_TYPES = new Set(['policy-audit', 'protection-audit']);
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** The same with something hostile in every text of it. */
function hostile(value: unknown, change: (text: string) => string, key = ''): unknown {
  if (typeof value === 'string')
    return KEPT.has(key) || INSTANT.test(value) || KEPT_TYPES.has(value) ? value : change(value);
  if (Array.isArray(value)) {
    const isKept = key === 'notKnown';
    return isKept ? value : value.map((item) => hostile(item, change, key));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, hostile(of, change, name)]));
}

/** A report of which every row is of hostile names. */
async function archiveHostile(id: string, type: string, computed: Report): Promise<void> {
  const rows = ['endpoints', 'namespaces', 'services', 'auditEvents', 'protectionChanges'] as const;
  const changed = rows.map((kind) => [
    kind,
    hostile(computed[kind], (text) => `${FORMULA}${text}<script>hacked()</script>\u202E`),
  ]);
  await archive(stores, windowOf(id, type, SPAN, id), {
    ...computed,
    reportName: id,
    ...Object.fromEntries(changed),
  } as Report);
}

const TYPES = [
  ['inventory-1', 'inventory'],
  ['access-1', 'network-access'],
  ['audit-1', 'policy-audit'],
  ['protection-1', 'protection-audit'],
] as const;

beforeAll(async () => {
  browser = await openBrowser();
  await stores.windows.keepReports([
    { name: 'weekly', reportType: 'inventory', spec: { reportType: 'inventory' } },
  ]);
  await report(stores, windowOf('inventory-0', 'inventory', { start: SPAN.start, end: MIDDLE }, 'inventory'));
  for (const [id, type] of TYPES)
    await archiveHostile(`hostile-${type}`, type, await report(stores, windowOf(id, type, SPAN, type)));
  const access = { ...anyone, everybody: { ...anyone.everybody!, name: 'somebody' } };
  // As the service listens: names are as long in its addresses.
  server = await openListener(
    {
      module: class Here {},
      imports: [
        ProcessModule.with({ log: silentLog, metrics: openMetrics() }),
        apiOver({ stores, access, others: new Map([['second', stores]]) }),
      ],
    },
    { host: '127.0.0.1', port: 0 },
  );
  url = server.url;
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Asks as if the names were the right ones, and answers as if all were hostile. */
async function makeHostile(page: Page): Promise<string[]> {
  const elsewhere: string[] = [];
  await page.route('**/*', async (route) => {
    const asked = new URL(route.request().url());
    if (asked.origin !== url) elsewhere.push(asked.href);
    if (asked.origin !== url || !asked.pathname.startsWith('/api/v1/') || asked.pathname.endsWith('/events'))
      return route.continue();
    for (const [name, value] of asked.searchParams)
      asked.searchParams.set(name, value.replaceAll(HOSTILE, ''));
    const answer = await route.fetch({ url: asked.href });
    const json = hostile(await answer.json(), (text) => text + HOSTILE);
    return route.fulfill({ response: answer, json });
  });
  return elsewhere;
}

/** Whatever is shown to somebody who sees, or hears. */
const TEXTS = `[document.title, ...[...document.querySelectorAll('body, body *')].flatMap((element) => [
  ...[...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
  ...['title', 'aria-label', 'aria-valuetext', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? ''),
])].filter((text) => /${UNSEEN}/u.test(text)).map((text) => text.slice(0, 200))`;

const ENDPOINT = encodeURIComponent('HostEndpoint(node-0-eth0)');
const PAGES = [
  ['runs', '#/', 'article.card h2 a'],
  ['run', '#/runs/inventory-1', '.grid .body .row:nth-child(3) a'],
  ['access', '#/runs/access-1', '.grid .body .row:nth-child(3) a'],
  ['policy-audit', '#/runs/audit-1', '.grid .body .row button'],
  ['protection-audit', '#/runs/protection-1', '.grid .body .row'],
  ['endpoint', `#/runs/inventory-1/endpoint?name=${ENDPOINT}`, 'svg rect.protected'],
  ['cluster', '#/cluster', 'table td'],
  ['coverage', '#/coverage', 'svg rect.kept'],
  ['no such run', `#/runs/${encodeURIComponent(HOSTILE)}`, '[role=alert]'],
  ['a run of a long name', `#/runs/${'x'.repeat(253)}`, 'text=There is no'],
  ['an address that is none', '#/runs/%E0%A4%A', '[role=alert]'],
] as const;

test.each(
  PAGES.flatMap(([name, path, sign]) => [1280, 390].map((width) => [name, width, path, sign] as const)),
)(
  '%s with hostile names, %i pixels wide: nothing runs, nothing is hidden, nothing moves',
  async (name, width, path, sign) => {
    const { page, problems } = await openPage(browser, { isMobile: width < 640 });
    await page.setViewportSize({ width, height: 844 });
    page.on('dialog', (dialog) => problems.push(`dialog ${dialog.message()}`));
    await page.exposeFunction('hacked', () => problems.push('something ran'));
    const elsewhere = await makeHostile(page);
    await page.goto(`${url}/${path}`);
    await page.locator(sign).first().waitFor();
    if (name === 'policy-audit') {
      await page.locator('.grid .body .row button').nth(1).click();
      await page.locator('div.diff .put').first().waitFor();
    }
    for (const details of await page.locator('summary').all()) await details.click();
    if (name === 'run') await page.getByText('Lost ingress protection').waitFor();
    await keepPicture(page, `hostile-${name}-${width}`);
    expect(await page.evaluate(TEXTS)).toEqual([]);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
    expect(elsewhere).toEqual([]);
    const isProblem = sign === '[role=alert]' || sign === 'text=There is no';
    expect(problems.filter((problem) => !(isProblem && problem.includes('404 (')))).toEqual([]);
    await page.context().close();
  },
);

/** The cells of a table, as RFC 4180 has them. */
function cellsOf(csv: string): string[] {
  const cells = csv.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(?:,|\r?\n)/g);
  return [...cells].map(([, cell = '']) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
}

test.each(TYPES.map(([, type]) => type))(
  'every download of a %s with hostile names is a file, of which no program runs anything',
  async (type) => {
    const id = `hostile-${type}`;
    const { downloads } = (await (await fetch(`${url}/api/v1/runs/${id}`)).json()) as {
      downloads: { name: string; href: string }[];
    };
    expect(downloads.length).toBeGreaterThan(2);
    let formulas = 0;
    for (const { name, href } of downloads) {
      const answer = await fetch(new URL(href, url));
      const body = Buffer.from(await answer.arrayBuffer()).toString('latin1');
      expect([name, answer.status]).toEqual([name, 200]);
      // A browser keeps it, and shows it as no page of ours.
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-type')).not.toContain('html');
      if (name.endsWith('.csv')) {
        const cells = cellsOf(body);
        expect(cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell))).toEqual([]);
        formulas += cells.filter((cell) => cell.startsWith("'=cmd")).length;
      }
      if (name.endsWith('.json')) expect(() => JSON.parse(body) as unknown).not.toThrow();
      if (name.endsWith('.pdf')) expect(body).not.toMatch(/\/(JavaScript|JS|Launch|URI|OpenAction)\b/);
    }
    // The tables of an audit of policies are of counts alone.
    expect(formulas > 0).toBe(type !== 'policy-audit');
  },
);
