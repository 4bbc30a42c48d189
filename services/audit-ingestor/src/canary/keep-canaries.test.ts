import { canaryOfManager } from '@margay/ground';
import type { Canary, CoverageMark } from '@margay/coverage';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SourcesHealth, SOURCE_SILENT } from '../health/sources-health.ts';
import { CANARY_WATCH, keepCanaries } from './keep-canaries.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/margay/leases';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const INTERVAL = 60;

/** A cluster with API servers over one storage, and a writer of canaries. */
class Cluster {
  readonly fake: FakeApiServer;
  readonly servers: readonly string[];
  readonly canaries: Canary[] = [];
  readonly said: { message: string; fields: Record<string, unknown> }[] = [];
  readonly health: SourcesHealth;
  /** Requests of canaries. */
  readonly asked: { server: string; sequence: number }[] = [];
  /** API servers that were asked for their counters. */
  readonly metricsAsked: string[] = [];
  /** What else happens to a request. */
  fault: (
    method: string,
    path: string,
    server: string,
  ) => { code: number; body?: object; text?: string } | undefined = () => undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(fake: FakeApiServer, servers: readonly string[]) {
    this.fake = fake;
    this.servers = servers;
    const log: Log = {
      ...silentLog,
      warn: (message, fields = {}) => void this.said.push({ message, fields }),
    };
    const readiness = { add: () => undefined, describe: () => undefined } as never;
    this.health = new SourcesHealth(readiness, openMetrics({ defaults: false }), log, { cluster: 'c' });
    fake.fault = (request, { pathname, searchParams }) => {
      const server = request.headers.host ?? '';
      const canary = canaryOfManager(searchParams.get('fieldManager') ?? '');
      if (canary) this.asked.push({ server, sequence: canary.sequence });
      if (pathname === '/metrics') this.metricsAsked.push(server);
      return this.fault(request.method ?? '', pathname, server);
    };
  }

  static async start(): Promise<Cluster> {
    const fake = await FakeApiServer.start();
    const servers = [fake.url.host, await fake.another()].sort();
    for (const [i, server] of servers.entries()) {
      const [address, port] = server.split(':');
      fake.put(SLICES, `kubernetes-${i}`, {
        endpoints: [{ addresses: [address] }],
        ports: [{ name: 'https', port: Number(port) }],
      });
    }
    const cluster = new Cluster(fake, servers);
    onTestFinished(async () => {
      await cluster.stop();
      await fake.stop();
    });
    return cluster;
  }

  write(holder = 'here', intervalMilliseconds = INTERVAL): this {
    const signal = (this.#stop = new AbortController()).signal;
    this.#running = keepCanaries({
      cluster: 'c',
      connection: { server: this.fake.url, namespace: 'margay' },
      intervalMilliseconds,
      holder,
      health: this.health,
      log: this.#log,
      metrics: openMetrics({ defaults: false }),
      deliver: async ({ canaries = [] }: CoverageMark) => void this.canaries.push(...canaries),
      signal,
    });
    return this;
  }

  get #log(): Log {
    return { ...silentLog, warn: (message, fields = {}) => void this.said.push({ message, fields }) };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  of(server: string, state: Canary['state'] = 'written'): Canary[] {
    return this.canaries.filter((canary) => canary.server === server && canary.state === state);
  }

  /** Waits until there are so many of an API server. */
  async until(server: string, count: number, state: Canary['state'] = 'written'): Promise<Canary[]> {
    await vi.waitUntil(() => this.of(server, state).length >= count, 30_000);
    return this.of(server, state);
  }

  /** What a watch tells comes beside the canaries. */
  async untilSaid(message: string): Promise<void> {
    await vi.waitUntil(() => this.said.some((said) => said.message === message), 30_000);
  }
}

const sequences = (canaries: readonly Canary[]) => canaries.map(({ sequence }) => sequence);

test('each round writes one canary through each API server, with the next number', async () => {
  const cluster = (await Cluster.start()).write();
  for (const server of cluster.servers) {
    const written = (await cluster.until(server, 3)).slice(0, 3);
    expect(sequences(written)).toEqual([1, 2, 3]);
    expect(new Set(written.map(({ servers, writer }) => `${servers} ${writer.length > 0}`))).toEqual(
      new Set(['2 true']),
    );
  }
  expect(cluster.said).toEqual([]);
});

test('never more than one in an interval and API server, however long it runs', async () => {
  const begun = performance.now();
  const cluster = (await Cluster.start()).write();
  for (const server of cluster.servers) {
    await cluster.until(server, 8);
    const most = Math.floor((performance.now() - begun) / INTERVAL) + 1;
    expect(cluster.asked.filter((one) => one.server === server).length).toBeLessThanOrEqual(most);
  }
});

test('numbers go on after a restart, and another instance waits while one writes', async () => {
  const cluster = (await Cluster.start()).write();
  const [server = ''] = cluster.servers;
  await cluster.until(server, 2);
  await cluster.stop();
  const before = cluster.of(server).length;
  cluster.write();
  expect(sequences(await cluster.until(server, before + 2))).toEqual(
    Array.from({ length: cluster.of(server).length }, (_, i) => i + 1),
  );
  expect(new Set(cluster.of(server).map(({ writer }) => writer)).size).toBe(1);
});

test('a watch of the object sees each of them', async () => {
  const cluster = (await Cluster.start()).write();
  await cluster.until(cluster.servers[1]!, 4);
  const looks = cluster.health.known.look(Date.now());
  const watch = looks.find(({ source }) => source === CANARY_WATCH);
  expect(watch?.canaries.map(({ server }) => server)).toEqual(cluster.servers);
  expect(watch?.canaries.every(({ roundTrip = Infinity }) => roundTrip < 1_000)).toBe(true);
});

test('an object that somebody deletes is made again, is another writer’s, and it is said', async () => {
  const cluster = (await Cluster.start()).write();
  const [server = ''] = cluster.servers;
  await cluster.until(server, 2);
  cluster.fake.delete(LEASES, 'margay-canary');
  await vi.waitFor(
    () => expect(new Set(cluster.of(server).map(({ writer }) => writer)).size).toBe(2),
    30_000,
  );
  await cluster.untilSaid('Somebody deleted the object of canaries: it is made again');
});

test.each<[what: string, change: object]>([
  ['the canary itself', { annotations: { 'margay.io/canary': 'mine' } }],
  ['who holds it, as another Margay would', { spec: { holderIdentity: 'someone' } }],
])('an object of which somebody changes %s is said, and canaries go on', async (_, change) => {
  const cluster = (await Cluster.start()).write();
  const [server = ''] = cluster.servers;
  const { length } = await cluster.until(server, 2);
  const lease = await cluster.fake
    .client()
    .get(
      { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespaced: true },
      { namespace: 'margay', name: 'margay-canary' },
    );
  const { annotations } = lease.metadata;
  cluster.fake.put(LEASES, 'margay-canary', { ...lease, annotations, ...change });
  await cluster.until(server, length + 2);
  await cluster.untilSaid('Somebody wrote into the object of canaries: that write proves nothing');
});

test.each([
  ['a namespace that forbids it', 'POST', { code: 403 }, /told to/],
  [
    'an admission webhook that rejects it',
    'PATCH',
    { code: 400, body: { kind: 'Status', message: 'admission webhook "x" denied the request' } },
    /denied the request/,
  ],
  ['no right to write it', 'PATCH', { code: 403 }, /403/],
  [
    'an API server that answers what is no JSON of it',
    'PATCH',
    { code: 200, body: { metadata: { name: 'margay-canary', uid: 'uid-3' } } },
    /old state/,
  ],
] as const)('%s: nothing counts as written, and it is said why', async (_, method, answer, why) => {
  const cluster = await Cluster.start();
  cluster.fault = (asked, path) => (asked === method && path.includes('leases') ? answer : undefined);
  cluster.write();
  const [server = ''] = cluster.servers;
  const failed = await cluster.until(server, 2, 'failed');
  expect(failed[0]?.message).toMatch(why);
  expect(cluster.of(server)).toEqual([]);
  expect(cluster.health.known.notWritten.get(server)).toMatch(why);
  expect(cluster.said.filter(({ message }) => message === 'A canary was not written')).toHaveLength(1);
});

test('one API server that is away does not stop the others', async () => {
  const cluster = await Cluster.start();
  const [there = '', away = ''] = cluster.servers;
  cluster.fault = (method, _, server) => (server === away && method === 'PATCH' ? { code: 503 } : undefined);
  cluster.write();
  await cluster.until(away, 2, 'failed');
  expect(sequences((await cluster.until(there, 3)).slice(0, 3))).toEqual([1, 2, 3]);
});

test('an API server that answers an old state when it is begun is not believed', async () => {
  const cluster = (await Cluster.start()).write();
  const [server = ''] = cluster.servers;
  await cluster.until(server, 2);
  await cluster.stop();
  const path = { namespace: 'margay', name: 'margay-canary' };
  const old = await cluster.fake
    .client()
    .get({ group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespaced: true }, path);
  cluster.write();
  await cluster.until(server, 5);
  await cluster.stop();
  const last = cluster.of(server).at(-1)!.sequence;
  let isOld = true;
  cluster.fault = (method, asked) =>
    isOld && method === 'GET' && asked.endsWith('/margay-canary') ? { code: 200, body: old } : undefined;
  cluster.write();
  await cluster.until(server, 1, 'failed');
  isOld = false;
  const { length } = cluster.of(server);
  await cluster.until(server, length + 2);
  const numbers = sequences(cluster.of(server));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.slice(length).every((number) => number > last)).toBe(true);
});

test('API servers that come and go are followed', async () => {
  const cluster = await Cluster.start();
  const [first = '', second = ''] = cluster.servers;
  cluster.write();
  await cluster.until(second, 1);
  cluster.fake.delete(SLICES, 'kubernetes-1');
  await vi.waitFor(() => expect(cluster.of(first).at(-1)?.servers).toBe(1), 30_000);
  const { length } = cluster.of(second);
  await cluster.until(first, cluster.of(first).length + 2);
  expect(cluster.of(second)).toHaveLength(length);
});

test('an API server that counts events which it could not hand on says so in a mark', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const cluster = await Cluster.start();
  let errors = 2;
  cluster.fault = (_, path) =>
    path === '/metrics'
      ? {
          code: 200,
          text: `# HELP x\napiserver_audit_error_total{plugin="log"} ${errors}\napiserver_audit_event_total 100\n`,
        }
      : undefined;
  cluster.write();
  const [server = ''] = cluster.servers;
  const later = () => void vi.setSystemTime(Date.now() + 6 * 60_000);
  const looks = () => cluster.metricsAsked.filter((one) => one === server).length;
  await cluster.until(server, 1);
  later();
  await vi.waitUntil(() => looks() === 1, 30_000);
  errors = 5;
  later();
  const [lost] = await cluster.until(server, 1, 'lost');
  expect(lost?.message).toMatch(
    /could not hand on 3 audit events between .* \(apiserver_audit_error_total, log: 3\)/,
  );
  expect(lost!.at - lost!.since!).toBeGreaterThanOrEqual(5 * 60_000_000);
});

test.each([
  ['are readable', { code: 200, text: 'apiserver_audit_event_total 100\n' }],
  ['are refused', { code: 403 }],
])('an API server whose counters %s gets no more requests than one an interval', async (_, answer) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const cluster = await Cluster.start();
  cluster.fault = (_, path) => (path === '/metrics' ? answer : undefined);
  const begun = performance.now();
  cluster.write();
  const [server = ''] = cluster.servers;
  const requests = () =>
    [...cluster.asked.map((one) => one.server), ...cluster.metricsAsked].filter((one) => one === server)
      .length;
  for (let looks = 1; looks <= 4; looks++) {
    await cluster.until(server, cluster.of(server).length + 1);
    vi.setSystemTime(Date.now() + 61 * 60_000);
    await vi.waitUntil(() => cluster.metricsAsked.filter((one) => one === server).length === looks, 30_000);
  }
  await cluster.until(server, cluster.of(server).length + 1);
  expect(requests()).toBeLessThanOrEqual(Math.floor((performance.now() - begun) / INTERVAL) + 1);
  expect(sequences(cluster.of(server))).toEqual(cluster.of(server).map((__, i) => i + 1));
});

test('without anything that delivers it, only the watch has canaries, and nothing is silent', async () => {
  const cluster = (await Cluster.start()).write();
  await cluster.until(cluster.servers[0]!, 4);
  expect(cluster.said.filter(({ message }) => message === SOURCE_SILENT)).toEqual([]);
});
