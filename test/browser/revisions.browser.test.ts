import { setTimeout as sleep } from 'node:timers/promises';
import { anyone } from '@margay/api';
import { openEmbeddedBus } from '@margay/messaging';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { startServicesOver } from '../testing/services-over.ts';
import { openBrowser, openPage, seriousFindings } from './browser.ts';

const stores = await recordedStores();
let stop: () => Promise<void>;
let server: NestFastifyApplication;
let browser: Browser;
let url = '';

beforeAll(async () => {
  browser = await openBrowser();
  await stores.windows.keepReports([
    { name: 'weekly', reportType: 'inventory', spec: { reportType: 'inventory' } },
  ]);
  stop = await startServicesOver(openEmbeddedBus(':memory:'), stores);
  await stores.windows.emit([windowOf('inventory-1', 'inventory', SPAN, 'weekly')], SPAN.end);
  while ((await stores.archive.header('inventory-1')) === undefined) await sleep(100);
  server = await apiHere({ stores, access: anyone });
  url = await addressOf(server);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await stop?.();
});

test('what came later is said on the page, and a button makes a revision that says what it supersedes', async () => {
  const at = SPAN.start + 60_000_000;
  await stores.history.append([
    {
      id: 'late#0',
      eventId: 'late',
      what: 'present',
      group: '',
      resource: 'namespaces',
      namespace: '',
      name: 'came-later',
      uid: 'uid-late',
      resourceVersion: '999999',
      at,
      receivedAt: at,
      content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'came-later' } },
      origin: { source: 'audit.log', position: 1 },
    },
  ]);
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/`);
  await page.locator('article .badge', { hasText: '1 event came later' }).waitFor();
  await page.getByRole('link', { name: 'weekly' }).click();
  const revisions = page.getByRole('region', { name: 'Revisions' });
  await revisions.getByText('1 event came later than its evidence was read.').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await revisions.getByRole('button', { name: 'Make a revision' }).click();
  await revisions.getByRole('link', { name: 'asked for: revision 2' }).click();
  await expect.poll(() => stores.archive.revisions('weekly', SPAN), { timeout: 60_000 }).toHaveLength(2);
  // The page comes to it by itself.
  await page.getByRole('region', { name: 'Revisions' }).getByText('which supersedes').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('link', { name: 'Revision 1' }).click();
  await page.getByText('A later revision supersedes this report').waitFor();
  // The list shows the newest alone.
  await page.goto(`${url}/#/`);
  await page.getByText('1 run', { exact: true }).waitFor();
  await page.locator('article', { hasText: 'revision 2' }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test('GlobalReports are listed, and a button runs one now', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/#/`);
  await page.getByText('GlobalReports (1)').click();
  await page.getByText('when asked').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Run now: weekly' }).click();
  await page.getByRole('link', { name: /asked for|already/ }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
