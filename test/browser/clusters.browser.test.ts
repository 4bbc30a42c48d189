import { anyone } from '@margay/api';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { openBrowser, openPage, seriousFindings } from './browser.ts';

test('of several clusters one is chosen in the header, and pages and downloads are of that one', async () => {
  const [stores, beta] = [openEmbedded(':memory:'), await recordedStores()];
  await report(beta, { ...windowOf('of-beta', 'inventory', SPAN, 'inventory'), cluster: 'beta' });
  const app = await apiHere({ stores, cluster: 'alpha', others: new Map([['beta', beta]]), access: anyone });
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await app.close();
  });
  const url = await addressOf(app);
  const { page } = await openPage(browser);
  await page.goto(url);
  const chooser = page.getByLabel('Cluster');
  await chooser.waitFor();
  expect(await chooser.inputValue()).toBe('alpha');
  await page.getByText('0 runs').waitFor();

  await chooser.selectOption('beta');
  await page.waitForURL(/cluster=beta/);
  await page.getByText('1 run').waitFor();
  expect(await page.getByLabel('Cluster').inputValue()).toBe('beta');
  expect(await seriousFindings(page)).toEqual([]);
  await page.goto(`${url}/?cluster=beta#/runs/of-beta`);
  const href = await page.getByRole('link', { name: 'endpoints.csv' }).getAttribute('href');
  expect((await fetch(`${url}${href}`)).status).toBe(200);
});
