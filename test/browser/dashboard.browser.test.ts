import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { anyone, type Authority } from '@margay/api';
import { Problem } from '@margay/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { archiveBigReport, HOSTILE } from './big-report.ts';
import { openBrowser, openPage, seriousFindings } from './browser.ts';

const PICTURES = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const MIDDLE = SPAN.start + Math.floor((SPAN.end - SPAN.start) / 2);
const stores = await recordedStores();
const servers: NestFastifyApplication[] = [];
let browser: Browser;
let url = '';

async function serve(access: Authority, from = stores): Promise<string> {
  const http = await apiHere({ stores: from, access });
  servers.push(http);
  return addressOf(http);
}

beforeAll(async () => {
  browser = await openBrowser();
  url = await serve(anyone);
  await report(stores, windowOf('inventory-0', 'inventory', { start: SPAN.start, end: MIDDLE }, 'inventory'));
  const inventory = await report(stores, windowOf('inventory-1', 'inventory', SPAN, 'inventory'));
  await report(stores, windowOf('access-1', 'network-access', SPAN, 'network-access'));
  await report(stores, windowOf('audit-1', 'policy-audit', SPAN, 'policy-audit'));
  await report(stores, windowOf('protection-1', 'protection-audit', SPAN, 'protection-audit'));
  await archiveBigReport(stores, inventory, 100_000);
});

afterAll(async () => {
  await browser?.close();
  for (const http of servers) await http.close();
});

const ENDPOINT = encodeURIComponent('HostEndpoint(node-0-eth0)');
const PAGES = [
  ['reports', '#/', 'text=/\\d+ runs/'],
  ['report', '#/runs/inventory-1', '.grid .body .row:nth-child(3) a'],
  ['policy-audit', '#/runs/audit-1', '.grid .body .row button'],
  [
    'protection-audit',
    '#/runs/protection-1',
    '.grid .body .row:has-text("admin"):has-text("created GlobalNetworkPolicy")',
  ],
  ['endpoint', `#/runs/inventory-1/endpoint?name=${ENDPOINT}`, 'svg rect.protected'],
  ['cluster', '#/cluster', 'table td'],
  ['coverage', '#/coverage', 'svg rect.kept'],
  ['big-report', '#/runs/big', 'text=100,000 rows'],
  ['api', 'api/docs', 'h2 code'],
] as const;

test.each(
  PAGES.flatMap(([name, path, sign]) =>
    (['light', 'dark'] as const).map((scheme) => [name, scheme, path, sign] as const),
  ),
)('%s, %s: drawn without an error or a serious finding', async (name, scheme, path, sign) => {
  const { page, problems } = await openPage(browser, { colorScheme: scheme });
  await page.goto(`${url}/${path}`);
  await page.locator(sign).first().waitFor();
  if (name === 'policy-audit') {
    await page.locator('.grid .body .row button').nth(1).click();
    await page.locator('div.diff .put').first().waitFor();
  }
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
  // A template leaves out the space between a word and what begins the next line.
  expect(await page.locator('body').innerText()).not.toMatch(/[a-z:]\d{4}-\d\d-\d\d /);
  if (process.env['MARGAY_PICTURES']) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: `${PICTURES}${name}-${scheme}.png` });
  }
  await page.context().close();
});

test('100,000 rows: scrolled to the end, filtered by words and flags, sorted, with the keyboard', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/runs/big`);
  await page.getByText('100,000 rows').waitFor();
  // Only what is seen is drawn.
  expect(await page.locator('.grid .body .row').count()).toBeLessThan(60);
  await page.locator('.grid .body').focus();
  await page.keyboard.press('End');
  await page.getByText('Pod.v1(shop-99/web-099999)').waitFor();
  await page.getByLabel('Filter').fill('SHOP-7/ web-00');
  await page.getByText('100 rows', { exact: true }).waitFor();
  await page.getByLabel('ingress not always protected').check();
  await page.getByText('0 rows', { exact: true }).waitFor();
  await page.getByLabel('Filter').fill('');
  await page.getByText('25,000 rows').waitFor();
  await page.getByRole('columnheader', { name: 'Endpoint' }).getByRole('button').press('Enter');
  await page.getByRole('columnheader', { name: 'Endpoint' }).getByRole('button').press('Enter');
  await page.getByText('Pod.v1(shop-96/web-099996)').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

/** What stands in the main part, in order: by label, class or tag. */
const orderOf = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('main > *')].map((each) => each.getAttribute('aria-label') ?? (each.className || each.tagName))`,
  );

test('a click on a tab changes the table and moves nothing', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/runs/access-1`);
  await page.getByText('174 rows').waitFor();
  const before = await orderOf(page);
  expect(before[0]).toBe('H1');
  for (const tab of ['Namespaces', 'Services', 'Endpoints', 'Namespaces']) {
    await page.getByRole('button', { name: tab }).click();
    await page.getByRole('table', { name: tab }).waitFor();
    expect(await orderOf(page)).toEqual(before);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});

test('filters and pages of the list of runs move nothing', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/`);
  await page.getByText('6 runs').waitFor();
  const before = await orderOf(page);
  expect(before.slice(0, 3)).toEqual(['H1', 'filters', 'soft']);
  for (const [type, words] of [
    ['policy-audit', '1 run'],
    ['inventory', '3 runs'],
    ['', '6 runs'],
  ] as const) {
    await page.getByLabel('Type').selectOption(type);
    await page.getByText(words, { exact: true }).waitFor();
    expect((await orderOf(page)).slice(0, 3)).toEqual(before.slice(0, 3));
  }
  expect(await orderOf(page)).toEqual(before);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('hostile names are shown as they are and do nothing', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/runs/big`);
  await page.getByText(HOSTILE[0]!).first().waitFor();
  await page.getByText('evil\\u{202e}txt.exe').first().waitFor();
  expect(await page.evaluate('window.hacked')).toBeUndefined();
  expect(await page.locator('main script, main img').count()).toBe(0);
  const csv = await (await fetch(`${url}/api/v1/runs/big/downloads/endpoints.csv`)).text();
  expect(csv).toContain(`,'=cmd|' /C calc'!A0,`);
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a report that is gone, a wrong address and a server that goes away: words, and it comes back', async () => {
  const { page } = await openPage(browser);
  await page.goto(`${url}/#/runs/gone`);
  await page.getByRole('alert').getByText('There is no run gone').waitFor();
  await page.route('**/api/v1/coverage', (route) => route.abort());
  await page.goto(`${url}/#/coverage`);
  await page.getByRole('alert').getByText('Margay does not answer').waitFor();
  await page.unroute('**/api/v1/coverage');
  await page.locator('svg rect.kept').first().waitFor();
  await page.context().close();
});

test('a report that is removed and a token that expires while the page is open: words, and it goes on', async () => {
  let isRemoved = false;
  let isExpired = false;
  const { archive } = stores;
  const without: typeof archive = {
    ...archive,
    header: async (id) => (isRemoved ? undefined : archive.header(id)),
    parts: (id, kind) => archive.parts(id, kind),
    headers: (query) => archive.headers(query),
  };
  const guarded = await serve(
    {
      get everybody() {
        return isExpired ? undefined : anyone.everybody;
      },
      async ofToken(token) {
        if (token === 'fresh') return { ...anyone.everybody!, name: token };
        throw new Problem(401, 'Unauthorized', 'The token is not valid (any more): sign in again.');
      },
    },
    { ...stores, archive: without },
  );
  const { page } = await openPage(browser);
  await page.goto(`${guarded}/#/runs/inventory-1`);
  await page.getByText('174 rows').waitFor();
  isExpired = true;
  await page.getByLabel('Filter').fill('cache');
  await page.getByLabel('Token').fill('fresh');
  await page.getByRole('button', { name: 'Sign in' }).click();
  // It is the page that was open.
  await page.getByText('174 rows').waitFor();
  isRemoved = true;
  await page.getByLabel('Filter').fill('storefront');
  await page.getByRole('alert').getByText('removed from the archive').waitFor();
  await page.context().close();
});

test('a slow archive: the page says that it waits, takes what is typed meanwhile, and ends right', async () => {
  const { archive } = stores;
  const slow = async () => sleep(1_500);
  const late: typeof archive = {
    ...archive,
    async header(id) {
      await slow();
      return archive.header(id);
    },
    async *parts(id, kind) {
      await slow();
      yield* archive.parts(id, kind);
    },
    headers: (query) => archive.headers(query),
  };
  const url = await serve(anyone, { ...stores, archive: late });
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/runs/inventory-1`);
  await page.getByRole('status').getByText('Loading').first().waitFor();
  await page.getByText('174 rows').waitFor();
  const input = page.getByLabel('Filter');
  await input.fill('storefront');
  await input.fill('cache');
  await input.fill('no such endpoint');
  await page.getByText('0 rows', { exact: true }).waitFor();
  expect(await input.inputValue()).toBe('no such endpoint');
  // A page that is left does not come back over the next one.
  await page.goto(`${url}/#/runs/access-1`);
  await page.goto(`${url}/#/`);
  await page.getByText(/\d+ runs/).waitFor();
  await sleep(4_000);
  await page.getByText(/\d+ runs/).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('a filter of ten megabytes is refused in words', async () => {
  const { page } = await openPage(browser);
  await page.goto(`${url}/#/runs/inventory-1`);
  await page.getByText('174 rows').waitFor();
  // Pasted at once: typing it would take minutes.
  await page.getByLabel('Filter').evaluate((input) => {
    Object.assign(input, { value: 'x'.repeat(10_000_000) });
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.getByRole('alert').first().waitFor();
  await page.getByLabel('Filter').fill('no such endpoint');
  await page.getByText('0 rows', { exact: true }).waitFor();
  await page.context().close();
});

test('paul, candice and david sign in and see what they may', async () => {
  const may: Record<string, { list: (name: string) => boolean; isExporter: boolean }> = {
    paul: { list: () => true, isExporter: false },
    candice: { list: () => true, isExporter: true },
    david: { list: (name) => name === 'inventory', isExporter: true },
  };
  const ofToken: Authority['ofToken'] = async (name) => {
    const rights = may[name];
    if (rights === undefined)
      throw new Problem(401, 'Unauthorized', 'The token is not valid (any more): sign in again.');
    const forbid = (what: string): never => {
      throw new Problem(403, 'Forbidden', `${name} may not do this: it needs the permission to ${what}`);
    };
    return {
      name,
      listable: async (reports) => reports.filter((found) => rights.list(found.name)),
      require: async () => void (rights.isExporter || forbid('get globalreporttypes')),
      exportable: async () => (rights.isExporter ? 'every' : forbid('get globalreporttypes')),
    };
  };
  const guarded = await serve({ ofToken });
  for (const [name, runs, seen] of [
    ['paul', '6 runs', 'get globalreporttypes'],
    ['candice', '6 runs', '174 rows'],
    ['david', '2 runs', '174 rows'],
  ] as const) {
    const { page } = await openPage(browser);
    await page.goto(guarded);
    await page.getByLabel('Token').fill('expired');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('sign in again').waitFor();
    await page.getByLabel('Token').fill(name);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(runs, { exact: true }).waitFor();
    await page.goto(`${guarded}/#/runs/inventory-1`);
    await page.getByText(seen).first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  }
});
