import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { formatInstant } from '@margay/ground';
import {
  append,
  digestOfJson,
  edgeOf,
  entryBytes,
  leafHash,
  type ReadTile,
  signCheckpoint,
  type SigningKey,
  verifierKeyText,
} from '@margay/ledger';
import {
  type ArchivedHeader,
  checkArchive,
  databaseIn,
  loggedReport,
  logReports,
  openEmbedded,
  type Stores,
} from '@margay/storage';
import { spent } from '../spent.ts';

/** Of so many names reports are archived in turn. */
const NAMES = 1_000;
const BATCH = 10_000;
/** So often it is told how far it has come. */
const TOLD_MILLISECONDS = 30_000;
const PROOFS = 100;
const APPENDED = 10;
const PROOF_MILLISECONDS_MAX = 10;

/** How large an embedded store of so many logged reports without rows is, and what it costs to prove one, to append and to look at all of it. */
export async function benchLarge(
  print: (line: string) => void,
  entries: number,
  key: SigningKey,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-bench-'));
  try {
    const begun = performance.now();
    await fill(folder, entries, key, progressOf(print, entries));
    const bytes = statSync(databaseIn(folder)).size;
    print(
      `${entries} reports archived and logged in ${seconds(begun)} s; the database has ${(bytes / 1e6).toFixed(0)} MB`,
    );
    printSizes(print, folder, entries);
    await benchUse(print, folder, entries, key);
    await benchCheck(print, folder, key);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Proofs of reports anywhere in the log, and what appending one more costs. */
async function benchUse(
  print: (line: string) => void,
  folder: string,
  entries: number,
  key: SigningKey,
): Promise<void> {
  const stores = openEmbedded(folder);
  let begun = process.cpuUsage();
  for (let i = 0; i < PROOFS; i++)
    await loggedReport(stores.ledger, idOf(Math.floor((i * entries) / PROOFS)));
  const each = spent(begun) / PROOFS;
  print(`a proof out of the store, of one among ${entries}: ${each.toFixed(2)} ms`);
  if (each > PROOF_MILLISECONDS_MAX)
    throw new Error(`A proof costs ${each.toFixed(1)} ms: it may cost ${PROOF_MILLISECONDS_MAX} ms`);
  begun = process.cpuUsage();
  for (let i = 0; i < APPENDED; i++)
    await logReports(stores, [await stores.archive.complete(recordOf(entries + i))], key);
  print(`archiving and logging one more: ${(spent(begun) / APPENDED).toFixed(1)} ms`);
  await stores.close();
}

async function benchCheck(print: (line: string) => void, folder: string, key: SigningKey): Promise<void> {
  const stores = openEmbedded(folder, { readOnly: true });
  const since = Buffer.from((await stores.ledger.head())!.checkpoint);
  const before = process.memoryUsage().rss;
  let most = before;
  const begun = performance.now();
  const told = progressOf(print, 1);
  const { findings, shown } = await checkArchive(
    stores,
    { keys: [key], since },
    {
      progress: (what, done, all) => {
        most = Math.max(most, process.memoryUsage().rss);
        told(done, `of ${all} ${what} checked`);
      },
    },
  );
  if (findings.length > 0) throw new Error(findings[0]!.words);
  print(
    `checked in ${seconds(begun)} s, with at most ${((most - before) / 1e6).toFixed(0)} MB beside the ${(before / 1e6).toFixed(0)} MB of before: ${shown.join('; ')}`,
  );
  await stores.close();
}

/** Archives and logs reports in large batches: one after the other would take hours, and leave the same store. */
async function fill(
  folder: string,
  entries: number,
  key: SigningKey,
  told: (done: number) => void,
): Promise<void> {
  const stores = openEmbedded(folder);
  const database = new DatabaseSync(databaseIn(folder));
  const insert = database.prepare('INSERT INTO headers VALUES (?, ?, ?, ?, ?, ?)');
  const last = new Map<string, ArchivedHeader>();
  for (let from = 0; from < entries; from += BATCH) {
    const headers: ArchivedHeader[] = [];
    database.exec('BEGIN');
    for (let i = from; i < Math.min(entries, from + BATCH); i++) {
      const header = headerOf(i, last.get(nameOf(i)));
      last.set(nameOf(i), header);
      headers.push(header);
      const { id, reportName, reportType, end, sequence } = header;
      insert.run(id, reportName, reportType, end, sequence, JSON.stringify(header));
    }
    database.exec('COMMIT');
    await logBatch(stores, from, headers, key);
    told(from + headers.length);
  }
  database.close();
  await stores.close();
}

async function logBatch(
  { ledger }: Stores,
  size: number,
  headers: readonly ArchivedHeader[],
  key: SigningKey,
): Promise<void> {
  const places = edgeOf(size);
  const bytes = await ledger.tiles(places);
  const edge: ReadTile = ({ level }) => bytes[places.findIndex((place) => place.level === level)]!;
  const entries = headers.map((header) => ({ run: header.id, bytes: entryBytes(entryOf(header)) }));
  const { tiles, ...head } = append(
    size,
    entries.map((entry) => leafHash(entry.bytes)),
    edge,
  );
  const signed = { size: head.size, checkpoint: signCheckpoint(head, key), key: verifierKeyText(key) };
  await ledger.grow(size, { head: signed, entries, tiles });
}

const nameOf = (i: number): string => `daily-${i % NAMES}`;
const idOf = (i: number): string => `${nameOf(i)}-20260101t000000z-${i}`;

function recordOf(i: number) {
  const end = 1_764_086_400_000_000 + i;
  return {
    id: idOf(i),
    cluster: 'c',
    reportName: nameOf(i),
    reportType: 'inventory',
    start: end - 1,
    end,
    generatedAt: end,
    digest: digestOfJson(i),
    parts: [],
    content: null,
  };
}

function headerOf(i: number, before: ArchivedHeader | undefined): ArchivedHeader {
  const link = {
    ...recordOf(i),
    sequence: (before?.sequence ?? 0) + 1,
    ...(before && { previous: before.headerDigest }),
  };
  return { ...link, headerDigest: digestOfJson(link) };
}

/** As a worker writes it. */
const entryOf = ({
  id,
  cluster,
  reportName,
  reportType,
  start,
  end,
  digest,
  headerDigest,
}: ArchivedHeader) => ({
  cluster,
  run: id,
  revision: 1,
  report: reportName,
  type: reportType,
  start: formatInstant(start),
  end: formatInstant(end),
  digest,
  evidenceDigest: NO_EVIDENCE,
  headerDigest,
  version: '0.1.0',
});
const NO_EVIDENCE = digestOfJson(null);

function printSizes(print: (line: string) => void, folder: string, entries: number): void {
  const database = new DatabaseSync(databaseIn(folder), { readOnly: true });
  for (const [what, sum] of [
    ['entries', 'SELECT sum(length(entry)) AS bytes FROM log_entries'],
    ['tiles', 'SELECT sum(length(bytes)) AS bytes FROM log_tiles'],
    ['headers', 'SELECT sum(length(header)) AS bytes FROM headers'],
  ] as const) {
    const { bytes } = database.prepare(sum).get() as { bytes: number };
    print(`${what}: ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / entries).toFixed(1)} bytes each`);
  }
  database.close();
}

/** Tells how far something has come, now and then. */
function progressOf(print: (line: string) => void, all: number) {
  let last = performance.now();
  return (done: number, words = `of ${all} archived and logged`): void => {
    if (performance.now() - last < TOLD_MILLISECONDS) return;
    last = performance.now();
    print(`… ${done} ${words}`);
  };
}

const seconds = (begun: number): string => ((performance.now() - begun) / 1_000).toFixed(1);
