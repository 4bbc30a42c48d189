import { setTimeout as sleep } from 'node:timers/promises';
import { anyone, type Authority } from '@margay/api';
import { childWindows } from '@margay/contracts';
import { failureOf, Problem } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

const HOUR = 3_600_000_000;
/** A mark on turns the text that follows around. */
const HOSTILE = 'turned-\u202earound';

/** Three clusters: one whose sources are silent, one whose log tells its whole window, one without a report. */
async function fleet(access: Authority) {
  const [alpha, beta] = [await recordedStores(), await recordedStores()];
  await report(alpha, { ...windowOf('whole', 'inventory', SPAN, 'daily'), cluster: 'alpha' });
  const later = { start: SPAN.start, end: SPAN.end + 40 * HOUR };
  await report(beta, { ...windowOf('late', 'inventory', later, HOSTILE), cluster: 'beta' });
  const others = new Map([
    ['beta', beta],
    ['gamma', openEmbedded(':memory:')],
  ]);
  const app = await apiHere({ stores: alpha, cluster: 'alpha', others, access });
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await app.close();
  });
  return { url: await addressOf(app), browser };
}

test.each([
  ['wide', 1_280],
  ['narrow', 390],
])('the page of clusters, %s: worst first, with what each is by its last report', async (name, width) => {
  const { url, browser } = await fleet(anyone);
  const { page, problems } = await openPage(browser);
  await page.setViewportSize({ width, height: 844 });
  await page.goto(`${url}/`);
  await page.getByRole('link', { name: 'Clusters' }).click();
  await page.getByText('3 clusters').waitFor();
  await keepPicture(page, `fleet-${name}`, { fullPage: true });

  const rows = await page.locator('tbody tr').allInnerTexts();
  expect(rows.map((row) => row.trim().split(/\s/)[0])).toEqual(['gamma', 'beta', 'alpha']);
  expect(rows[0]).toMatch(/no report yet\s+none\s+never\s+none yet/);
  expect(rows[1]).toMatch(/gaps[^]*audit\.log/);
  expect(rows[1]).toContain('turned-\\u{202e}around');
  expect(rows[2]).toMatch(/2026-11-24 00:[^]*daily/);
  expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
  expect(await seriousFindings(page)).toEqual([]);

  await page.getByLabel('Name').fill('bet');
  await page.getByText('1 cluster,').waitFor();
  await page.locator('tbody tr td:last-child a').click();
  await page.waitForURL(/cluster=beta#\/runs\/late/);
  await page.getByText('revision 1', { exact: false }).or(page.locator('h1')).first().waitFor();
  expect(problems).toEqual([]);
});

test('the page of reports shows runs over many clusters: which were chosen, how far each is, and how many one may not see', async () => {
  const [hub, beta] = [await recordedStores(), await recordedStores()];
  const parent = {
    ...windowOf('over', 'inventory', SPAN, 'all'),
    cluster: 'hub',
    clusters: ['beta', 'gone', 'hub', 'unseen'],
    nonce: 'n',
  };
  await hub.windows.emit([parent], Date.now() * 1_000);
  const [ofBeta] = childWindows(parent);
  await report(beta, ofBeta!);
  const unseen = openEmbedded(':memory:');
  const others = new Map([
    ['beta', beta],
    ['unseen', unseen],
  ]);
  const nothing = { ...anyone.everybody!, listable: async () => [] };
  const app = await apiHere({
    stores: hub,
    cluster: 'hub',
    others,
    access: {
      ...anyone,
      ofUser: () => anyone.everybody!,
      everybody: { ...anyone.everybody!, user: { name: 'ada', groups: [] } },
    },
    accessIn: (cluster) => ({ ...anyone, ofUser: () => (cluster === 'beta' ? anyone.everybody! : nothing) }),
  });
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await app.close();
  });
  const { page, problems } = await openPage(browser);
  await page.goto(`${await addressOf(app)}/`);
  await page.getByText('Runs over many clusters (1)').click();
  await keepPicture(page, 'over-clusters', { fullPage: true });
  const [row] = await page
    .locator('table[class=plain] tbody tr')
    .filter({ hasText: '4 clusters' })
    .allInnerTexts();
  expect(row).toMatch(/all[^]*running[^]*4 clusters[^]*beta: [^]*hub: not yet[^]*2 that you may not see/);
  expect(row).not.toMatch(/gone|unseen/);
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('link', { name: 'beta' }).click();
  await page.waitForURL(/cluster=beta#\/runs\/hub-all-/);
  expect(problems).toEqual([]);
});

test('of clusters of which somebody may see nothing the page has no word', async () => {
  const nothing: Authority = {
    everybody: {
      ...anyone.everybody!,
      listable: async (reports) => reports.filter(({ name }) => name === 'daily'),
    },
    ofToken: (token) => anyone.ofToken(token),
  };
  const { url, browser } = await fleet(nothing);
  const { page } = await openPage(browser);
  await page.goto(`${url}/#/clusters`);
  await page.locator('tbody tr').first().waitFor();
  await sleep(100);
  const text = await page.locator('body').innerText();
  expect(text).toContain('alpha');
  expect(text).not.toContain('beta');
});

test('who is known to one cluster is told of no other by name, and signs in at the one whose name they know', async () => {
  const ofOne = (cluster: string): Authority => ({
    async ofToken(token) {
      if (token !== `of-${cluster}`) throw new Problem(401, 'Unauthorized', 'The token is not valid');
      return { ...anyone.everybody!, name: 'ada' };
    },
  });
  const app = await apiHere({
    stores: openEmbedded(':memory:'),
    cluster: 'alpha',
    others: new Map([['beta', openEmbedded(':memory:')]]),
    access: ofOne('alpha'),
    accessIn: ofOne,
  });
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await app.close();
  });
  const { page } = await openPage(browser);
  const signIn = async (token: string) => {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await page.goto(`${await addressOf(app)}/`);
  await signIn('of-alpha');
  await page.getByRole('link', { name: 'Clusters' }).click();
  await page.getByText('1 cluster,').waitFor();
  expect(await page.locator('body').innerText()).not.toContain('beta');
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel('Another cluster').fill('beta');
  await page.getByRole('button', { name: 'Sign in there' }).click();
  await page.waitForURL(/cluster=beta/);
  await signIn('of-beta');
  await page.getByRole('link', { name: 'Clusters' }).click();
  await page.getByText('2 clusters').waitFor();
  expect(await page.locator('tbody tr').count()).toBe(2);
});

test('while a part is away the page says which, and nothing of where it is; when that is back, it shows what there is by itself', async () => {
  let isAway = true;
  const away = () =>
    failureOf({
      part: 'Elasticsearch',
      at: ['http://elastic.internal:9200'],
      doing: 'reading',
      said: 'connect ECONNREFUSED',
      passes: true,
    });
  const everybody = anyone.everybody!;
  const access: Authority = {
    ...anyone,
    everybody: {
      ...everybody,
      listable: async (reports) => {
        if (isAway) throw away();
        return everybody.listable(reports);
      },
    },
  };
  const { url, browser } = await fleet(access);
  const { page } = await openPage(browser);
  await page.goto(`${url}/`);
  await page
    .getByText('Elasticsearch does not answer, or says that it cannot now. Nothing is lost')
    .first()
    .waitFor();
  expect(await page.locator('body').innerText()).not.toMatch(/internal|9200|ECONN/);
  expect(await seriousFindings(page)).toEqual([]);
  isAway = false;
  await page.getByRole('link', { name: 'daily' }).first().waitFor();
  expect(await page.getByText('does not answer').count()).toBe(0);
});
