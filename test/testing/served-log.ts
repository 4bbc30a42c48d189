import { anyone } from '@margay/api';
import { signingKey } from '@margay/ledger';
import { logReports, openEmbedded } from '@margay/storage';
import { onTestFinished } from 'vitest';
import { addressOf, apiHere } from './api-application.ts';

/** The key of the log. */
export const LOG_KEY = signingKey('margay.example/c', new Uint8Array(32).fill(1));

/** More than two tiles hold. */
export const REPORTS = 600;
const header = (i: number) => ({
  id: `daily-${i}`,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: i,
  end: i + 1,
  generatedAt: i + 2,
  digest: 'd',
  parts: [],
  content: {},
  sequence: i + 1,
  headerDigest: 'h',
});

/** The API over a log of so many entries, and the log’s address. */
export async function servedLog() {
  const stores = openEmbedded(':memory:');
  for (const size of [1, 255, REPORTS - 256])
    await logReports(
      stores,
      Array.from({ length: size }, (_, i) => header(i + (size === 1 ? 0 : size === 255 ? 1 : 256))),
      LOG_KEY,
    );
  const app = await apiHere({ stores, access: anyone });
  onTestFinished(() => app.close());
  return { stores, app, log: `${await addressOf(app)}/api/v1/log` };
}
