import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNews } from '@margay/contracts';
import { type Bus, openEmbeddedBus } from '@margay/messaging';
import type { Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf } from '../testing/api-application.ts';
import { cellHere, cellsOf, hubHere } from '../testing/hub-here.ts';
import { recordedStores } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

/** The page of clusters of a hub over alpha, beta and gamma, once it has been told by cells over the same evidence. */
async function hubPage(tell: (bus: Bus, evidence: Stores) => Promise<void>) {
  const directory = mkdtempSync(join(tmpdir(), 'margay-hub-'));
  const bus = openEmbeddedBus(':memory:');
  await tell(bus, await recordedStores());
  const hub = await hubHere({
    bus,
    directory,
    cells: cellsOf('alpha', 'beta', 'gamma'),
    clock: () => Date.now() * 1_000,
  });
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await hub.app.close();
    await bus.close();
    rmSync(directory, { recursive: true });
  });
  await expect.poll(() => bus.lag(hubNews.name, 'hub')).toBe(0);
  const { page } = await openPage(browser);
  await page.setViewportSize({ width: 1_280, height: 844 });
  await page.goto(`${await addressOf(hub.app)}/`);
  await page.getByRole('link', { name: 'Clusters' }).click();
  await page.getByText('3 clusters').waitFor();
  return page;
}

test('the page of clusters of a hub says what has not come, and rows say where they are', async () => {
  const page = await hubPage(async (bus, evidence) => {
    const [alpha, beta] = [cellHere('alpha', evidence, bus), cellHere('beta', evidence, bus)];
    await alpha.report('a1');
    await alpha.tellHead();
    await beta.report('b1', { ...bus, publish: async () => undefined });
    await beta.report('b2');
    await beta.tellHead();
  });
  await keepPicture(page, 'hub-fleet', { fullPage: true });
  const rows = await page.locator('tbody tr').allInnerTexts();
  expect(rows[0]).toMatch(/gamma[^]*never heard/);
  expect(rows[1]).toMatch(/beta[^]*reports missing[^]*Entry 0 of its log of reports has not come/);
  expect(rows[2]).toMatch(/alpha[^]*heard[^]*cell-of-alpha/);
  expect(await seriousFindings(page)).toEqual([]);
  await page.locator('tbody tr').nth(1).getByRole('link', { name: 'daily' }).click();
  await page.getByText('are in the cell cell-of-beta').waitFor();
  expect(await page.getByRole('link', { name: 'cell-of-beta' }).getAttribute('href')).toBe(
    'https://margay.beta.example/?cluster=beta#/runs/b2',
  );
  // What a hub cannot do is not offered.
  await expect(page.getByRole('button', { name: 'Make a revision' }).count()).resolves.toBe(0);
  await expect(page.locator('a[download]').count()).resolves.toBe(0);
  await keepPicture(page, 'hub-run', { fullPage: true });
});

test('the page of clusters of a hub says under which other name a cluster is told of, by its uid', async () => {
  const page = await hubPage(async (bus, evidence) => {
    for (const [name, uid] of [
      ['alpha', 'a1'],
      ['beta', 'a1'],
      ['gamma', 'c1'],
    ] as const) {
      const cell = cellHere(name, evidence, bus, undefined, uid);
      await cell.report(`${name}-1`);
      await cell.tellHead();
    }
  });
  const rows = await page.locator('tbody tr').allInnerTexts();
  const said = rows.map((row) => [
    row.trim().split(/\s/)[0]!,
    /one cluster with (\w+), by its uid/.exec(row)?.[1],
  ]);
  expect(Object.fromEntries(said)).toEqual({ alpha: 'beta', beta: 'alpha', gamma: undefined });
  expect(await seriousFindings(page)).toEqual([]);
});
