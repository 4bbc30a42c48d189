import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  append,
  edgeOf,
  EMPTY_ROOT,
  type Hash,
  includes,
  inclusionFrom,
  leafHash,
  type ReadTile,
  signingKey,
  tilePath,
  type TreeHead,
} from '@margay/ledger';
import { computeReport, splitReport } from '@margay/reports';
import { logReports, openEmbedded } from '@margay/storage';
import { benchCluster } from '../reports/cluster.ts';
import { spent } from '../spent.ts';
import { benchLarge } from './large.ts';

const KEY = signingKey('margay.example/bench', new Uint8Array(32).fill(1));
/** Pods of which an inventory has some 1,000 rows. */
const PODS = 900;
const REPORTS = 40;
/** What runs for the first times is compiled meanwhile. */
const WARM_UP = 5;
const SHARE_MAX = 0.05;
/** So many reports a log must take. */
const MILLION = 1_000_000;
const PROOF_MILLISECONDS_MAX = 10;

/** What it costs to log a report and to prove it, and how large a log becomes. */
export async function run(
  print: (line: string) => void,
  {
    quick = false,
    entries = quick ? 2_000 : 20_000,
  }: { readonly quick?: boolean; readonly entries?: number } = {},
): Promise<void> {
  // A million take minutes. First, while nothing else has taken memory.
  await benchLarge(print, entries, KEY);
  await benchLogging(print);
  benchTree(print);
}

/** Processor time of logging a report, as a share of computing and archiving it: of either the median, so that what else the machine does counts for nothing. */
async function benchLogging(print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-bench-'));
  const stores = openEmbedded(folder);
  const { versions, window } = benchCluster(PODS, PODS);
  const [making, logging]: [number[], number[]] = [[], []];
  let rows = 0;
  for (let i = 0; i < WARM_UP + REPORTS; i++) {
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
    making.push(spent(begun));
    begun = process.cpuUsage();
    await logReports(stores, [header], KEY);
    logging.push(spent(begun));
  }
  const [entry] = await stores.ledger.entries(0, 1);
  const statement = (await stores.ledger.statement(0)) ?? '';
  print(`its entry has ${entry!.length} bytes, and what is signed of its evidence ${statement.length}`);
  await stores.close();
  rmSync(folder, { recursive: true });
  const [made, logged] = [median(making.slice(WARM_UP)), median(logging.slice(WARM_UP))];
  const share = logged / made;
  print(
    `a report of ${rows} rows: ${made.toFixed(1)} ms; logging and signing it ${logged.toFixed(1)} ms, ${(100 * share).toFixed(1)} % of that`,
  );
  if (share > SHARE_MAX)
    throw new Error(
      `Logging costs ${(100 * share).toFixed(1)} % of a report: it may cost ${100 * SHARE_MAX} %`,
    );
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** One proof each of a few entries of a million. Of the others no entry was ever hashed: any hash is one of some entry. */
function benchTree(print: (line: string) => void): void {
  const proven = Array.from({ length: 200 }, (_, i) => Math.floor((i * MILLION) / 200) + i);
  const { head, tiles, read } = treeOf(MILLION, new Set(proven));
  const begun = process.cpuUsage();
  for (const index of proven) {
    const hashes = inclusionFrom(index, head.size).compute(read);
    if (!includes(head, index, leafHash(entry(index)), hashes))
      throw new Error('A proof that shows nothing was measured.');
  }
  const each = spent(begun) / proven.length;
  const bytes = [...tiles.values()].reduce((sum, tile) => sum + tile.length, 0);
  print(
    `a proof of one among ${MILLION} entries, made and checked: ${each.toFixed(2)} ms; tiles ${(bytes / MILLION).toFixed(2)} bytes an entry`,
  );
  if (each > PROOF_MILLISECONDS_MAX)
    throw new Error(`A proof costs ${each.toFixed(1)} ms: it may cost ${PROOF_MILLISECONDS_MAX} ms`);
}

const entry = (i: number): Uint8Array => Buffer.from(`entry ${i}`);
const LEAVES = 65_536;

/** A tree in memory of so many entries, of which some are known. */
function treeOf(size: number, known: ReadonlySet<number>) {
  const tiles = new Map<string, Uint8Array>();
  const nameOf = (place: Parameters<ReadTile>[0]) => tilePath({ ...place, width: 256 });
  const read: ReadTile = (place) => tiles.get(nameOf(place))!;
  let head: TreeHead = { size: 0, root: EMPTY_ROOT };
  while (head.size < size) {
    const from = head.size;
    const leaves = Array.from({ length: Math.min(LEAVES, size - from) }, (_, i) =>
      known.has(from + i) ? leafHash(entry(from + i)) : anyHash(from + i),
    );
    const edge = new Map(edgeOf(from).map((place) => [nameOf(place), read(place)]));
    const grown = append(from, leaves, (place) => edge.get(nameOf(place))!);
    for (const tile of grown.tiles) tiles.set(nameOf(tile), tile.bytes);
    head = grown;
  }
  return { head, tiles, read };
}

function anyHash(i: number): Hash {
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(0, i);
  return hash;
}
