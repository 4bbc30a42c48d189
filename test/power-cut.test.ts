import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { followAuditFile, publishIngested } from '@margay/audit-ingestor';
import { openEmbeddedBus } from '@margay/messaging';
import { computeWindow } from '@margay/report-worker';
import { splitReport } from '@margay/reports';
import { evidenceLag } from '@margay/snapshotter';
import { openEmbeddedPositions } from '@margay/sources';
import { DatabaseUnusable, openEmbedded } from '@margay/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chance } from './testing/chance.ts';
import { overwritePages } from './testing/damaged-file.ts';
import { AUDIT_LOG } from './testing/margay.ts';
import { windowOf } from './testing/recorded-stores.ts';
import { startServicesOver } from './testing/services-over.ts';

/** How often each damage is tried; where somebody wants to know, so many times more. */
const TIMES = Number(process.env['MARGAY_TEST_CUTS'] ?? 1);
const PATIENCE = 60_000 + TIMES * 120_000;
const CLUSTER = 'recorded';
const REPORTED = ['inventory', 'policy-audit'];

const root = mkdtempSync(join(tmpdir(), 'margay-power-cut-'));
afterAll(() => rmSync(root, { recursive: true }));
const log = join(root, 'audit.log');
const file = (folder: string) => join(folder, 'margay.db');
const writeAhead = (folder: string) => join(folder, 'margay.db-wal');
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Follows the log over what a folder holds until its last line is in the stores. @param onBatch called between any two batches. */
async function ingest(folder: string, onBatch = () => {}): Promise<void> {
  const [stores, bus] = [openEmbedded(folder), openEmbeddedBus(folder)];
  const positions = await openEmbeddedPositions(folder);
  const stopServices = await startServicesOver(bus, stores);
  const stop = new AbortController();
  const following = followAuditFile({
    path: log,
    positions,
    signal: stop.signal,
    deliver: (ingested) => publishIngested(bus, CLUSTER, ingested),
    onLines: onBatch,
  });
  try {
    const isRead = async () => (await positions.get(log))?.byte === sizeOf(log);
    while (!(await isRead())) await Promise.race([following, sleep(5)]);
    while ((await evidenceLag(bus)) > 0) await sleep(5);
  } finally {
    stop.abort();
    await following.catch(() => {});
    positions.close();
    await stopServices();
  }
}

/** `type digest` of the reports over what a folder holds. */
async function digestsIn(folder: string): Promise<string[]> {
  const stores = openEmbedded(folder);
  const digests = [];
  for (const type of REPORTED)
    digests.push(`${type} ${splitReport(await computeWindow(stores, windowOf(type, type))).digest}`);
  await stores.close();
  return digests;
}

let undisturbed: string[];
/** What a process leaves behind that is killed, at several instants. */
const images: string[] = [];

beforeAll(async () => {
  writeFileSync(log, gunzipSync(readFileSync(AUDIT_LOG)));
  const data = join(root, 'data');
  const look = () => {
    const image = join(root, `image-${images.length}`);
    cpSync(data, image, { recursive: true });
    images.push(image);
  };
  await ingest(data, look);
  look();
  undisturbed = await digestsIn(data);
}, PATIENCE);

/** A folder as one of the killed processes left it. */
function killed(random: (n: number) => number): string {
  const folder = mkdtempSync(join(root, 'killed-'));
  cpSync(images[random(images.length)]!, folder, { recursive: true });
  return folder;
}

/** What became of a folder at the next start: the same reports by reading again, or an error that names the file. */
async function outcomeOf(folder: string): Promise<'healed' | 'named'> {
  try {
    await ingest(folder);
    expect(await digestsIn(folder)).toEqual(undisturbed);
    return 'healed';
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error;
    expect(error.message).toMatch(/^Database \S*margay\.db: .* (Put a backup in its place|move)/);
    return 'named';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const cut = (path: string, random: (n: number) => number) => {
  if (sizeOf(path) > 0) truncateSync(path, random(sizeOf(path)));
};

/** What a power cut, a disk or a person does to the files. Where it must heal by itself is said. */
const DAMAGES: readonly [
  string,
  times: number,
  'healed' | 'any',
  (folder: string, random: (n: number) => number) => void,
][] = [
  ['nothing more', 1, 'healed', () => {}],
  ['the end of the write-ahead log lost', 4, 'healed', (folder, random) => cut(writeAhead(folder), random)],
  ['the write-ahead log removed', 1, 'healed', (folder) => rmSync(writeAhead(folder), { force: true })],
  [
    'a page in the write-ahead log torn',
    1,
    'healed',
    (folder, random) => overwritePages(writeAhead(folder), 0.001, random),
  ],
  ['the database removed', 1, 'healed', (folder) => rmSync(file(folder))],
  ['the database cut', 1, 'any', (folder, random) => cut(file(folder), random)],
  [
    'both cut',
    1,
    'any',
    (folder, random) => {
      cut(file(folder), random);
      cut(writeAhead(folder), random);
    },
  ],
  [
    'pages of the database overwritten',
    1,
    'any',
    (folder, random) => overwritePages(file(folder), 0.05, random),
  ],
];

test.each(DAMAGES)('killed, and %s', { timeout: PATIENCE }, async (what, times, expected, damage) => {
  const outcomes: string[] = [];
  for (let seed = 1; seed <= times * TIMES; seed++) {
    const random = chance(seed * 1_000 + what.length);
    const folder = killed(random);
    damage(folder, random);
    outcomes.push(await outcomeOf(folder));
  }
  if (process.env['MARGAY_TEST_CUTS']) console.log(`${what}: ${outcomes.join(' ')}`);
  if (expected === 'healed') expect(new Set(outcomes)).toEqual(new Set(['healed']));
});
