import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { readBatch, textsOfLines } from '@margay/audit-ingestor';
import { readLines } from '@margay/sources';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { ownFolder } from '../testing/margay.ts';
import { logOf, namespace, networkPolicy, pod } from '../testing/own-log.ts';
import { report, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

type Event = Record<string, unknown> & { readonly objectRef: object };

/** A pod under a policy whose deletion the API server answered with an error of its own, and that was seen again later. */
const [system, shop, guard, other, web] = logOf([
  namespace('kube-system'),
  namespace('shop'),
  networkPolicy('shop', 'guard'),
  networkPolicy('shop', 'other'),
  pod('shop', 'web'),
])
  .trimEnd()
  .split('\n');
const at = (second: number) => `2026-03-01T08:00:${String(second).padStart(2, '0')}.000000Z`;
const later = (line: string, second: number, more: object): string => {
  const { responseObject: _, ...event } = JSON.parse(line) as Event;
  const times = { requestReceivedTimestamp: at(second), stageTimestamp: at(second + 1) };
  return JSON.stringify({ ...event, ...times, auditID: `later-${second}`, ...more });
};
const alice = { username: 'alice@example.org' };
const LINES = [
  system!,
  shop!,
  guard!,
  other!,
  web!,
  later(guard!, 10, { verb: 'delete', user: alice, responseStatus: { code: 504 } }),
  later(other!, 20, {
    verb: 'delete',
    user: alice,
    responseStatus: { code: 200, status: 'Success' },
    responseObject: { apiVersion: 'v1', kind: 'Status', status: 'Success' },
  }),
];

test('the page of an endpoint names who deleted, and hatches what is not known', async () => {
  const log = join(ownFolder(), 'audit.log');
  writeFileSync(log, LINES.map((line) => `${line}\n`).join(''));
  const stores = openEmbedded(':memory:');
  for await (const lines of readLines(log)) {
    const { changes, policyEvents, mark } = readBatch('audit.log', textsOfLines('audit.log', lines));
    await stores.history.append(changes);
    await stores.trail.append(policyEvents);
    await stores.coverage.append([mark]);
  }
  const start = Date.parse(at(0)) * 1_000;
  await report(stores, windowOf('i', 'inventory', { start, end: start + 30_000_000 }));
  const server = await apiHere({ stores, access: anyone });
  onTestFinished(() => server.close());
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const { page, problems } = await openPage(browser);
  await page.goto(
    `${await addressOf(server)}/#/runs/i/endpoint?name=${encodeURIComponent('Pod.v1(shop/web)')}`,
  );
  await page.locator('svg rect.unseen').first().waitFor();
  await keepPicture(page, 'endpoint-in-doubt', { fullPage: true });
  const changes = page.locator('h3', { hasText: 'Who changed what' }).locator('+ table tr');
  const rows = await changes.evaluateAll((found) =>
    found.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent).join(' | ')),
  );
  expect(rows).toContain(
    '2026-03-01 08:00:10 UTC | in doubt | NetworkPolicy.networking.k8s.io/v1(shop/guard) | alice@example.org',
  );
  expect(rows).toContain(
    '2026-03-01 08:00:21 UTC | deleted | NetworkPolicy.networking.k8s.io/v1(shop/other) | alice@example.org',
  );
  await page.getByText(/Whether ingress was protected is not known from 2026-03-01T08:00:2/).waitFor();
  expect(await page.getByText('Ingress was protected at every instant').count()).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
});
