import { anyone } from '@margay/api';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

/** A telephone's width. */
const WIDTH = 390;
const stores = await recordedStores();
let server: NestFastifyApplication;
let browser: Browser;
let url = '';

beforeAll(async () => {
  browser = await openBrowser();
  server = await apiHere({ stores, access: anyone });
  url = await addressOf(server);
  for (const [id, type] of [
    ['inventory-1', 'inventory'],
    ['access-1', 'network-access'],
    ['audit-1', 'policy-audit'],
  ] as const)
    await report(stores, windowOf(id, type, SPAN, type));
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const ENDPOINT = encodeURIComponent('HostEndpoint(node-0-eth0)');

test.each([
  ['reports', '#/', 'text=3 runs'],
  ['report', '#/runs/inventory-1', '.grid .body .row:nth-child(3) a'],
  ['policy-audit', '#/runs/audit-1', '.grid .body .row button'],
  ['endpoint', `#/runs/inventory-1/endpoint?name=${ENDPOINT}`, 'svg rect.protected'],
  ['cluster', '#/cluster', 'table td'],
  ['coverage', '#/coverage', 'svg rect.kept'],
])('%s at 390 pixels: nothing is cut off, and nothing is too narrow to be read', async (name, path, sign) => {
  const { page, problems } = await openPage(browser);
  await page.setViewportSize({ width: WIDTH, height: 844 });
  await page.goto(`${url}/${path}`);
  await page.locator(sign).first().waitFor();
  await keepPicture(page, name, { fullPage: true });
  // The page itself does not move sideways; a wide table or drawing does, within its own frame.
  expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(WIDTH);
  const tooNarrow = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.grid .cell, table.plain td, table.plain th')]
      .filter((cell) => cell.textContent.trim().length > 12 && cell.clientWidth < 90)
      .map((cell) => cell.clientWidth + ': ' + cell.textContent.trim())`,
  );
  expect(tooNarrow).toEqual([]);
  const small = await page.evaluate<string[]>(
    `[...document.querySelectorAll('svg.chart text')].filter((text) => text.getBoundingClientRect().height < 9).map((text) => text.textContent)`,
  );
  expect(small).toEqual([]);
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});
