import type { Grade } from '@margay/coverage';
import { formatInstant } from '@margay/ground';
import { signingKey } from '@margay/ledger';
import { Problem, silentLog, type Log } from '@margay/runtime';
import { cellOver, logReports, openEmbedded, type ArchivedHeader, type Stores } from '@margay/storage';
import type { FastifyRequest } from 'fastify';
import { expect, test, vi } from 'vitest';
import { anyone, type Viewer } from '../access/access.ts';
import { Fleet, type ViewerIn } from './fleet.ts';

const HOUR = 3_600_000_000;
const END = Date.UTC(2026, 10, 26) * 1_000;
const everybody = anyone.everybody!;
const request = {} as FastifyRequest;
const KEY = signingKey('margay.example/fleet', new Uint8Array(32).fill(7));

interface Archived {
  readonly id?: string;
  readonly name?: string;
  readonly end?: number;
  readonly start?: number;
  readonly grade?: Grade;
  readonly complete?: boolean;
  readonly revision?: number;
  readonly supersedes?: string;
  readonly generatedAt?: number;
  /** The source `audit.log` has told nothing since then. */
  readonly silentSince?: number;
}

/** Keeps a report of a cluster, of which its header tells what its evidence is. */
function archived(
  { archive }: Pick<Stores, 'archive'>,
  cluster: string,
  {
    end = END,
    name = 'daily',
    id = `${name}-${end}`,
    grade = 'proven',
    complete = grade === 'proven',
    silentSince,
    start = end - HOUR,
    revision,
    supersedes = 'before',
    generatedAt = end + HOUR / 2,
  }: Archived = {},
): Promise<ArchivedHeader> {
  const gaps =
    silentSince === undefined ? [] : [{ from: formatInstant(silentSince), to: formatInstant(end) }];
  const sources = [
    {
      source: 'audit.log',
      lines: 1,
      grade,
      gaps,
      lastEvent: formatInstant((silentSince ?? end) - 1),
    },
  ];
  return archive.complete({
    id,
    cluster,
    reportName: name,
    reportType: 'inventory',
    start,
    end,
    generatedAt,
    digest: `digest of ${id}`,
    parts: [],
    ...(revision !== undefined && { revision, supersedes }),
    content: { evidence: { sources: { grade, complete, reasons: [], sources } } },
  });
}

/** A fleet of clusters in which whoever asks may see what `viewerIn` says. */
function fleetOf(names: readonly string[], viewerIn: ViewerIn = async (_, __, asking) => asking) {
  const stores = new Map(names.map((name) => [name, openEmbedded(':memory:')] as const));
  const said: unknown[] = [];
  const log: Log = { ...silentLog, error: (_, fields) => void said.push(fields?.['reason']) };
  const fleet = new Fleet(cellOver(stores), viewerIn, log);
  const seen = async (asking: Viewer = everybody, asked = names[0]!) =>
    Object.fromEntries(
      (await fleet.seenBy(asking, asked, request)).items.map(({ name, ...item }) => [name, item] as const),
    );
  return { of: (name: string) => stores.get(name)!, seen, said };
}

/** Somebody who may list reports, and get those of these names. */
const seeing = (...names: readonly string[]): Viewer => ({
  ...everybody,
  listable: async (reports) => reports.filter(({ name }) => names.includes(name)),
});

const refusing = (status: number): Viewer => ({
  ...everybody,
  listable: async () => {
    throw new Problem(status, 'Refused', 'not to you');
  },
});

test('a cluster is as the report over its last window says, of several over it the worst', async () => {
  const { of, seen } = fleetOf(['alpha', 'beta', 'gamma']);
  await archived(of('alpha'), 'alpha', { end: END - HOUR, grade: 'gaps' });
  await archived(of('alpha'), 'alpha');
  await archived(of('beta'), 'beta', { name: 'access' });
  await archived(of('beta'), 'beta', { name: 'daily', grade: 'gaps', silentSince: END - HOUR / 2 });
  await archived(of('beta'), 'beta', { name: 'old', end: END - 2 * HOUR, grade: 'not known' });
  expect(await seen()).toMatchObject({
    alpha: {
      isAsked: true,
      told: { grade: 'proven', complete: true, silent: [], lastSeen: formatInstant(END - 1) },
    },
    beta: {
      isAsked: false,
      told: {
        grade: 'gaps',
        complete: false,
        silent: ['audit.log'],
        lastReport: { report: 'daily', window: { end: formatInstant(END) } },
      },
    },
    gamma: { told: { grade: null, lastReport: null, lastSeen: null, uid: null } },
  });
});

test('two clusters under one name are told, however good the last report was', async () => {
  const { of, seen } = fleetOf(['alpha', 'beta']);
  for (const name of ['alpha', 'beta']) await archived(of(name), name);
  const doubt = { reason: 'two-clusters', may: 'be-anything', message: 'Two clusters …' } as const;
  await of('alpha').history.append([
    {
      id: 'two-clusters/1/2',
      eventId: 'two-clusters/1/2',
      what: 'doubtful',
      group: '',
      resource: '',
      namespace: '',
      name: '',
      at: END,
      receivedAt: END - HOUR,
      doubt,
      origin: { source: '', position: 0 },
    },
  ]);
  const { alpha, beta } = await seen();
  const twoClusters = { since: formatInstant(END - HOUR), words: 'Two clusters …' };
  expect(alpha!.told).toMatchObject({ grade: 'proven', complete: false, twoClusters });
  expect(beta!.told).toMatchObject({ grade: 'proven', complete: true, twoClusters: null });
});

test('what was archived last over an older window is not the last report', async () => {
  const { of, seen } = fleetOf(['alpha', 'beta']);
  await archived(of('alpha'), 'alpha');
  await archived(of('alpha'), 'alpha', {
    id: 'asked-for',
    end: END - 9 * HOUR,
    grade: 'gaps',
    generatedAt: END + 50 * HOUR,
  });
  await archived(of('beta'), 'beta', { end: END - HOUR });
  await archived(of('beta'), 'beta');
  await archived(of('beta'), 'beta', { id: 'daily-r2', end: END - HOUR, grade: 'gaps', revision: 2 });
  const { alpha, beta } = await seen();
  expect([alpha!.told!.lastReport!.id, beta!.told!.lastReport!.id]).toEqual([`daily-${END}`, `daily-${END}`]);
});

test.each<[string, Archived, Archived, string]>([
  [
    'an earlier window that somebody asked for a moment later',
    { grade: 'gaps' },
    { id: 'asked-for', end: END - 3 * HOUR, generatedAt: END + HOUR },
    'gaps',
  ],
  [
    'a part of the last window that somebody asked for',
    { grade: 'gaps' },
    { id: 'daily-asked-for', start: END - HOUR / 60, generatedAt: END + HOUR },
    'gaps',
  ],
  [
    'a revision of the last window, which takes its place',
    { grade: 'gaps' },
    { id: `daily-${END}-r2`, revision: 2, supersedes: `daily-${END}`, generatedAt: END + HOUR },
    'proven',
  ],
  [
    'a tenth revision, behind which a ninth is listed',
    { id: `daily-${END}-r9`, grade: 'gaps', revision: 9 },
    { id: `daily-${END}-r10`, revision: 10, supersedes: `daily-${END}-r9`, generatedAt: END + HOUR },
    'proven',
  ],
])('%s', async (_, before, after, grade) => {
  const { of, seen } = fleetOf(['alpha']);
  await archived(of('alpha'), 'alpha', before);
  await archived(of('alpha'), 'alpha', after);
  const { alpha } = await seen();
  expect(alpha!.told).toMatchObject({ grade, lastReport: { window: { end: formatInstant(END) } } });
});

test('however many parts of the last window somebody asked for', async () => {
  const { of, seen } = fleetOf(['alpha']);
  await archived(of('alpha'), 'alpha', { grade: 'gaps' });
  expect((await seen())['alpha']!.told!.grade).toBe('gaps');
  for (let i = 1; i < 12; i++)
    await archived(of('alpha'), 'alpha', { id: `daily-x${i}`, start: END - i * (HOUR / 60) });
  expect((await seen())['alpha']!.told!.grade).toBe('gaps');
});

test.each<[string, Viewer | undefined, object | undefined]>([
  ['who may see one report is told by that one', seeing('access'), { told: { grade: 'proven' } }],
  ['who may list and see none is not told of the cluster', seeing(), undefined],
  ['who may not even list is not told of it', refusing(403), undefined],
  ['who is not known there is not told of it', undefined, undefined],
  ['whose token is not good there any more is not told of it', refusing(401), undefined],
  [
    'of whom it is not known what they may see, it is said',
    refusing(503),
    { told: null, problem: 'It cannot be looked at now; the log says why' },
  ],
])('%s', async (_, viewer, expected) => {
  const { of, seen } = fleetOf(['alpha', 'beta'], async () => viewer);
  await archived(of('beta'), 'beta', { name: 'access' });
  await archived(of('beta'), 'beta', { name: 'secret', end: END + HOUR, grade: 'not known' });
  const { alpha, beta } = await seen();
  expect(alpha).toBeDefined();
  if (expected === undefined) expect(beta).toBeUndefined();
  else expect(beta).toMatchObject(expected);
});

test.each<[string, Viewer, boolean]>([
  ['who may see something', everybody, true],
  ['who may not even list', refusing(403), false],
  ['who is not known there', refusing(401), false],
])('where nothing of a cluster can be read %s is told of it: %3$j', async (_, viewer, isTold) => {
  const { of, seen } = fleetOf(['alpha', 'beta'], async () => viewer);
  vi.spyOn(of('beta').archive, 'newest').mockRejectedValue(new Error('The database is damaged'));
  expect(Object.keys(await seen())).toEqual(isTold ? ['alpha', 'beta'] : ['alpha']);
});

test('who may see a report that never ran sees that there is none', async () => {
  const { of, seen } = fleetOf(['alpha', 'beta'], async () => seeing('weekly'));
  await archived(of('beta'), 'beta', { name: 'secret' });
  const spec = { reportType: 'inventory' };
  await of('beta').windows.keepReports([{ name: 'weekly', reportType: 'inventory', spec }]);
  expect((await seen())['beta']).toMatchObject({ told: { grade: null, words: 'no report yet' } });
});

test('an API server that does not answer keeps nobody from the other clusters', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { of, seen, said } = fleetOf(['alpha', 'beta', 'gamma'], (cluster, _, asking) =>
      cluster === 'beta' ? new Promise(() => {}) : Promise.resolve(asking),
    );
    await archived(of('gamma'), 'gamma');
    const asked = seen();
    await vi.advanceTimersByTimeAsync(3_000);
    const { beta, gamma } = await asked;
    expect(gamma).toMatchObject({ told: { grade: 'proven' } });
    expect(beta!.problem).toMatch(/the log says why/);
    expect(said).toEqual([expect.stringMatching(/did not say within 3 seconds/)]);
  } finally {
    vi.useRealTimers();
  }
});

test.each(['header', 'log'])('a report that is not the one of its %s vouches for nothing', async (what) => {
  const { of, seen } = fleetOf(['alpha']);
  const stores = of('alpha');
  const sound = await archived(stores, 'alpha', { grade: 'gaps' });
  await logReports(stores, [sound], KEY);
  // Somebody who can write the store: with the digest as it was, or one that fits.
  const other = openEmbedded(':memory:');
  const forged = await archived(other, 'alpha', { grade: 'proven' });
  const newest = what === 'log' ? forged : { ...forged, headerDigest: sound.headerDigest };
  vi.spyOn(stores.archive, 'newest').mockResolvedValue([newest]);
  const { alpha } = await seen();
  expect(alpha!.told).toMatchObject({ grade: 'not known', complete: false, lastReport: null });
  expect(alpha!.told!.words).toMatch(/was changed/);
});

test.each<[string, string[], Viewer, object]>([
  ['the last report', ['last'], everybody, { grade: 'not known', complete: false, lastReport: null }],
  ['all of a name', ['first', 'last'], everybody, { grade: 'not known', complete: false }],
  ['all', [`access-${END}`, 'first', 'last'], everybody, { grade: 'not known', complete: false }],
  ['an earlier one', ['first'], everybody, { grade: 'gaps', lastReport: { id: 'last' } }],
  ['what one may not see', ['last'], seeing('access'), { grade: 'proven' }],
])('who removes %s from the archive makes no cluster better than it is', async (_, gone, viewer, told) => {
  const { of, seen } = fleetOf(['alpha']);
  const stores = of('alpha');
  const headers = [
    await archived(stores, 'alpha', { name: 'access' }),
    await archived(stores, 'alpha', { id: 'first', end: END - HOUR }),
    await archived(stores, 'alpha', { id: 'last', grade: 'gaps' }),
  ];
  await logReports(stores, headers, KEY);
  // Somebody who can write the store.
  const { archive } = stores;
  const isThere = ({ id }: { readonly id: string }) => !gone.includes(id);
  const left = headers.filter(isThere);
  const newest = left.filter(
    ({ id, reportName }) => left.findLast((h) => h.reportName === reportName)!.id === id,
  );
  vi.spyOn(archive, 'newest').mockResolvedValue(newest);
  vi.spyOn(archive, 'headers').mockImplementation(async ({ reportName } = {}) => ({
    headers: left.filter((header) => header.reportName === reportName).toReversed(),
  }));
  vi.spyOn(archive, 'header').mockImplementation(async (id) => left.find((header) => header.id === id));
  const { alpha } = await seen(viewer);
  expect(alpha!.told).toMatchObject(told);
  if (!isThere({ id: 'last' }) && viewer === everybody)
    expect(alpha!.told!.words).toMatch(/no longer in the archive: somebody removed it/);
});

test('a thousand clusters take a second of the processor at most, by what reports said of them', async () => {
  // Ten stores, each for a hundred names: as many questions as if each name had its own.
  const kept = Array.from({ length: 10 }, () => openEmbedded(':memory:'));
  for (const stores of kept)
    for (const name of ['access', 'daily', 'weekly']) await archived(stores, 'one of them', { name });
  const names = Array.from({ length: 1_000 }, (_, i) => `cluster-${i}`);
  const cell = cellOver(new Map(names.map((name, i) => [name, kept[i % 10]!])));
  const fleet = new Fleet(cell, async (_, __, asking) => asking, silentLog);
  const seen = () => fleet.seenBy(everybody, names[0]!, request);
  const cold = await timed(seen);
  const warm = Math.min(await timed(seen), await timed(seen));
  expect((await seen()).items.filter(({ told }) => told?.grade === 'proven')).toHaveLength(1_000);
  // It takes a tenth of it, whatever else the machine has to do.
  expect({ cold: cold < 5_000, warm: warm < 1_000 }).toEqual({ cold: true, warm: true });
});

/** What work costs this thread of the processor, in milliseconds: a clock goes on while others work. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
