import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { knownIn, watchCluster } from '@margay/audit-ingestor';
import { doubtsFor, markOf, type CoverageMark, type Read } from '@margay/coverage';
import { SECOND, type Instant, type Window } from '@margay/ground';
import { birthOf, changesIn, memoryHistory, readLine, TOLD_AT_ONCE, type Change } from '@margay/history';
import { KubernetesClient, neededRules, Proof, readKubeconfig, type Connection } from '@margay/kubernetes';
import { computeReport, reportInput } from '@margay/reports';
import { silentLog } from '@margay/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cuttableProxy, type CuttableProxy } from '../testing/cuttable-proxy.ts';
import { provenNow } from '../testing/proven.ts';
import { auditLogs, resource, until } from './cluster.ts';
import { OwnCluster } from './lost/own-cluster.ts';

/**
 * A real API server, and watches that do not hear of it for a while: what they tell late is never said to have been otherwise than it
 * was by this test's own record of what it did, and when.
 */
const NAMESPACE = 'late';
const PODS = resource('pods');
const POLICIES = resource('networking.k8s.io/v1/networkpolicies');
/** Longer with `AWAY_SECONDS`. */
const AWAY_SECONDS = Number(process.env['AWAY_SECONDS'] ?? 20);
const folder = mkdtempSync(join(tmpdir(), 'margay-late-'));
const now = (): Instant => Date.now() * 1_000;

/** It happened after it was asked for, and before it was answered. */
interface Done {
  readonly asked: Instant;
  readonly answered: Instant;
}

async function done(ask: () => Promise<unknown>): Promise<Done> {
  const asked = now();
  await ask();
  return { asked, answered: now() + 1_000 };
}

/** A pod, whether a policy is on it at first, and what was done by which that became otherwise. */
interface Pod {
  readonly name: string;
  readonly isProtected: boolean;
  readonly turns: readonly Done[];
}

/** Whether a policy was on a pod between two instants; both where that changed, or may have. */
function wasProtected({ isProtected, turns }: Pod, from: Instant, to: Instant): boolean[] {
  const bounds = [-Infinity, ...turns.map(({ asked }) => asked)];
  const values = bounds.flatMap((begun, i) => {
    const over = turns[i]?.answered ?? Infinity;
    return begun <= to && over >= from ? [isProtected === (i % 2 === 0)] : [];
  });
  return [...new Set(values)];
}

/** An ingestor's watch through a proxy of its own. */
class Follower {
  readonly changes: Change[] = [];
  readonly marks: CoverageMark[] = [];
  readonly #directory = mkdtempSync(join(folder, 'watch-'));
  readonly #proof = new Proof();
  readonly #connection: Connection;
  readonly proxy: CuttableProxy;
  #stop = new AbortController();
  #running = Promise.resolve();

  constructor(connection: Connection, proxy: CuttableProxy) {
    this.#connection = { ...connection, server: new URL(`https://127.0.0.1:${proxy.port}`) };
    this.proxy = proxy;
  }

  /** Begins, or goes on where it stopped. */
  start(): void {
    this.#stop = new AbortController();
    const client = new KubernetesClient(this.#connection);
    this.#running = watchCluster({
      client,
      openKnown: knownIn(this.#directory),
      watcher: 'here',
      log: silentLog,
      proof: this.#proof,
      signal: this.#stop.signal,
      deliver: async ({ changes, mark }) => {
        this.changes.push(...changes);
        // As stores keep them: of one from the same place the one that says more.
        const known = this.marks.findIndex(
          ({ source, from }) => source === mark.source && from === mark.from,
        );
        this.marks.splice(known === -1 ? this.marks.length : known, 1, mark);
      },
    }).finally(() => client.close());
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** An instant up to which all kinds have proven what they told. */
  proven(): Promise<Instant> {
    const isProven = (window: Window) => doubtsFor(this.marks, window, { birth: 0 }).length === 0;
    return provenNow(this.#proof, isProven, 15);
  }

  /** Makes reports by what it told, and by the lines of the API server's log where it has one beside. */
  reporter(log: readonly string[]): Reporter {
    const history = memoryHistory();
    history.add(this.changes);
    const readings = log.map((line, position) => readLine(line, { source: 'audit', position }));
    const reads = readings.flatMap((all, position): Read[] => all.map((reading) => ({ position, reading })));
    const logged = readings.flat().flatMap(changesIn);
    history.add(logged);
    const birth = birthOf([...this.changes, ...logged]);
    const marks = log.length === 0 ? this.marks : [...this.marks, markOf('audit', 0, log.length, reads)];
    const versions = history.versions();
    const evidence = { versions, policyEvents: [], flows: [], marks, repeats: [], ...(birth && { birth }) };
    const spec = { reportType: 'inventory', endpoints: { namespaces: { names: [NAMESPACE] } } };
    return (window) => computeReport(reportInput({ name: 'r', spec, cluster: '', window }, evidence));
  }
}

type Reporter = (window: Window) => ReturnType<typeof computeReport>;

/** What is said and is not so, of each half second, about the protection of pods. */
function untruths(report: Reporter, { pods, window: { start, end } }: typeof story, late: Instant): string[] {
  const instants = Array.from(
    { length: Math.ceil(((end - start) * 2) / SECOND) },
    (_, i) => start + (i * SECOND) / 2,
  );
  return instants.flatMap((at) => {
    const { endpoints } = report({ start: at, end: at + 1 });
    return pods.flatMap((pod) => {
      const row = endpoints.find(({ endpoint }) => endpoint.endsWith(`/${pod.name})`));
      if (row === undefined) return [`${pod.name} is missing at ${at}`];
      if (row.notKnown.includes('ingressProtected')) return [];
      const isTrue = wasProtected(pod, at - late, at).includes(row.ingressProtected);
      return isTrue
        ? []
        : [`${pod.name} is said to be ${row.ingressProtected ? '' : 'un'}protected at ${at}`];
    });
  });
}

const deny = (app: string) => ({
  metadata: { name: `deny-${app}` },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
});
const pod = (app: string) => ({
  metadata: { name: app, labels: { app } },
  spec: { nodeName: 'node-0', containers: [{ name: 'main', image: 'registry.example/main:1' }] },
});
const inNamespace = { namespace: NAMESPACE };

/** Nodes, pods that run, and policies on two of them. */
async function begin(client: KubernetesClient): Promise<void> {
  await client.create(resource('nodes', false), {
    metadata: { name: 'node-0', annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
  });
  await client.create(resource('namespaces', false), { metadata: { name: NAMESPACE } });
  await until(
    () => client.find(resource('serviceaccounts'), { ...inNamespace, name: 'default' }),
    (found) => found !== undefined,
  );
  for (const app of ['bared', 'relabelled', 'brief']) await client.create(PODS, pod(app), inNamespace);
  for (const app of ['bared', 'relabelled']) await client.create(POLICIES, deny(app), inNamespace);
  await until(
    () => client.listAll(PODS, { ...inNamespace, fieldSelector: 'status.phase=Running' }),
    ({ length }) => length === 3,
  );
}

/** The way of an account that may do what the ingestor needs, but for reading leases. */
async function withoutLeases(client: KubernetesClient, connection: Connection): Promise<Connection> {
  const rbac = (name: string) => resource(`rbac.authorization.k8s.io/v1/${name}`, false);
  const rules = neededRules('ingestor').cluster.map((rule) => ({
    ...rule,
    resources: rule.resources.filter((name) => name !== 'leases'),
  }));
  const metadata = { name: 'without-leases' };
  const account = { kind: 'ServiceAccount', name: 'default', ...inNamespace };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata };
  await client.create(rbac('clusterroles'), {
    metadata,
    rules: rules.filter(({ resources }) => resources.length > 0),
  });
  await client.create(rbac('clusterrolebindings'), { metadata, roleRef, subjects: [account] });
  const token = cluster.kubectl('create', 'token', 'default', '--namespace', NAMESPACE).trim();
  return {
    ...connection,
    signIn: async () => {
      const { tls: { ca } = {} } = (await connection.signIn?.()) ?? {};
      return { headers: { authorization: `Bearer ${token}` }, tls: { ...(ca !== undefined && { ca }) } };
    },
  };
}

const WAYS = {
  'its connections are cut': { away: async ({ proxy }) => proxy.cut(), back: ({ proxy }) => proxy.mend() },
  'its connections hang': { away: async ({ proxy }) => proxy.hang(), back: ({ proxy }) => proxy.mend() },
  'it is ended and begun again': { away: (one) => one.end(), back: (one) => one.start() },
  'it may not read leases, and is begun again': { away: (one) => one.end(), back: (one) => one.start() },
} satisfies Record<
  string,
  { readonly away: (one: Follower) => Promise<void>; readonly back: (one: Follower) => void }
>;
type Way = keyof typeof WAYS;

let cluster: OwnCluster;
let story: {
  readonly followers: ReadonlyMap<Way, Follower>;
  readonly pods: readonly Pod[];
  readonly window: Window;
  readonly log: readonly string[];
};

/** All watches are away at the same time, in which a policy is deleted, a pod relabelled, and a policy made and deleted. */
async function play(): Promise<typeof story> {
  const client = cluster.clients[0]!;
  await begin(client);
  const { kubeconfig } = cluster;
  const connection = readKubeconfig(readFileSync(kubeconfig, 'utf8'), kubeconfig, 'server-0');
  const blind = await withoutLeases(client, connection);
  const { hostname, port } = connection.server;
  const followers = new Map<Way, Follower>();
  for (const way of Object.keys(WAYS) as Way[]) {
    const own = way.startsWith('it may not') ? blind : connection;
    followers.set(way, new Follower(own, await cuttableProxy(hostname, Number(port))));
  }
  const all = [...followers];
  for (const [, one] of all) one.start();
  const start = Math.max(...(await Promise.all(all.map(([, one]) => one.proven()))));
  await sleep(2_000);
  await Promise.all(all.map(([way, one]) => WAYS[way].away(one)));
  await sleep(AWAY_SECONDS * 350);
  const bared = await done(() => client.delete(POLICIES, { ...inNamespace, name: 'deny-bared' }));
  const labels = { app: 'other' };
  const relabelled = await done(() =>
    client.patch(PODS, { ...inNamespace, name: 'relabelled' }, { metadata: { labels } }),
  );
  const made = await done(() => client.create(POLICIES, deny('brief'), inNamespace));
  await sleep(AWAY_SECONDS * 300);
  const unmade = await done(() => client.delete(POLICIES, { ...inNamespace, name: 'deny-brief' }));
  await sleep(AWAY_SECONDS * 350);
  for (const [way, one] of all) WAYS[way].back(one);

  const end = Math.min(...(await Promise.all(all.map(([, one]) => one.proven()))));
  await Promise.all(all.map(([, one]) => one.end()));
  return {
    followers,
    pods: [
      { name: 'bared', isProtected: true, turns: [bared] },
      { name: 'relabelled', isProtected: true, turns: [relabelled] },
      { name: 'brief', isProtected: false, turns: [made, unmade] },
    ],
    window: { start, end },
    log: readFileSync(cluster.auditLogs[0]!, 'utf8').trimEnd().split('\n'),
  };
}

// Where the cluster of all tests was assembled, another one can be.
describe.runIf(auditLogs().length > 0)('what a watch tells late, since', () => {
  beforeAll(async () => {
    cluster = await OwnCluster.start(folder, { MARGAY_LEADER_ELECTION: 'true' });
    story = await play();
  }, 400_000);
  afterAll(() => {
    for (const client of cluster.clients) client.close();
    for (const { proxy } of story.followers.values()) proxy.close();
    rmSync(folder, { recursive: true });
  });

  test.each(Object.keys(WAYS) as Way[])('%s, is dated by what it may read', (way) => {
    const report = story.followers.get(way)!.reporter([]);
    const { evidence } = report(story.window);
    // Leases of those who lead date all of it; what may read none of them leaves what it was told late open.
    const isDated = !way.startsWith('it may not');
    const reasons = new Set(evidence.doubts.listed.map(({ reason }) => reason));
    expect(reasons).toEqual(new Set(isDated ? [] : ['told-late']));
    expect(evidence.sources?.complete).toBe(isDated);
    const before = story.pods[0]!.turns[0]!.asked - SECOND;
    const [bared] = report({ start: before, end: before + 1 }).endpoints;
    expect(bared).toMatchObject({ endpoint: `Pod.v1(${NAMESPACE}/bared)`, ingressProtected: isDated });
    expect(bared?.notKnown).toEqual(isDated ? [] : expect.arrayContaining(['ingressProtected']));
    expect(untruths(report, story, TOLD_AT_ONCE)).toEqual([]);
  });

  test.each(Object.keys(WAYS) as Way[])('%s, is settled by the log of the API server', (way) => {
    const report = story.followers.get(way)!.reporter(story.log);
    const { endpoints, evidence } = report(story.window);
    expect(evidence.doubts.listed).toEqual([]);
    expect(evidence.sources?.complete).toBe(true);
    expect(endpoints.flatMap(({ notKnown }) => notKnown)).toEqual([]);
    expect(untruths(report, story, 0)).toEqual([]);
  });
});
