import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { anyone } from '@margay/api';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { AUDIT_LOG } from '../testing/margay.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

test.each([1280, 390])(
  'what is named and was never seen stands on the page of a run, %i pixels wide',
  async (width) => {
    const folder = mkdtempSync(join(tmpdir(), 'margay-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const log = join(folder, 'audit.log');
    // It begins in the middle of the cluster's life.
    const lines = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').split('\n');
    writeFileSync(log, lines.slice(1_400).join('\n'));
    const stores = await recordedStores(log);
    const { evidence } = await report(stores, windowOf('inventory-1', 'inventory', SPAN, 'inventory'));
    const browser = await openBrowser();
    onTestFinished(() => browser.close());
    const server = await apiHere({ stores, access: anyone });
    onTestFinished(() => server.close());

    const { page, problems } = await openPage(browser);
    await page.setViewportSize({ width, height: 844 });
    await page.goto(`${await addressOf(server)}/#/runs/inventory-1`);
    const list = page.locator('details', { hasText: 'Named and never seen' });
    await list.locator('summary').click();
    expect(await list.locator('summary').textContent()).toContain(
      `${evidence.neverSeen.total}, ${evidence.neverSeen.numEndpoints} of them endpoints`,
    );
    const [first] = evidence.neverSeen.listed;
    expect(await list.locator('tbody tr').first().textContent()).toContain(first!.resource);
    await list.scrollIntoViewIfNeeded();
    await keepPicture(page, `never-seen-${width}`);
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
    expect(await seriousFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
  },
);
