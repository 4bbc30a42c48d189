import { DAY } from '@margay/ground';
import { signingKey } from '@margay/ledger';
import { computeReport, reportInput, splitReport } from '@margay/reports';
import { deliveredIn, logReports, type Stores } from '@margay/storage';
import { expect, test } from 'vitest';
import { anyone } from '../access/access.ts';
import { replicas } from '../testing/replicas.ts';

const KEY = signingKey('margay.example/here', new Uint8Array(32));

/** Archives and logs a report over each of so many days. */
async function logged(stores: Stores, count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    const window = { start: day * DAY, end: (day + 1) * DAY };
    const { header, digest } = splitReport(
      computeReport(
        reportInput(
          { name: 'daily', spec: { reportType: 'inventory' }, cluster: 'here', window },
          { versions: [], policyEvents: [], flows: [], repeats: [], ...(await deliveredIn(stores, window)) },
        ),
      ),
    );
    const archived = await stores.archive.complete({
      id: `r${day}`,
      cluster: 'here',
      reportName: 'daily',
      reportType: 'inventory',
      ...window,
      generatedAt: window.end,
      digest,
      parts: [],
      content: header,
    });
    await logReports(stores, [archived], KEY);
  }
}

test('a report is held against an entry that was read before: its log is not read, and nothing is proven, with each request', async () => {
  const { apps, stores } = await replicas(1, anyone);
  await logged(stores, 20);
  const asked: string[] = [];
  for (const name of ['head', 'tiles', 'entries', 'numbersOf', 'missing', 'statement'] as const) {
    const own = stores.ledger[name].bind(stores.ledger) as (...args: unknown[]) => unknown;
    Object.assign(stores.ledger, { [name]: (...args: unknown[]) => (asked.push(name), own(...args)) });
  }
  const statusOf = async (url: string) => (await apps[0]!.inject({ url })).statusCode;
  expect(await statusOf('/api/v1/runs')).toBe(200);
  expect(asked.length).toBeLessThan(10);
  asked.length = 0;
  for (let day = 0; day < 20; day++) expect(await statusOf(`/api/v1/runs/r${day}/rows/endpoints`)).toBe(200);
  expect(asked).toEqual([]);
});
