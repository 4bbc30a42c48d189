import {
  childWindows,
  parentRunsSettled,
  reportWindows,
  type ParentWindow,
  type ReportWindow,
} from '@margay/contracts';
import { HOUR, MINUTE, SECOND } from '@margay/ground';
import { openEmbeddedBus, publishAll } from '@margay/messaging';
import { silentLog } from '@margay/runtime';
import { askForRun, cellOver, openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import type { ScheduledReport } from './emit-windows.ts';
import { handingOn } from './hand-on.ts';
import { chosenClusters, countWords, parentRuns } from './parent-runs.ts';
import { takeAll } from './testing/take-all.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z') * 1_000;
const LABELS = new Map([
  ['hub', { env: 'admin' }],
  ['alpha', { env: 'prod' }],
  ['beta', { env: 'prod' }],
  ['gamma', { env: 'test' }],
]);

const hourly = (selector: string): ScheduledReport => ({
  report: {
    name: 'hourly',
    spec: { reportType: 'inventory', schedule: '0 * * * *', clusters: { selector } },
  },
  createdAt: NOON - HOUR,
});

test.each([
  ['all()', 'alpha beta gamma hub'],
  ['', 'alpha beta gamma hub'],
  ["env == 'prod'", 'alpha beta'],
  ["env != 'prod'", 'gamma hub'],
  ["kubernetes.io/metadata.name in {'gamma', 'alpha'}", 'alpha gamma'],
  ["kubernetes.io/metadata.name starts with 'b'", 'beta'],
  ['has(region)', ''],
])('the selector %s chooses, by name, "%s"', (selector, chosen) => {
  expect(chosenClusters(selector, [...LABELS.keys()], LABELS).join(' ')).toBe(chosen);
});

/** Brokers and stores of clusters, over which schedulers may come and go. */
function installed(names: readonly string[] = [...LABELS.keys()]) {
  const bus = openEmbeddedBus(':memory:');
  const stores = new Map(names.map((name) => [name, openEmbedded(':memory:') as Stores]));
  onTestFinished(async () => {
    await bus.close();
    for (const each of stores.values()) await each.close();
  });
  const cell = cellOver(stores);
  const published = async () => {
    const windows: ReportWindow[] = [];
    for await (const { value } of bus.peek(reportWindows.name)) windows.push(reportWindows.decode(value));
    return windows;
  };
  return { bus, stores, cell, published };
}
type Installed = ReturnType<typeof installed>;

interface Scheduling {
  readonly labels?: typeof LABELS;
  /** The clusters that it knows; all unless given. */
  readonly names?: readonly string[];
  /** Publishing fails, as where it is killed. */
  readonly killed?: boolean;
}

/** A scheduler of the hub. */
function scheduler({ bus, stores, cell }: Installed, { labels = LABELS, names, killed }: Scheduling = {}) {
  const runs = parentRuns({
    cell: names === undefined ? cell : cellOver(new Map(names.map((name) => [name, stores.get(name)!]))),
    labels,
    cluster: 'hub',
    bus,
    hand: (due) => (killed ? Promise.reject(new Error('killed')) : publishAll(bus, reportWindows, due)),
    log: silentLog,
  });
  const handOn = handingOn({
    bus,
    windows: [cell.of('hub').windows],
    log: silentLog,
    hand: (due) => publishAll(bus, reportWindows, due),
  });
  const look = async (report: ScheduledReport, now: number) => {
    const begun = await runs.begin([report], { cluster: 'hub', startDelay: 0 }, now);
    await handOn(now);
    await runs.goOn(now);
    return begun;
  };
  return { ...runs, look };
}

const parents = async ({ cell }: Installed) =>
  (await cell.of('hub').windows.list({ parents: true })).map(({ window, state, reason }) => ({
    chosen: (window as ParentWindow).clusters.join(' '),
    end: (window.end - NOON) / HOUR,
    state,
    ...(reason !== undefined && { reason }),
  }));

/** Archives child runs of the newest parent run of these clusters; from a second `revision` on, what came after their first reports. */
async function archive({ cell }: Installed, clusters: string, complete = true, revision = 1) {
  const [record] = await cell.of('hub').windows.list({ parents: true, limit: 1 });
  for (const child of childWindows(record!.window as ParentWindow)) {
    if (!clusters.split(' ').includes(child.cluster)) continue;
    const { archive: kept, arrivals, windows } = cell.of(child.cluster);
    const { id, cluster, reportName, reportType, start, end, spec } = child;
    const revised = revision === 1 ? { id } : { id: `${id}-r${revision}`, revision, supersedes: id };
    const about = { ...revised, cluster, reportName, reportType, start, end };
    const sources = { complete, grade: complete ? 'proven' : 'gaps' };
    await kept.complete({
      ...about,
      generatedAt: NOON,
      digest: `d${revision}`,
      parts: [],
      read: await arrivals.place(),
      content: { reportSpec: spec, evidence: { sources } },
    });
    await windows.complete(id, NOON);
  }
}

const clustersOf = (windows: readonly ReportWindow[]) => windows.map(({ cluster }) => cluster).join(' ');

test('a window of each chosen cluster, once, and one parent run that is done when all of them are archived', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  const { emitted, problems } = await hub.look(prod, NOON);
  expect([clustersOf(emitted), problems.size]).toEqual(['alpha beta', 0]);
  for (let second = 1; second < 20; second++) await hub.look(prod, NOON + second * SECOND);
  expect(clustersOf(await place.published())).toBe('alpha beta');
  expect((await place.published()).every(({ reportName }) => reportName === 'hub:hourly')).toBe(true);
  expect(await parents(place)).toEqual([{ chosen: 'alpha beta', end: 0, state: 'running' }]);
  await archive(place, 'alpha');
  await hub.look(prod, NOON + 20 * SECOND);
  expect((await parents(place))[0]!.state).toBe('running');
  await archive(place, 'beta');
  await hub.look(prod, NOON + 25 * SECOND);
  expect((await parents(place))[0]!.state).toBe('completed');
  expect(await place.cell.of('gamma').windows.list({})).toEqual([]);
});

test('GlobalReports of the same name that a cluster has itself are left alone', async () => {
  const place = installed();
  const own = {
    cluster: 'alpha',
    id: 'own',
    reportName: 'hourly',
    reportType: 'inventory',
    spec: {},
    manual: false,
  };
  const { windows } = place.cell.of('alpha');
  await windows.emit([{ ...own, start: NOON - HOUR, end: NOON }], NOON);
  const hub = scheduler(place);
  await hub.look(hourly('all()'), NOON);
  await windows.fail('own', 'no disk', 7, NOON);
  expect(await windows.active('hourly')).toBe(0);
  expect(await windows.lastEnd('hourly')).toBe(NOON);
  expect(await windows.active('hub:hourly')).toBe(1);
});

test('the choice is that of the moment: labels and clusters that change are in the next run, and in no run before', async () => {
  const place = installed();
  const prod = hourly("env == 'prod'");
  await scheduler(place, { names: ['hub', 'alpha', 'gamma'] }).look(prod, NOON);
  // beta joins, and gamma is relabelled.
  const labels = new Map([...LABELS, ['gamma', { env: 'prod' }]]);
  await scheduler(place, { labels }).look(prod, NOON + HOUR);
  expect(await parents(place)).toEqual([
    { chosen: 'alpha beta gamma', end: 1, state: 'running' },
    { chosen: 'alpha', end: 0, state: 'failed', reason: 'Of 1 cluster: 1 missing' },
  ]);
});

test('where nothing is chosen nothing is begun, however often it is looked at; what is missed is made up for', async () => {
  const place = installed();
  const hub = scheduler(place);
  const none = hourly('has(region)');
  for (let hour = 0; hour < 3; hour++) {
    const { problems, known, emitted } = await hub.look(none, NOON + hour * HOUR);
    expect(problems.get('hourly')?.reason).toBe('NoClusters');
    expect([known.map(({ name }) => name), emitted]).toEqual([['hourly'], []]);
  }
  expect(await parents(place)).toEqual([]);
  const labels = new Map([...LABELS, ['alpha', { region: 'eu' } as never]]);
  await scheduler(place, { labels }).look(none, NOON + 2 * HOUR);
  expect((await parents(place)).map(({ end, chosen }) => [end, chosen])).toEqual([
    [2, 'alpha'],
    [1, 'alpha'],
    [0, 'alpha'],
  ]);
});

test('a cluster that is away for an hour is missing, the schedule goes on, and its report counts when it comes', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  await hub.look(prod, NOON);
  await archive(place, 'alpha');
  await hub.look(prod, NOON + HOUR - SECOND);
  expect(await parents(place)).toEqual([{ chosen: 'alpha beta', end: 0, state: 'running' }]);
  await hub.goOn(NOON + HOUR);
  expect(await parents(place)).toEqual([
    { chosen: 'alpha beta', end: 0, state: 'failed', reason: 'Of 2 clusters: 1 complete, 1 missing' },
  ]);
  await archive(place, 'beta', false);
  await hub.goOn(NOON + HOUR + MINUTE);
  expect((await parents(place))[0]!.state).toBe('completed');
  expect(await hub.of(prod.report, NOON)).toMatchObject({
    chosen: 2,
    newest: { counts: { complete: 1, withGaps: 1 } },
  });
});

test('a cluster that is taken out of the cell within a run is missing, and the others are done', async () => {
  const place = installed();
  const prod = hourly("env == 'prod'");
  await scheduler(place).look(prod, NOON);
  await archive(place, 'alpha');
  await scheduler(place, { names: ['hub', 'alpha'] }).look(prod, NOON + MINUTE);
  expect(await parents(place)).toEqual([
    { chosen: 'alpha beta', end: 0, state: 'failed', reason: 'Of 2 clusters: 1 complete, 1 missing' },
  ]);
});

test('killed at any point between the choice and the last window: whoever comes next makes the rest of the same choice, once', async () => {
  // Of the writes of a first look so many are done before it is killed.
  for (let writes = 0; ; writes++) {
    const place = installed();
    let left = writes;
    let isKilled = false;
    for (const each of place.stores.values()) {
      const emit = each.windows.emit.bind(each.windows);
      each.windows.emit = async (...windows) => {
        if (left-- <= 0) {
          isKilled = true;
          throw new Error('killed');
        }
        return emit(...windows);
      };
    }
    await scheduler(place)
      .look(hourly('all()'), NOON)
      .catch(() => undefined);
    left = Infinity;
    if (!isKilled) {
      // The parent run, and a window of each of four clusters.
      expect(writes).toBeGreaterThanOrEqual(5);
      break;
    }
    const labels = new Map([['alpha', { env: 'other' }]]);
    const next = scheduler(place, { labels });
    for (let second = 1; second < 160; second++) {
      await next.look(hourly('all()'), NOON + second * SECOND);
      // Whether a message is gone is known when the workers have passed its place.
      await takeAll(place.bus);
      for (const { cluster, id } of await place.published())
        await place.cell.of(cluster).windows.complete(id, NOON);
    }
    expect([writes, (await parents(place)).map(({ chosen }) => chosen)]).toEqual([
      writes,
      ['alpha beta gamma hub'],
    ]);
    expect(
      clustersOf(await place.published())
        .split(' ')
        .sort(),
    ).toEqual(['alpha', 'beta', 'gamma', 'hub']);
  }
});

test('killed before the windows are published: they are found, and published', async () => {
  const place = installed();
  await expect(scheduler(place, { killed: true }).look(hourly('all()'), NOON)).rejects.toThrow('killed');
  expect(await place.published()).toEqual([]);
  const next = scheduler(place);
  for (let second = 1; second < 120; second++) await next.look(hourly('all()'), NOON + second * SECOND);
  expect(
    clustersOf(await place.published())
      .split(' ')
      .sort(),
  ).toEqual(['alpha', 'beta', 'gamma', 'hub']);
});

test('two schedulers that see other labels: one choice, and each window once', async () => {
  const place = installed();
  const one = scheduler(place);
  const other = scheduler(place, { labels: new Map([['gamma', { env: 'prod' }]]) });
  const prod = hourly("env == 'prod'");
  for (let second = 0; second < 30; second++)
    await Promise.all([one, other].map((each) => each.look(prod, NOON + second * SECOND)));
  const [{ chosen } = { chosen: '' }, ...more] = await parents(place);
  expect(more).toEqual([]);
  expect(['alpha beta', 'gamma']).toContain(chosen);
  expect(clustersOf(await place.published())).toBe(chosen);
});

/** What was told of runs over many clusters. */
async function settled({ bus }: Installed) {
  const told = [];
  for await (const { value } of bus.peek(parentRunsSettled.name)) told.push(parentRunsSettled.decode(value));
  return told;
}

test('what a run over many clusters came to is told once, and names none of them; what comes after all is told again', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  await hub.look(prod, NOON);
  await archive(place, 'alpha');
  await hub.goOn(NOON + MINUTE);
  expect(await settled(place)).toEqual([]);
  for (const minute of [0, 1, 2]) await hub.goOn(NOON + HOUR + minute * MINUTE);
  const counts = { clusters: 2, complete: 1, withGaps: 0, failed: 0 };
  expect(await settled(place)).toMatchObject([
    { cluster: 'hub', reportName: 'hourly', end: NOON, state: 'failed', ...counts, missing: 1 },
  ]);
  await archive(place, 'beta', false);
  for (const minute of [5, 6, 7]) await hub.goOn(NOON + HOUR + minute * MINUTE);
  const [failed, done, ...more] = await settled(place);
  expect(more).toEqual([]);
  expect(done).toMatchObject({ id: failed!.id, state: 'with gaps', ...counts, withGaps: 1, missing: 0 });
  expect(JSON.stringify([failed, done])).not.toMatch(/alpha|beta/);
});

test('a state that changes afterwards is told each time: a revision, a cluster that is removed and is back, and after a restart', async () => {
  const place = installed();
  const prod = hourly("env == 'prod'");
  const states = async () => (await settled(place)).map(({ state }) => state).join(', ');
  const all = scheduler(place);
  await all.look(prod, NOON);
  await archive(place, 'alpha');
  await archive(place, 'beta', false);
  await all.goOn(NOON + MINUTE);
  expect(await states()).toBe('with gaps');
  await archive(place, 'beta', true, 2);
  for (const minute of [2, 3]) await all.goOn(NOON + minute * MINUTE);
  expect(await states()).toBe('with gaps, complete');
  // Whoever comes next knows what was told.
  for (const minute of [4, 5]) await scheduler(place).goOn(NOON + minute * MINUTE);
  expect(await states()).toBe('with gaps, complete');
  const without = scheduler(place, { names: ['hub', 'alpha', 'gamma'] });
  for (const minute of [6, 7]) await without.goOn(NOON + minute * MINUTE);
  expect(await states()).toBe('with gaps, complete, failed');
  const back = scheduler(place);
  for (const minute of [8, 9]) await back.goOn(NOON + minute * MINUTE);
  expect(await states()).toBe('with gaps, complete, failed, complete');
  expect((await parents(place))[0]!.state).toBe('completed');
});

test('a child run that is revised before the last one is there counts as it is then', async () => {
  const place = installed();
  const hub = scheduler(place);
  await hub.look(hourly("env == 'prod'"), NOON);
  await archive(place, 'alpha', false);
  await hub.goOn(NOON + SECOND);
  await archive(place, 'alpha', true, 2);
  await archive(place, 'beta');
  await hub.goOn(NOON + 2 * SECOND);
  expect((await settled(place)).map(({ state }) => state)).toEqual(['complete']);
});

test('of however many runs a change is told: of the newest at once, of the others in turns', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  for (let hour = 0; hour < 35; hour++) {
    await hub.look(prod, NOON + hour * HOUR);
    await archive(place, 'alpha beta');
    await hub.goOn(NOON + hour * HOUR + SECOND);
  }
  const without = scheduler(place, { names: ['hub', 'alpha'] });
  const failed = async () => (await settled(place)).filter(({ state }) => state === 'failed').length;
  const counts = [];
  for (let minute = 0; minute < 6; minute++) {
    await without.goOn(NOON + 40 * HOUR + minute * MINUTE);
    counts.push(await failed());
  }
  expect(counts).toEqual([20, 30, 35, 35, 35, 35]);
});

test.each([
  ['before the windows are published', (place: Installed) => scheduler(place, { killed: true })],
  [
    'before any window is kept',
    (place: Installed) => {
      for (const name of ['alpha', 'beta']) {
        const { windows } = place.stores.get(name)!;
        const emit = windows.emit.bind(windows);
        windows.emit = () => {
          windows.emit = emit;
          return Promise.reject(new Error('killed'));
        };
      }
      return scheduler(place);
    },
  ],
])(
  'killed %s, and a cluster is away when the rest is made: its window is made when it is back',
  async (_, first) => {
    for (const away of [1, 70]) {
      const place = installed();
      const prod = hourly("env == 'prod'");
      await expect(first(place).look(prod, NOON)).rejects.toThrow('killed');
      const without = scheduler(place, { names: ['hub', 'alpha'] });
      await without.look(prod, NOON + SECOND);
      // Also where its run has failed for that meanwhile.
      await archive(place, 'alpha');
      await without.goOn(NOON + MINUTE);
      expect((await parents(place))[0]!.state).toBe('failed');
      const back = scheduler(place);
      for (let second = 0; second < 160; second++) {
        await back.goOn(NOON + away * MINUTE + second * SECOND);
        await takeAll(place.bus);
      }
      const beta = (await place.published()).filter(({ cluster }) => cluster === 'beta');
      expect(beta.length).toBeGreaterThanOrEqual(1);
      await archive(place, 'beta');
      await back.goOn(NOON + 2 * HOUR);
      expect((await settled(place)).map(({ state }) => state)).toEqual(['failed', 'complete']);
    }
  },
);

test('a cluster that is away while the others are computed: its window is made when it is back, and no run is done before', async () => {
  const place = installed();
  const prod = hourly("env == 'prod'");
  const { windows } = place.stores.get('beta')!;
  const emit = windows.emit.bind(windows);
  windows.emit = () => Promise.reject(new Error('killed'));
  await expect(scheduler(place).look(prod, NOON)).rejects.toThrow('killed');
  windows.emit = emit;
  await scheduler(place, { names: ['hub', 'alpha'] }).look(prod, NOON + SECOND);
  const back = scheduler(place);
  for (let second = 2; second < 10; second++) await back.look(prod, NOON + second * SECOND);
  expect(
    clustersOf(await place.published())
      .split(' ')
      .filter((name) => name === 'beta'),
  ).toHaveLength(1);
  expect((await parents(place))[0]!.state).toBe('running');
});

test('a window that is there is not asked for at each look, also where others begin meanwhile', async () => {
  const place = installed();
  const asked: string[] = [];
  const { windows } = place.stores.get('beta')!;
  const emit = windows.emit.bind(windows);
  windows.emit = (some, at) => {
    asked.push(...some.map(({ id }) => id));
    return emit(some, at);
  };
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  for (let second = 0; second < 20; second++) await hub.look(prod, NOON + second * SECOND);
  await hub.look(prod, NOON + HOUR);
  const ids = (await place.published()).filter(({ cluster }) => cluster === 'beta').map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(asked).toEqual(ids);
});

test('killed before it is noted that it was told, it is told again, and the same', async () => {
  const place = installed();
  await scheduler(place).look(hourly("env == 'prod'"), NOON);
  await archive(place, 'alpha beta');
  const { windows } = place.cell.of('hub');
  const complete = windows.complete.bind(windows);
  windows.complete = () => Promise.reject(new Error('killed'));
  await expect(scheduler(place).goOn(NOON + MINUTE)).rejects.toThrow('killed');
  windows.complete = complete;
  for (const minute of [2, 3]) await scheduler(place).goOn(NOON + minute * MINUTE);
  const [first, again, ...more] = await settled(place);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ state: 'complete', clusters: 2, complete: 2 });
  expect({ ...again, settledAt: first!.settledAt }).toEqual(first);
});

test('asked for by hand it is over what its selector chooses then, and counts neither for the schedule nor in the status', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  const { known } = await hub.begin([prod], { cluster: 'hub', startDelay: 0 }, NOON - MINUTE);
  const stores = place.cell.of('hub');
  const span = { start: NOON - 2 * HOUR, end: NOON - MINUTE };
  const ask = () => askForRun(stores, 'hub', known[0]!, span, NOON);
  const { window, isNew } = await ask();
  expect([isNew, window.manual]).toEqual([true, true]);
  await hub.goOn(NOON);
  expect(clustersOf(await place.published())).toBe('alpha beta');
  await archive(place, 'alpha');
  for (const { id } of await place.cell
    .of('beta')
    .windows.list({})
    .then((all) => all.map((one) => one.window)))
    await place.cell.of('beta').windows.fail(id, 'no disk', 7, NOON);
  await hub.goOn(NOON + MINUTE);
  expect(await settled(place)).toMatchObject([{ id: window.id, state: 'failed', complete: 1, failed: 1 }]);
  // Once more: what failed is tried anew, and nothing else.
  expect(await ask()).toMatchObject({ isNew: false, window: { id: window.id } });
  await hub.goOn(NOON + 2 * MINUTE);
  expect(clustersOf(await place.published())).toBe('alpha beta beta');
  await archive(place, 'beta');
  await hub.goOn(NOON + 3 * MINUTE);
  expect((await settled(place)).at(-1)).toMatchObject({ id: window.id, state: 'complete' });
  expect(await hub.of(prod.report, NOON)).toEqual({ chosen: 2 });
  expect(await stores.windows.lastEnd('hourly')).toBeUndefined();
});

test('at most five runs are under way; those behind them wait', async () => {
  const place = installed();
  const hub = scheduler(place);
  const prod = hourly("env == 'prod'");
  await hub.begin([prod], { cluster: 'hub', startDelay: 0 }, NOON + 9 * HOUR);
  expect(await parents(place)).toHaveLength(5);
  await hub.goOn(NOON + 9 * HOUR);
  await hub.begin([prod], { cluster: 'hub', startDelay: 0 }, NOON + 9 * HOUR);
  expect(await parents(place)).toHaveLength(5);
});

test('counts in words name no cluster', () => {
  const none = { complete: 0, withGaps: 0, failed: 0, missing: 0, notYet: 0 };
  expect(countWords({ ...none, clusters: 3, complete: 1, failed: 1, notYet: 1 })).toBe(
    'Of 3 clusters: 1 complete, 1 failed, 1 not yet archived',
  );
});
