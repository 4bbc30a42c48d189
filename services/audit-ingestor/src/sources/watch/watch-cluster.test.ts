import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doubtsFor, evidenceFor, type CoverageMark } from '@margay/coverage';
import { memoryHistory } from '@margay/history';
import { Proof } from '@margay/kubernetes';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { silentLog } from '@margay/runtime';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { knownIn } from './known-objects.ts';
import { watchCluster } from './watch-cluster.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const TIERS = '/apis/projectcalico.org/v3/tiers';
const PODS = '/api/v1/namespaces/shop/pods';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies';

/** A cluster of which it is said what it serves, and who follows it; everything that was delivered. */
class Cluster {
  readonly marks: CoverageMark[] = [];
  readonly history = memoryHistory();
  readonly proof = new Proof();
  readonly fake: FakeApiServer;
  /** Resources by version of a group. */
  readonly serves: Record<string, string[]> = {
    v1: ['pods', 'namespaces', 'configmaps'],
    'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
    'apiregistration.k8s.io/v1': ['apiservices'],
  };
  /** Versions of groups whose server is away, and resources that may not be read. */
  readonly away = new Set<string>();
  readonly forbidden = new Set<string>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'follow-'));
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(fake: FakeApiServer) {
    this.fake = fake;
    fake.fault = (_, { pathname }) => {
      const [, version = '', resource] =
        /^\/(?:api|apis)\/(v1|[^/]+\/[^/]+)(?:\/(?:namespaces\/[^/]+\/)?([^/]+))?/.exec(pathname) ?? [];
      if (this.away.has(version)) return { code: 503 };
      const names = this.serves[version];
      if (names === undefined) return { code: 404 };
      if (resource === undefined)
        return {
          code: 200,
          body: { resources: names.map((name) => ({ name, namespaced: true, verbs: ['list', 'watch'] })) },
        };
      if (this.forbidden.has(resource)) return { code: 403 };
      return names.includes(resource) ? undefined : { code: 404 };
    };
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster(await FakeApiServer.start());
    onTestFinished(async () => {
      await cluster.stop();
      await cluster.fake.stop();
      rmSync(cluster.#folder, { recursive: true });
    });
    return cluster;
  }

  /** Follows it until it is stopped; what was kept is gone on with. */
  follow(watcher = 'here'): void {
    this.#stop = new AbortController();
    const client = this.fake.client();
    this.#running = watchCluster({
      client,
      openKnown: knownIn(this.#folder),
      watcher,
      log: silentLog,
      proof: this.proof,
      signal: this.#stop.signal,
      deliver: async ({ changes, mark }) => {
        this.history.add(changes);
        // As stores keep them: of one from the same place the one that says more.
        const known = this.marks.findIndex(
          ({ source, from }) => source === mark.source && from === mark.from,
        );
        this.marks.splice(known === -1 ? this.marks.length : known, 1, mark);
      },
    }).finally(() => client.close());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  install(resource: string, group: string, version: string): void {
    this.serves[`${group}/${version}`] = [...(this.serves[`${group}/${version}`] ?? []), resource];
    this.fake.put(DEFINITIONS, `${resource}.${group}`);
  }

  remove(resource: string, group: string, version: string): void {
    delete this.serves[`${group}/${version}`];
    this.fake.endWatches();
    this.fake.delete(DEFINITIONS, `${resource}.${group}`);
  }

  /** What exists of a kind by the history. */
  there(resource: string): string[] {
    return this.history
      .versions()
      .filter((version) => version.resource === resource && version.validTo === undefined && !version.doubt)
      .map(({ name }) => name);
  }

  /** What is open of a kind at an instant, or will be when it has been silent for longer than is allowed. */
  open(resource: string, at = (Date.now() + 31_000) * 1_000) {
    return doubtsFor(this.marks, { start: at, end: at + 1 }, { birth: 0 }).filter(
      ({ about }) => about !== 'everything' && about.resource === resource,
    );
  }

  /** A bookmark, a moment later. @returns an instant that it is behind. */
  async tick(): Promise<number> {
    const now = Date.now() * 1_000;
    await new Promise((later) => setTimeout(later, 1_100));
    this.fake.bookmark();
    await vi.waitUntil(() => this.#isHeardSince(now), { timeout: 30_000 });
    return now;
  }

  #isHeardSince(at: number): boolean {
    return this.marks.some(
      ({ source, buckets }) => source.startsWith('watch/pods') && buckets.some(({ last }) => last >= at),
    );
  }
}

const patient = { timeout: 30_000, interval: 50 };

test('a kind that is installed is followed from its beginning, and one that is removed ends with its objects, again and again', async () => {
  const cluster = await Cluster.start();
  cluster.fake.put(PODS, 'web-1');
  cluster.follow();
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  expect(cluster.open('tiers')).toEqual([]);
  for (const name of ['a', 'b']) {
    cluster.install('tiers', 'projectcalico.org', 'v3');
    cluster.fake.put(TIERS, name);
    await expect.poll(() => cluster.there('tiers'), patient).toEqual([name]);
    const then = await cluster.tick();
    expect(cluster.open('tiers', then)).toEqual([]);
    expect(cluster.open('pods', then)).toEqual([]);

    cluster.remove('tiers', 'projectcalico.org', 'v3');
    await expect.poll(() => cluster.there('tiers'), patient).toEqual([]);
  }
  expect(cluster.there('pods')).toEqual(['web-1']);
});

test('once a kind was there its absence goes on being told: nothing is open of it', async () => {
  const cluster = await Cluster.start();
  cluster.follow();
  await cluster.tick();
  const before = await cluster.tick();
  cluster.install('tiers', 'projectcalico.org', 'v3');
  cluster.fake.put(TIERS, 'a');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  expect(cluster.open('tiers', before)).toEqual([]);
  cluster.remove('tiers', 'projectcalico.org', 'v3');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual([]);
  const end = await cluster.tick();
  cluster.proof.ask(end);
  await expect.poll(() => cluster.open('tiers', end), patient).toEqual([]);
  const last = cluster.marks.filter(({ source }) => source.startsWith('watch/tiers')).at(-1);
  expect(Object.keys(last!.buckets.at(-1)!.counts)).toContain('ignored:not-served');
});

test('what lies between the installation of a kind and its first list is in doubt, and nothing else', async () => {
  const cluster = await Cluster.start();
  cluster.follow();
  await cluster.tick();
  cluster.forbidden.add('tiers');
  cluster.install('tiers', 'projectcalico.org', 'v3');
  await expect.poll(() => cluster.open('tiers').length, patient).toBe(1);
  expect(cluster.open('pods', await cluster.tick())).toEqual([]);
  cluster.fake.put(TIERS, 'a');
  cluster.forbidden.delete('tiers');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  const after = await cluster.tick();
  expect(cluster.open('tiers', after)).toEqual([]);
});

test('a server of some kinds that is away at the start leaves them in doubt until it is back; the others are followed', async () => {
  const cluster = await Cluster.start();
  cluster.serves['projectcalico.org/v3'] = ['tiers', 'networkpolicies'];
  cluster.fake.put(SERVICES, 'v3.projectcalico.org', {
    status: { conditions: [{ type: 'Available', status: 'False' }] },
  });
  cluster.fake.put(PODS, 'web-1');
  cluster.fake.put(TIERS, 'a');
  cluster.away.add('projectcalico.org/v3');
  cluster.follow();
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  await expect.poll(() => cluster.open('tiers').length, patient).toBe(1);
  expect(cluster.open('pods', await cluster.tick())).toEqual([]);
  const { problems } = evidenceFor(cluster.marks, [], { start: 0, end: Date.now() * 1_000 });
  expect(problems.listed.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/watch\/tiers\.projectcalico\.org could not be watched: .*503/),
  );

  cluster.away.clear();
  cluster.fake.put(SERVICES, 'v3.projectcalico.org', {
    status: { conditions: [{ type: 'Available', status: 'True' }] },
  });
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  expect(cluster.open('tiers', await cluster.tick())).toEqual([]);
});

test('a kind that a server of its own served and that went away is in doubt, for nobody tells what became of its objects', async () => {
  const cluster = await Cluster.start();
  cluster.serves['projectcalico.org/v3'] = ['tiers'];
  cluster.fake.put(SERVICES, 'v3.projectcalico.org');
  cluster.fake.put(TIERS, 'a');
  cluster.follow();
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  delete cluster.serves['projectcalico.org/v3'];
  cluster.fake.delete(SERVICES, 'v3.projectcalico.org');
  cluster.fake.endWatches();
  const told = () =>
    evidenceFor(cluster.marks, [], { start: 0, end: Date.now() * 1_000 }).problems.listed.map(
      ({ message }) => message,
    );
  await expect.poll(told, patient).toContainEqual(expect.stringContaining('serves it no more'));
  const later = await cluster.tick();
  expect(cluster.open('tiers')).toHaveLength(1);
  expect(cluster.open('pods', later)).toEqual([]);

  cluster.serves['projectcalico.org/v3'] = ['tiers'];
  cluster.fake.delete(TIERS, 'a');
  cluster.fake.put(TIERS, 'b');
  cluster.fake.put(SERVICES, 'v3.projectcalico.org');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['b']);
  expect(cluster.open('tiers', await cluster.tick())).toEqual([]);
});

test('a restart, under whatever name, goes on where it was: one source without a gap, and nothing in doubt', async () => {
  const cluster = await Cluster.start();
  cluster.fake.put(PODS, 'web-1');
  cluster.follow('pod-1');
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  const begun = await cluster.tick();
  await cluster.stop();
  cluster.fake.put(PODS, 'web-2');
  cluster.install('tiers', 'projectcalico.org', 'v3');
  cluster.fake.put(TIERS, 'a');
  await new Promise((later) => setTimeout(later, 1_500));
  cluster.follow('pod-2');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  const end = await cluster.tick();
  expect(
    new Set(cluster.marks.map(({ source }) => source.replace(/^.*@(pod-\d)-[0-9a-f]{6}$/, '$1'))),
  ).toEqual(new Set(['pod-1']));
  const evidence = evidenceFor(cluster.marks, [], { start: begun, end }, { birth: 0 });
  expect(evidence.sources.find(({ source }) => source.startsWith('watch/pods@pod-1'))).toMatchObject({
    grade: 'proven',
    gaps: [],
  });
  expect(cluster.open('pods', end)).toEqual([]);
  // Another watch's bookmark may be on its way still.
  await expect.poll(() => cluster.open('tiers', end), patient).toEqual([]);
});

describe.each([
  'ran through',
  'was stopped meanwhile',
  'was stopped meanwhile, the counter being past',
] as const)('the store is restored from a backup, and the watch %s', (how) => {
  test('what is gone ends, what came back is there, and of no kind is anything known in between', async () => {
    const cluster = await Cluster.start();
    cluster.serves['networking.k8s.io/v1'] = ['networkpolicies'];
    for (const name of ['stays', 'comes-back']) cluster.fake.put(PODS, name);
    cluster.fake.put('/api/v1/namespaces', 'shop');
    cluster.follow();
    await expect.poll(() => cluster.there('pods').length, patient).toBe(2);
    const restore = cluster.fake.backup();
    cluster.fake.delete(PODS, 'comes-back');
    cluster.fake.put(PODS, 'goes');
    cluster.fake.put(POLICIES, 'deny');
    await expect.poll(() => cluster.there('networkpolicies'), patient).toEqual(['deny']);
    const before = await cluster.tick();
    await cluster.tick();
    if (how !== 'ran through') await cluster.stop();
    restore();
    const then = Date.now() * 1_000;
    for (let i = 0; how.endsWith('past') && i < 20; i++)
      cluster.fake.put('/api/v1/namespaces/shop/secrets', `s${i}`);
    if (how === 'ran through') cluster.fake.endWatches('reset');
    else cluster.follow();
    await expect.poll(() => cluster.there('pods').toSorted(), patient).toEqual(['comes-back', 'stays']);
    await expect.poll(() => cluster.there('networkpolicies'), patient).toEqual([]);
    // Lists of other kinds may end a moment later.
    await cluster.tick();
    const after = await cluster.tick();
    const isServed = ({ group }: { group: string }) => ['', 'networking.k8s.io'].includes(group);
    for (const kind of ['pods', 'networkpolicies', 'namespaces']) {
      const openAt = (at: number) =>
        cluster.open(kind, at).filter(({ about }) => isServed(about as { group: string }));
      expect(openAt(before)).toEqual([]);
      const openThen = openAt(then);
      expect(openThen).toMatchObject([{ reason: 'watch' }]);
      expect(openThen[0]?.sparesSeen).toBeUndefined();
      expect(openAt(after)).toEqual([]);
    }
    const grades = (start: number, end: number) =>
      evidenceFor(cluster.marks, [], { start, end }, { birth: 0 })
        .sources.filter(({ source }) =>
          /^watch\/(pods|namespaces|networkpolicies.networking.k8s.io)@/.test(source),
        )
        .map(({ grade }) => grade);
    expect(grades(before, after)).toEqual(['gaps', 'gaps', 'gaps']);
  }, 60_000);
});

test('a restored store is told by the number of a write that changed nothing that is kept, over a restart too', async () => {
  const cluster = await Cluster.start();
  cluster.fake.put(PODS, 'web-1');
  cluster.follow();
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  const restore = cluster.fake.backup();
  const others = (n: number) => {
    for (let i = 0; i < n; i++) cluster.fake.put('/api/v1/namespaces/shop/secrets', `s${i}`);
  };
  cluster.fake.put(PODS, 'web-1', { status: { phase: 'Running', hostIP: '192.0.2.1' } });
  others(5);
  // The first may be heard by what was written just now.
  await cluster.tick();
  await cluster.tick();
  await cluster.stop();
  restore();
  others(10);
  cluster.follow();
  const isFound = () =>
    cluster.marks.some(
      ({ source, buckets }) =>
        source.startsWith('watch/pods') &&
        buckets.some(({ counts }) => counts['doubtful:another-store'] !== undefined),
    );
  await expect.poll(isFound, patient).toBe(true);
});

test('a kind that came and went while nobody followed is told to have been missed', async () => {
  const cluster = await Cluster.start();
  cluster.follow();
  await cluster.tick();
  await cluster.stop();
  const stopped = Date.now() * 1_000;
  cluster.install('tiers', 'projectcalico.org', 'v3');
  cluster.remove('tiers', 'projectcalico.org', 'v3');
  cluster.follow();
  await expect
    .poll(() => cluster.marks.some(({ source }) => source.startsWith('watch/tiers')), patient)
    .toBe(true);
  const { sources } = evidenceFor(
    cluster.marks,
    [],
    { start: stopped - 2_000_000, end: Date.now() * 1_000 },
    { birth: 0 },
  );
  expect(
    sources.find(({ source }) => source.startsWith('watch/tiers.projectcalico.org@here'))?.gaps,
  ).not.toEqual([]);
});

test('an installation in which nothing happens asks for nothing: there are watches, and what they tell', async () => {
  const cluster = await Cluster.start();
  for (let i = 0; i < 50; i++) cluster.fake.put(PODS, `web-${i}`);
  cluster.follow();
  await expect.poll(() => cluster.fake.watchers, patient).toBe(6);
  await cluster.tick();
  const before = cluster.fake.requests.length;
  await cluster.tick();
  await cluster.tick();
  expect(cluster.fake.requests.slice(before)).toEqual([]);
  expect(cluster.fake.requests.filter((request) => request.includes('watch=true'))).toHaveLength(6);
});

test('proof that a report asks for reaches every kind in seconds, those too that are not there any more', async () => {
  const cluster = await Cluster.start();
  cluster.fake.put(PODS, 'web-1');
  cluster.follow();
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  cluster.install('tiers', 'projectcalico.org', 'v3');
  cluster.fake.put(TIERS, 'a');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual(['a']);
  cluster.remove('tiers', 'projectcalico.org', 'v3');
  await expect.poll(() => cluster.there('tiers'), patient).toEqual([]);
  const end = Date.now() * 1_000;
  cluster.proof.ask(end);
  const heard = () =>
    ['pods', 'namespaces', 'tiers', 'customresourcedefinitions'].filter((kind) =>
      cluster.marks.some(
        ({ source, buckets }) =>
          source.startsWith(`watch/${kind}`) && buckets.some(({ last }) => last >= end),
      ),
    );
  await expect.poll(() => heard().length, patient).toBe(4);
});

test('what plugins are set up by is followed by name, and neither asked of others nor in doubt where it may not be read', async () => {
  const cluster = await Cluster.start();
  cluster.fake.put(PODS, 'web-1');
  cluster.forbidden.add('configmaps');
  cluster.follow();
  await expect.poll(() => cluster.there('pods'), patient).toEqual(['web-1']);
  expect(cluster.open('configmaps')).toEqual([]);
  expect(cluster.open('pods', await cluster.tick())).toEqual([]);
  const { problems } = evidenceFor(cluster.marks, [], { start: 0, end: Date.now() * 1_000 });
  expect(problems.listed).toEqual([]);
  expect(cluster.there('configmaps')).toEqual([]);

  cluster.forbidden.delete('configmaps');
  const put = (policy: string) =>
    cluster.fake.put('/api/v1/namespaces/kube-system/configmaps', 'cilium-config', {
      data: { 'enable-policy': policy, other: 'x' },
    });
  put('default');
  const values = () =>
    cluster.history
      .versions()
      .filter(({ resource }) => resource === 'configmaps')
      .map(({ content }) => content['data']);
  await expect.poll(values, patient).toEqual([{ 'enable-policy': 'default' }]);
  put('never');
  await expect.poll(values, patient).toEqual([{ 'enable-policy': 'default' }, { 'enable-policy': 'never' }]);
  const asked = cluster.fake.requests.filter((request) => request.includes('configmaps'));
  expect(asked.length).toBeGreaterThan(2);
  for (const request of asked)
    expect(decodeURIComponent(request)).toMatch(
      /\/namespaces\/kube-system\/configmaps\?(.*&)?fieldSelector=metadata\.name=(cilium-config|amazon-vpc-cni)(&|$)/,
    );
});
