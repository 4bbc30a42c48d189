import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logReports, openEmbedded, writeNewKey } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import type { CloudEvent } from './cloud-event.ts';
import { tellCompleted } from './notify.ts';

const DAY = 86_400_000_000;

const content = (numIngressProtected: number) => ({
  endpointsSummary: { numTotal: 10, numIngressProtected, numEgressProtected: 10 },
  namespacesSummary: { numTotal: 0, numIngressProtected: 0, numEgressProtected: 0 },
});

/** What is told of the second of two days when fewer endpoints were protected; the log has what is given for a day instead of its report. */
async function toldWhere(logged: readonly ('as it is' | 'another' | 'none')[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-forged-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const key = writeNewKey(join(folder, 'key'), 'margay.example/c');
  const { archive, ledger, ...stores } = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  for (const [day, inLog] of logged.entries()) {
    const header = await archive.complete({
      id: `daily-${day}`,
      cluster: 'c',
      reportName: 'daily',
      reportType: 'inventory',
      start: day * DAY,
      end: (day + 1) * DAY,
      generatedAt: (day + 1) * DAY,
      digest: `${day}`,
      parts: [],
      content: content(9 - day),
    });
    const entry = inLog === 'another' ? { ...header, headerDigest: 'f'.repeat(64) } : header;
    if (inLog !== 'none') await logReports({ ...stores, ledger }, [entry], key);
  }
  const told: CloudEvent[] = [];
  const about = { id: 'daily-1', cluster: 'c', reportName: 'daily', reportType: 'inventory', digest: '1' };
  await tellCompleted(
    { ...about, start: DAY, end: 2 * DAY, generatedAt: 2 * DAY, summary: {} },
    {
      archive,
      ledger,
      send: async (event) => void told.push(event),
      rules: ['endpoints-ingress-unprotected'],
      ageMax: DAY,
      now: 2 * DAY,
    },
  );
  return told.map(({ type }) => type.replace('io.margay.report.', ''));
}

test.each([
  [['as it is', 'as it is'] as const, ['completed', 'regressed']],
  [['none', 'none'] as const, ['completed', 'regressed']],
  [['another', 'as it is'] as const, ['completed']],
  [['as it is', 'another'] as const, ['completed']],
])('where the log of reports has %j of both days, %j is told', async (logged, told) => {
  expect(await toldWhere(logged)).toEqual(told);
});
