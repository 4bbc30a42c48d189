import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { includes, inclusionFrom, leafHash, signingKey } from '@margay/ledger';
import { MemoryLog } from '../../libs/ledger/src/testing/log.ts';
import { computeReport, splitReport } from '@margay/reports';
import { logReports, openEmbedded } from '@margay/storage';
import { benchCluster } from '../reports/cluster.ts';
import { spent } from '../spent.ts';
import { benchLarge } from './large.ts';

const KEY = signingKey('margay.example/bench', new Uint8Array(32).fill(1));
/** Pods of which an inventory has some 1,000 rows. */
const PODS = 900;
const REPORTS = 40;

/** What it costs to log a report and to prove it, and how large a log becomes. */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<void> {
  // A million take minutes. First, while nothing else has taken memory.
  const entries = Number(process.env['MARGAY_BENCH_ENTRIES'] ?? (quick ? 2_000 : 20_000));
  await benchLarge(print, entries, KEY);
  await benchLogging(print);
  benchTree(print, quick ? 100_000 : 1_000_000);
}

/** Processor time of logging a report, as a share of computing and archiving it. */
async function benchLogging(print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-bench-'));
  const stores = openEmbedded(folder);
  const { versions, window } = benchCluster(PODS, PODS);
  let [making, logging, rows] = [0, 0, 0];
  for (let i = 0; i < REPORTS; i++) {
    const name = `daily-${i}`;
    let begun = process.cpuUsage();
    const report = computeReport({ name, spec: { reportType: 'inventory' }, window, cluster: 'c', versions });
    const { header: content, digest, parts } = splitReport(report);
    const entries = [];
    for (const [part, { kind, rows: some }] of [...parts].entries()) {
      if (i === 0) rows += some.length;
      entries.push(
        await stores.archive.appendPart({ reportId: name, end: window.end, part, kind, rows: some }),
      );
    }
    const header = await stores.archive.complete({
      id: name,
      cluster: 'c',
      reportName: 'daily',
      reportType: 'inventory',
      ...window,
      generatedAt: window.end,
      digest,
      parts: entries,
      content,
    });
    making += spent(begun);
    begun = process.cpuUsage();
    await logReports(stores, [header], KEY);
    logging += spent(begun);
  }
  const [entry] = await stores.ledger.entries(0, 1);
  const statement = (await stores.ledger.statement(0)) ?? '';
  print(`its entry has ${entry!.length} bytes, and what is signed of its evidence ${statement.length}`);
  await stores.close();
  rmSync(folder, { recursive: true });
  const share = logging / making;
  print(
    `a report of ${rows} rows: ${(making / REPORTS).toFixed(1)} ms; logging and signing it ${(logging / REPORTS).toFixed(1)} ms, ${(100 * share).toFixed(1)} % of that`,
  );
  // It may cost 5 %; a busy machine measures some more.
  if (share > 0.1) throw new Error(`Logging costs ${(100 * share).toFixed(1)} %: it may cost 5 %`);
}

function benchTree(print: (line: string) => void, size: number): void {
  const log = new MemoryLog();
  for (let at = 0; at < size; at += 10_000)
    log.append(Array.from({ length: 10_000 }, (_, i) => Buffer.from(`entry ${at + i}`)));
  const index = Math.floor(size / 3);
  const begun = process.cpuUsage();
  const proofs = 200;
  for (let i = 0; i < proofs; i++) {
    const hashes = inclusionFrom(index + i, size).compute(log.read);
    if (!includes(log, index + i, leafHash(Buffer.from(`entry ${index + i}`)), hashes))
      throw new Error('A proof that shows nothing was measured.');
  }
  const each = spent(begun) / proofs;
  const bytes = [...log.tiles.values()].reduce((sum, tile) => sum + tile.length, 0);
  print(
    `a proof of one among ${size} entries, made and checked: ${each.toFixed(2)} ms; tiles ${(bytes / size).toFixed(2)} bytes an entry`,
  );
  if (each > 10) throw new Error(`A proof costs ${each.toFixed(1)} ms: it may cost 10 ms`);
}
