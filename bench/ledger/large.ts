import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { digestOfJson, type SigningKey } from '@margay/ledger';
import { type ArchivedHeader, checkArchive, databaseIn, logReports, openEmbedded } from '@margay/storage';

/** Of so many names reports are archived in turn. */
const NAMES = 1_000;
const BATCH = 256;

/** How large an embedded store of so many logged reports without rows is, and what looking at all of it costs in time and memory. */
export async function benchLarge(
  print: (line: string) => void,
  entries: number,
  key: SigningKey,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-bench-'));
  try {
    let begun = performance.now();
    await fill(folder, entries, key);
    const bytes = statSync(databaseIn(folder)).size;
    print(
      `${entries} reports archived and logged in ${seconds(begun)} s; the database has ${(bytes / 1e6).toFixed(0)} MB`,
    );
    printSizes(print, folder, entries);
    const stores = openEmbedded(folder, { readOnly: true });
    const since = Buffer.from((await stores.ledger.head())!.checkpoint);
    const before = process.memoryUsage().rss;
    let most = before;
    begun = performance.now();
    const { findings, shown } = await checkArchive(
      stores,
      { keys: [key], since },
      { progress: () => (most = Math.max(most, process.memoryUsage().rss)) },
    );
    if (findings.length > 0) throw new Error(findings[0]!.words);
    print(
      `checked in ${seconds(begun)} s, with at most ${((most - before) / 1e6).toFixed(0)} MB beside the ${(before / 1e6).toFixed(0)} MB of before: ${shown.join('; ')}`,
    );
    await stores.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill(folder: string, entries: number, key: SigningKey): Promise<void> {
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
    await logReports(stores, headers, key);
  }
  database.close();
  await stores.close();
}

const nameOf = (i: number): string => `daily-${i % NAMES}`;

function headerOf(i: number, before: ArchivedHeader | undefined): ArchivedHeader {
  const end = 1_764_086_400_000_000 + i;
  const link = {
    id: `${nameOf(i)}-20260101t000000z-${i}`,
    cluster: 'c',
    reportName: nameOf(i),
    reportType: 'inventory',
    start: end - 1,
    end,
    generatedAt: end,
    digest: digestOfJson(i),
    parts: [],
    content: null,
    sequence: (before?.sequence ?? 0) + 1,
    ...(before && { previous: before.headerDigest }),
  };
  return { ...link, headerDigest: digestOfJson(link) };
}

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

const seconds = (begun: number): string => ((performance.now() - begun) / 1_000).toFixed(1);
