import {
  CLUSTER_UID_HEADER,
  coverageMarks,
  flows,
  policyEvents,
  resourceChanges,
  TELLER_HEADER,
  type ClusterCoverageMark,
  type ClusterFlow,
  type ResourceChange,
} from '@margay/contracts';
import { deliveriesOf, doubtsFor, evidenceFor } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import { deadLetterTopic, openEmbeddedBus, publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { type Metrics, openMetrics, silentLog } from '@margay/runtime';
import { connectTransports, ProcessModule, Readiness } from '@margay/runtime/nest';
import { cellOver, openEmbedded, Refused, type Cell, type Stores } from '@margay/storage';
import { CELL, STORES, StoresModule } from '@margay/storage/nest';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { evidenceLag } from './evidence.ts';
import { markOfLoss } from './losses.ts';
import { SnapshotterModule } from './snapshotter.module.ts';

/** A snapshotter over embedded adapters, of one cluster unless the stores of several are given. */
async function snapshotter(several?: ReadonlyMap<string, Stores> | Cell) {
  const own = several && ('of' in several ? several : cellOver(several));
  const cell = own && {
    module: class Several {},
    providers: [{ provide: CELL, useValue: own }],
    exports: [CELL],
  };
  const bus = BusModule.opened(async () => openEmbeddedBus(':memory:'), [...(own?.clusters ?? ['c'])]);
  const metrics = openMetrics({ defaults: false });
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics, pauseMilliseconds: 5 }),
      SnapshotterModule.over(bus, cell ?? StoresModule.embedded(':memory:', 'c')),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  await app.init();
  return {
    app,
    metrics,
    bus: app.get<Bus>(BUS),
    stores: own ? own.of(own.clusters[0]!) : app.get<Stores>(STORES),
  };
}

const change = (name: string, resourceVersion: string, at: number): ResourceChange => ({
  cluster: 'c',
  id: `e-${name}#0`,
  eventId: `e-${name}`,
  what: 'present',
  group: '',
  resource: 'namespaces',
  namespace: '',
  name,
  uid: `uid-${name}`,
  resourceVersion,
  at,
  receivedAt: at,
  content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  origin: { source: 'audit.log', position: at },
});

const flow: ClusterFlow = {
  cluster: 'c',
  id: 'f',
  startAt: 10,
  endAt: 20,
  reporter: 'src',
  action: 'allow',
  source: { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false },
  destination: { type: 'pod', namespace: 'shop', name: 'web', nameIsPrefix: false },
};

async function namesIn(stores: Stores) {
  const names: string[] = [];
  for await (const { name, validFrom } of stores.history.versions({ start: 0, end: 1e15 }))
    names.push(`${name}@${validFrom}`);
  return names.sort();
}

test('what the ingestors publish is in the stores when nothing waits any more; repeats change nothing', async () => {
  const { app, bus, stores, metrics } = await snapshotter();
  const changes = [change('a', '1', 100), change('b', '2', 200)];
  await publishAll(bus, resourceChanges, changes);
  await publishAll(bus, resourceChanges, changes);
  await publishAll(bus, flows, [flow]);
  expect(await evidenceLag(bus)).toBe(5);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100', 'b@200']);
  const kept = [];
  for await (const each of stores.flows.between({ start: 0, end: 100 })) kept.push(each);
  expect(kept).toMatchObject([{ destination: flow.destination, startAt: 10, endAt: 20 }]);
  expect(await metrics.exposition()).toContain('margay_kept_changes_total{cluster="c"} 2');
});

test('while a store is away nothing is committed, and when it is back nothing is missing', async () => {
  const { app, bus, stores } = await snapshotter();
  const append = stores.history.append.bind(stores.history);
  let isAway = true;
  stores.history.append = (changes) => (isAway ? Promise.reject(new Error('no disk')) : append(changes));
  await publishAll(bus, resourceChanges, [change('a', '1', 100)]);
  await app.startAllMicroservices();
  await new Promise((wake) => setTimeout(wake, 50));
  expect(await evidenceLag(bus)).toBe(1);
  isAway = false;
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100']);
});

const poison = (key: string) => [{ key, value: Buffer.from('no message') }];

test('a change that is set aside leaves its object open until it is seen again', async () => {
  const { app, bus, stores } = await snapshotter();
  await publishAll(bus, resourceChanges, [change('a', '1', 100), change('b', '2', 100)]);
  await bus.publish(resourceChanges.name, poison('c/namespaces//a'));
  const later = (Date.now() + 120_000) * 1_000;
  await publishAll(bus, resourceChanges, [{ ...change('a', '3', later), id: 'later#0', eventId: 'later' }]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const open: string[] = [];
  for await (const { name, doubt, validTo } of stores.history.versions({ start: 150, end: 1e16 }))
    open.push(`${name} ${doubt?.reason ?? 'known'} ${validTo === later ? 'until seen' : ''}`.trim());
  expect(open.sort()).toEqual(['a known', 'a set-aside until seen', 'b known']);
});

/** The objects of the history at an instant, with what is in doubt. */
async function doubtsAt(stores: Stores, at: number) {
  const open: string[] = [];
  for await (const { name, doubt } of stores.history.versions({ start: at, end: at + 1 }))
    open.push(`${name} ${doubt?.reason ?? 'known'}`);
  return open.sort();
}

async function deadLettersOf(bus: Bus, topic: string) {
  const letters: string[] = [];
  for await (const { key, value, headers } of bus.peek(deadLetterTopic(topic)))
    letters.push(`${key} ${headers['dlq-code']} ${value.byteLength}`);
  return letters;
}

test('a change that is too large to be published leaves its object open, and the others are kept', async () => {
  const { app, bus, stores } = await snapshotter();
  const { content, ...huge } = { ...change('huge', '2', 200), id: 'huge#0' };
  const metadata = { name: 'huge', annotations: { text: 'x'.repeat(70 * 1024 * 1024) } };
  await publishAll(bus, resourceChanges, [
    change('a', '1', 100),
    change('huge', '1', 100),
    { ...huge, content: { ...content!, metadata } },
    change('b', '3', 300),
  ]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus), { timeout: 10_000 }).toBe(0);
  const later = (Date.now() + 120_000) * 1_000;
  expect(await doubtsAt(stores, later)).toEqual(['a known', 'b known', 'huge set-aside']);
  expect(await deadLettersOf(bus, resourceChanges.name)).toEqual(['c/namespaces//huge too-large 0']);
});

test('a change that the store refuses for good leaves its object open, and the others are kept', async () => {
  const { app, bus, stores } = await snapshotter();
  const append = stores.history.append.bind(stores.history);
  stores.history.append = (changes) =>
    changes.some(({ what, name }) => what === 'present' && name === 'odd')
      ? Promise.reject(new Refused('the index takes no such document'))
      : append(changes);
  await publishAll(
    bus,
    resourceChanges,
    ['a', 'odd', 'b', 'c'].map((name, i) => change(name, String(i), 100)),
  );
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const later = (Date.now() + 120_000) * 1_000;
  expect(await doubtsAt(stores, later)).toEqual(['a known', 'b known', 'c known', 'odd set-aside']);
  expect(await deadLettersOf(bus, resourceChanges.name)).toEqual([expect.stringMatching(/odd refused \d+/)]);
});

test('where the store refuses even what is to be known of an object beside, everything is open', async () => {
  const { app, bus, stores } = await snapshotter();
  stores.history.append = () => Promise.reject(new Refused('the index takes no such document'));
  await publishAll(bus, resourceChanges, [change('odd', '1', 100)]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const end = Date.now() * 1_000;
  const window = { start: end - HOUR, end };
  const lost = doubtsFor(await stores.coverage.marks(window), window, {
    deliveries: await stores.coverage.deliveries(),
  }).filter(({ reason }) => reason === 'lost');
  expect(lost.map(({ about }) => about)).toEqual(['everything']);
});

const HOUR = 3_600_000_000;

test.each([
  { topic: resourceChanges.name, key: 'garbage', about: ['everything'], complete: false },
  { topic: coverageMarks.name, key: 'c/audit.log', about: ['everything'], complete: false },
  { topic: policyEvents.name, key: 'c/pods/a/b', about: [], complete: false },
])('a message of $topic with the key $key that is set aside: open is $about', async (row) => {
  const { app, bus, stores } = await snapshotter();
  await bus.publish(row.topic, poison(row.key));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const end = Date.now() * 1_000;
  const window = { start: end - HOUR, end };
  const marks = await stores.coverage.marks(window);
  const deliveries = await stores.coverage.deliveries();
  // Beside it an audit log that tells every second of everything.
  const beats = Array.from({ length: 61 }, (_, i) => window.start + i * 60_000_000);
  const log = {
    source: 'webhook:a',
    from: 0,
    to: 6_000,
    buckets: beats.map((minute) => ({
      minute,
      first: minute,
      last: minute + 59_000_000,
      counts: { kept: 99 },
    })),
    timeless: {},
    problems: [],
    problemsTotal: 0,
  };
  const known = { birth: window.start - 1, deliveries: [...deliveriesOf([log]), ...deliveries] };
  const lost = doubtsFor([...marks, log], window, known).filter(({ reason }) => reason === 'lost');
  expect(lost.map(({ about }) => about)).toEqual(row.about);
  const evidence = evidenceFor([...marks, log], [], window, known);
  expect(evidence).toMatchObject({ complete: row.complete, grade: 'no gap seen' });
  expect(evidence.problems.listed).toMatchObject([{ source: `${row.topic}/0`, reason: 'set-aside' }]);
  expect(evidence.reasons.join()).toMatch(/lost|set aside/);
});

test.each([
  ['read up to an instant before', { after: 2_000_000_000_000, from: 5, to: 9 }, 1_999_913_600_000_000],
  ['never read', { from: 0, to: 9 }, 0],
])('messages that were gone before they were read, %s, leave everything open', (_, place, since) => {
  const hole = { topic: resourceChanges.name, partition: 2, before: 2_000_000_600_000, ...place };
  const mark = markOfLoss({ kind: 'hole', hole });
  const window = { start: 2_000_000_000_000_000, end: 2_000_000_001_000_000 };
  const [doubt] = doubtsFor([mark], window).filter(({ reason }) => reason === 'lost');
  expect(doubt).toMatchObject({ about: 'everything', since, until: 2_000_000_660_001_000 });
  expect(doubt?.message).toContain(`offsets ${place.from} to 8`);
});

test('flows that are set aside count as unusable', async () => {
  const { app, bus, stores } = await snapshotter();
  await bus.publish(flows.name, poison('c/shop'));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const end = Date.now() * 1_000;
  const window = { start: end - HOUR, end };
  const deliveries = await stores.coverage.deliveries();
  const evidence = evidenceFor([], [], window, { deliveries, ofTraffic: true });
  expect(evidence.flows).toMatchObject({ unusable: 1, sources: [] });
  expect(evidence.reasons).toContainEqual(expect.stringContaining('1 flow record that could not be used'));
});

const mark = (source: string): ClusterCoverageMark => ({
  cluster: 'c',
  source,
  from: 1,
  to: 2,
  buckets: [{ minute: 0, first: 100, last: 100, counts: { kept: 1 } }],
  timeless: {},
  problems: [],
  problemsTotal: 0,
});

test.each([
  ['audit.log@0123456789abcdef', 'history' as const, 1],
  ['flows:flows.log@0123456789abcdef', 'flows' as const, 1],
  ['flows:flows.log@0123456789abcdef', 'history' as const, 0],
])('what %s delivered counts when it is in the %s', async (source, slow, held) => {
  const { app, bus, stores } = await snapshotter();
  const isBack = Promise.withResolvers<void>();
  const store: { append: (values: readonly never[]) => Promise<unknown> } = stores[slow];
  const append = store.append.bind(store);
  store.append = (values) => isBack.promise.then(() => append(values));
  await publishAll(bus, resourceChanges, [change('a', '1', 100)]);
  await publishAll(bus, flows, [flow]);
  await publishAll(bus, coverageMarks, [mark(source)]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(1 + held);
  await new Promise((wake) => setTimeout(wake, 100));
  expect(await stores.coverage.marks()).toHaveLength(1 - held);
  isBack.resolve();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await stores.coverage.marks()).toHaveLength(1);
});

test('each cluster has its own history, trail, flows and marks; what is of a cluster that is not known comes into none', async () => {
  const stores = new Map(['c', 'd'].map((cluster) => [cluster, openEmbedded(':memory:')]));
  const { app, bus } = await snapshotter(stores);
  const of = <T extends object>(cluster: string, value: T) => ({ ...value, cluster });
  const clusters = ['c', 'd', 'stranger'];
  await publishAll(
    bus,
    resourceChanges,
    // The same name, uid and event, at another instant in each.
    clusters.map((cluster, i) => of(cluster, change('a', '1', 100 + i))),
  );
  await publishAll(
    bus,
    flows,
    clusters.map((cluster, i) => of(cluster, { ...flow, startAt: 10 + i })),
  );
  await publishAll(
    bus,
    coverageMarks,
    clusters.map((cluster) => of(cluster, mark(`of-${cluster}`))),
  );
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  for (const [i, cluster] of ['c', 'd'].entries()) {
    const own = stores.get(cluster)!;
    expect(await namesIn(own)).toEqual([`a@${100 + i}`]);
    expect((await own.coverage.marks()).map(({ source }) => source)).toEqual([`of-${cluster}`]);
    const seen = [];
    for await (const { startAt } of own.flows.between({ start: 0, end: 100 })) seen.push(startAt);
    expect(seen).toEqual([10 + i]);
  }
  for (const { name } of [resourceChanges, flows, coverageMarks])
    expect(await deadLettersOf(bus, name)).toEqual([
      expect.stringMatching(/^stranger.* unknown-cluster \d+$/),
    ]);
  const { checks } = await app.get(Readiness, { strict: false }).look();
  expect(checks['unknown clusters']).toEqual({
    ready: true,
    reason: expect.stringMatching(
      /evidence of stranger was set aside, since CLUSTERS here has c, d/,
    ) as string,
  });
});

test.each(['', '*', 'a/b', '-'])(
  'what says to be of %j, which is no name of a cluster, is remembered nowhere',
  async (cluster) => {
    const told: string[] = [];
    const kept = openEmbedded(':memory:');
    const asides = (name: string) => (told.push(name), undefined);
    const { app, bus } = await snapshotter(cellOver(new Map([['c', kept]]), asides));
    await publishAll(bus, resourceChanges, [{ ...change('a', '1', 100), cluster }]);
    await app.startAllMicroservices();
    await expect.poll(() => evidenceLag(bus)).toBe(0);
    expect(await deadLettersOf(bus, resourceChanges.name)).toHaveLength(1);
    expect(told).toEqual([]);
  },
);

test('of each message it is remembered of which times it tells, or that nothing says it', async () => {
  const kept = new Map(['c', 'stranger'].map((cluster) => [cluster, openEmbedded(':memory:')]));
  const asidesOf = (name: string) => kept.get(name)?.asides;
  const { app, bus } = await snapshotter(cellOver(new Map([['c', kept.get('c')!]]), asidesOf));
  const of = { cluster: 'stranger' };
  await publishAll(bus, resourceChanges, [{ ...change('a', '1', 100), ...of, receivedAt: 90 }]);
  await publishAll(bus, flows, [{ ...flow, ...of }]);
  const silent = { ...mark('b'), buckets: [], timeless: { 'ignored:blank': 1 } };
  await publishAll(bus, coverageMarks, [
    { ...mark('a'), ...of },
    { ...silent, ...of },
  ]);
  const before = Date.now() * 1_000;
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const open = (await kept.get('stranger')!.asides.open()).map(({ topic, what, after, before: to }) => [
    topic.replace('margay.', ''),
    what,
    after,
    to > before - 60_000_000 ? 'then' : to,
  ]);
  expect(open.sort((a, b) => compareTexts(a.join(), b.join()))).toEqual([
    ['coverage', 'everything', 0, 'then'],
    ['coverage', 'everything', 100, 101],
    ['flows', 'flows', 10, 21],
    ['resource-changes', 'everything', 90, 101],
  ]);
});

test.each([
  ['d/namespaces//a', ['d']],
  ['stranger/namespaces//a', []],
  ['garbage', ['c', 'd']],
])('what could not be read under the key %s leaves something open of %j', async (key, open) => {
  const stores = new Map(['c', 'd'].map((cluster) => [cluster, openEmbedded(':memory:')]));
  const { app, bus } = await snapshotter(stores);
  await bus.publish(resourceChanges.name, poison(key));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const found: string[] = [];
  for (const [cluster, { history, coverage }] of stores) {
    const changes = await history.changesOf({ group: '', resource: 'namespaces', namespace: '', name: 'a' });
    if (changes.length + (await coverage.marks()).length > 0) found.push(cluster);
  }
  expect(found).toEqual(open);
});

/** Headers of who tells, and of which cluster he says that it is. */
const by = (teller: string, uid?: string) => ({
  [TELLER_HEADER]: teller,
  ...(uid !== undefined && { [CLUSTER_UID_HEADER]: uid }),
});

test('of two clusters of one name the one that was there first is kept, and the other one is set aside, aloud', async () => {
  const { app, bus, stores, metrics } = await snapshotter();
  const first = { ...change('kube-system', '1', 100), uid: 'aaaa' };
  await publishAll(bus, resourceChanges, [change('before', '0', 90), first], [], by('one'));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  // Made anew under the same name, by itself and beside what is right.
  const another = { ...first, uid: 'bbbb', id: 'anew', eventId: 'anew', at: 500 };
  await publishAll(bus, resourceChanges, [change('a', '2', 200)], [], by('one', 'aaaa'));
  await publishAll(bus, resourceChanges, [change('b', '2', 600), another], [], by('two', 'bbbb'));
  await publishAll(bus, resourceChanges, [change('untold', '3', 300)], [], by('one'));
  await publishAll(bus, coverageMarks, [mark('log-of-b')], [], by('two', 'bbbb'));
  await publishAll(bus, coverageMarks, [mark('log-of-a')], [], by('one', 'aaaa'));
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@200', 'before@90', 'kube-system@100', 'untold@300']);
  expect((await stores.coverage.marks()).map(({ source }) => source)).toEqual(['log-of-a']);
  expect(await deadLettersOf(bus, resourceChanges.name)).toEqual([
    expect.stringMatching(/^c\/namespaces\/\/b other-cluster/),
    expect.stringMatching(/^c\/namespaces\/\/kube-system other-cluster/),
  ]);
  expect(await deadLettersOf(bus, coverageMarks.name)).toEqual([expect.stringMatching(/other-cluster/)]);
  expect(await openIn(stores)).toEqual([]);
  expect(await whoseSaid(app)).toMatchObject({
    ready: true,
    reason: expect.stringMatching(
      /^Of another cluster that goes by the name c told log-of-b, which is set aside: .*CLUSTER_NAME/,
    ) as string,
  });
  expect(await questionableIn(metrics)).toEqual(['unknown 0', 'other 1']);
});

/** What `/readyz` says of sources that are not known to be of the cluster. */
const whoseSaid = async (app: INestApplication) =>
  (await app.get(Readiness, { strict: false }).look()).checks['whose evidence'];
/** How many the metric counts. */
const questionableIn = async (metrics: Metrics): Promise<string[]> =>
  [
    ...(await metrics.exposition()).matchAll(
      /^margay_sources_questionable\{cluster="c",whose="(\w+)"\} (\d+)$/gm,
    ),
  ].map(([, whose, count]) => `${whose} ${count}`);

/** What is open of everything since it is not known whose evidence is whose. */
const openIn = async ({ coverage }: Stores) =>
  (await coverage.deliveries()).flatMap(({ source, unread }) =>
    source.startsWith('lost/everything:whose') ? unread.map(({ after, before }) => [after, before]) : [],
  );

test('what says nothing of its cluster is kept, and in doubt until it tells of an object that others told of', async () => {
  const { app, bus, stores, metrics } = await snapshotter();
  await publishAll(bus, resourceChanges, [change('a', '1', 100)], [], by('one'));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  await publishAll(bus, resourceChanges, [change('b', '2', 200)], [], by('two'));
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100', 'b@200']);
  expect(await openIn(stores)).toEqual([[200, undefined]]);
  expect(await whoseSaid(app)).toMatchObject({
    ready: true,
    reason: expect.stringMatching(
      /^Of which cluster audit\.log tells under the name c is not known.*CLUSTER_UIDS/,
    ) as string,
  });
  expect(await questionableIn(metrics)).toEqual(['unknown 1', 'other 0']);
  const again = { ...change('b', '3', 300), id: 'again', eventId: 'again' };
  await publishAll(bus, resourceChanges, [again], [], by('one'));
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await openIn(stores)).toEqual([]);
  expect(await whoseSaid(app)).toEqual({ ready: true });
  expect(await questionableIn(metrics)).toEqual(['unknown 0', 'other 0']);
});

test('of a history that is older than what is remembered of who tells, all who tell of its objects are of its cluster', async () => {
  const stores = openEmbedded(':memory:');
  await stores.history.append([{ ...change('kube-system', '1', 5), uid: 'aaaa' }, change('a', '2', 100)]);
  const { app, bus } = await snapshotter(new Map([['c', stores]]));
  const written = { ...change('a', '3', 200), id: 'written', eventId: 'written' };
  await publishAll(bus, resourceChanges, [written], [], by('one'));
  await publishAll(bus, resourceChanges, [change('b', '4', 300)], [], by('two', 'bbbb'));
  await publishAll(bus, resourceChanges, [change('d', '5', 400)], [], by('three'));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100', 'd@400', 'kube-system@5']);
  expect(await deadLettersOf(bus, resourceChanges.name)).toEqual([expect.stringMatching(/b other-cluster/)]);
  expect(await openIn(stores)).toEqual([[400, undefined]]);
});

test('a source that was corrected is kept again from the first object on that the cluster has, whatever uid it says still', async () => {
  const { app, bus, stores } = await snapshotter();
  await publishAll(bus, resourceChanges, [{ ...change('kube-system', '1', 5), uid: 'aaaa' }], [], by('one'));
  await publishAll(bus, resourceChanges, [change('a', '2', 100)], [], by('one', 'aaaa'));
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  await publishAll(bus, resourceChanges, [change('of-b', '9', 200)], [], by('two', 'bbbb'));
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  await new Promise((wake) => setTimeout(wake, 5));
  const written = { ...change('a', '3', 300), id: 'written', eventId: 'written' };
  await publishAll(bus, resourceChanges, [written, change('d', '4', 400)], [], by('two', 'bbbb'));
  await publishAll(bus, coverageMarks, [mark('log')], [], by('two', 'bbbb'));
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100', 'd@400', 'kube-system@5']);
  expect(await stores.coverage.marks()).toHaveLength(1);
  // What it told meanwhile, and was set aside, is open.
  expect(await openIn(stores)).toHaveLength(1);
});

test('flows of another cluster of the same name are set aside, as far as it is said of which they are', async () => {
  const { app, bus, stores } = await snapshotter();
  const of = (uid: string) => ({ [CLUSTER_UID_HEADER]: uid });
  await publishAll(bus, resourceChanges, [{ ...change('kube-system', '1', 5), uid: 'aaaa' }]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  await publishAll(bus, flows, [flow], [], of('aaaa'));
  await publishAll(bus, flows, [{ ...flow, id: 'of-another', startAt: 50, endAt: 60 }], [], of('bbbb'));
  await publishAll(bus, flows, [{ ...flow, id: 'untold', startAt: 30, endAt: 40 }]);
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  const kept: number[] = [];
  for await (const { startAt } of stores.flows.between({ start: 0, end: 100 })) kept.push(startAt);
  expect(kept).toEqual([10, 30]);
  expect(await deadLettersOf(bus, flows.name)).toEqual([expect.stringMatching(/^c\/shop other-cluster/)]);
});

test('a cluster that was renamed, or was restored beside itself, is said to have two names', async () => {
  const several = new Map(['old', 'new', 'other'].map((name) => [name, openEmbedded(':memory:')] as const));
  const birth = (cluster: string, uid: string) => ({ ...change('kube-system', '1', 5), cluster, uid });
  await several.get('old')!.history.append([birth('old', 'aaaa')]);
  const { app, bus } = await snapshotter(several);
  const said = async () => (await app.get(Readiness, { strict: false }).look()).checks['clusters'];
  await publishAll(bus, resourceChanges, [birth('other', 'bbbb')]);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await said()).toEqual({ ready: true });
  await publishAll(bus, resourceChanges, [birth('new', 'aaaa')]);
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await said()).toEqual({
    ready: true,
    reason: expect.stringMatching(/^new and old have one kube-system, with the uid aaaa/) as string,
  });
});

test('what another release derived in another way is derived anew at the start, and said until it is', async () => {
  const stores = openEmbedded(':memory:');
  const asked: string[] = [];
  let done = (_: number) => {};
  const history = {
    ...stores.history,
    foldAnew: () => {
      asked.push('c');
      return new Promise<number>((resolve) => (done = resolve));
    },
  };
  const { app } = await snapshotter(new Map([['c', { ...stores, history }]]));
  await expect.poll(() => asked).toEqual(['c']);
  const said = async () => (await app.get(Readiness).look()).checks['folding'];
  expect(await said()).toMatchObject({
    ready: true,
    reason: expect.stringContaining('Of c the history') as string,
  });
  done(3);
  await expect.poll(said).toEqual({ ready: true });
});

test('what is told after a list of its kind is judged by that, of its cluster alone and by whoever comes next', async () => {
  const stores = new Map(['c', 'd'].map((cluster) => [cluster, openEmbedded(':memory:')]));
  const first = await snapshotter(stores);
  const second = 1_000_000;
  const seen = (cluster: string, name: string, rv: string, at: number) => ({
    ...change(name, rv, at),
    cluster,
  });
  const listed = {
    group: '',
    resource: 'namespaces',
    at: 100 * second,
    resourceVersion: '50',
    isWhole: true,
    uids: ['uid-kept'],
  };
  const shown = seen('c', 'kept', '5', 100 * second);
  const known = await publishAll(first.bus, resourceChanges, [shown], [], by('watch'));
  await publishAll(first.bus, coverageMarks, [{ ...mark('watch/namespaces'), listed }], [known], by('watch'));
  await first.app.startAllMicroservices();
  await expect.poll(() => evidenceLag(first.bus)).toBe(0);
  // Another process keeps what the log tells at last: of the deletion it tells nothing.
  const next = await snapshotter(stores);
  const late = ['c', 'd'].map((cluster) => seen(cluster, 'ghost', '4', 20 * second));
  await publishAll(next.bus, resourceChanges, late, [], by('log'));
  await next.app.startAllMicroservices();
  await expect.poll(() => evidenceLag(next.bus)).toBe(0);
  const there = async (cluster: string, at: number) => {
    const found: string[] = [];
    for await (const { name, doubt } of stores.get(cluster)!.history.versions({ start: at, end: at + 1 }))
      found.push(doubt === undefined ? name : `${name}: ${doubt.may}`);
    return found.sort();
  };
  expect(await there('c', 60 * second)).toEqual(['ghost: be-gone']);
  expect(await there('c', 100 * second)).toEqual(['kept']);
  expect(await there('d', 100 * second)).toEqual(['ghost']);
});
