import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatInstant, kindOf, SECOND, type Instant } from '@margay/ground';
import {
  changesIn,
  memoryHistory,
  readLine,
  TOLD_AT_ONCE,
  withoutRefuted,
  type Change,
  type Version,
} from '@margay/history';
import { Proof, type WatchableKind } from '@margay/kubernetes';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { silentLog } from '@margay/runtime';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { knownIn } from './known-objects.ts';
import { tellWatched } from './tell-watched.ts';
import { watchKind } from './watch-kind.ts';

/*
 * A cluster of whose Services and Endpoints a log tells, and watches that are away at times. Controllers write Endpoints in fast succession;
 * the API server takes the Endpoints of a Service away with it and logs nothing of that; several API servers answer slower or faster, so
 * that their log has a version before an older one, and long after the watch.
 *
 * The truth is what was done to the store, and when.
 */
const BEGIN: Instant = 1_770_000_000 * SECOND;
const MILLISECOND = SECOND / 1_000;
const NAMES = ['a', 'b'] as const;
const watchable = (resource: string): WatchableKind => ({
  kind: kindOf({ group: '', resource })!,
  resource: { group: '', version: 'v1', resource, namespaced: true },
});
const KINDS = { services: watchable('services'), endpoints: watchable('endpoints') };
type Resource = keyof typeof KINDS;
const RESOURCES: readonly Resource[] = ['services', 'endpoints'];
const SINGULAR = { services: 'Service', endpoints: 'Endpoints' };
const pathOf = (resource: Resource) => `/api/v1/namespaces/shop/${resource}`;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

/** Milliseconds. */
const ASKED_BEFORE_MAX = 300;

const action = fc.record({
  /** Milliseconds since the last one: mostly a burst, at times a long quiet. */
  after: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 500, max: 40_000 })),
  what: fc.constantFrom('service', 'write', 'write', 'write', 'write', 'unwrite', 'unserve', 'away', 'back'),
  name: fc.constantFrom(...NAMES),
  ip: fc.integer({ min: 1, max: 4 }),
  isPatch: fc.boolean(),
  /** Milliseconds from when a request came in to the write of the store, and from there to the answer. */
  before: fc.integer({ min: 0, max: ASKED_BEFORE_MAX }),
  until: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2_500 })),
  /** Whether what happens is told by the watch together with what follows it. */
  isHeld: fc.boolean(),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

interface Truth {
  readonly at: Instant;
  /** The object and its content; empty where there is none. */
  readonly is: string;
}

class Cluster {
  now = BEGIN;
  readonly lines: { readonly at: Instant; readonly text: string }[] = [];
  readonly truth = new Map<string, Truth[]>();
  readonly told: Change[] = [];
  readonly #fake: FakeApiServer;
  readonly #folder = mkdtempSync(join(tmpdir(), 'margay-whole-'));
  readonly #uids = new Map<string, { uid: string; content: object }>();
  readonly #last: Record<Resource, string> = { services: '100', endpoints: '100' };
  readonly #leases: boolean;
  /** When the last write of the Endpoints of a name was answered. */
  readonly #answeredAt = new Map<string, Instant>();
  #events = 0;
  #renewedAt = -Infinity;
  #end: (() => Promise<void>) | undefined;
  /** Fulfilled when the watches have kept all that happened so far. */
  #kept: (() => Promise<void>) | undefined;

  constructor(fake: FakeApiServer, leases: boolean) {
    this.#fake = fake;
    this.#leases = leases;
  }

  get isWatched(): boolean {
    return this.#end !== undefined;
  }

  /** Time goes on; leases are renewed meanwhile. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds * MILLISECOND;
    for (let at = this.#renewedAt + 2 * SECOND; this.#leases && this.#renewedAt < until; at += 2 * SECOND) {
      at = Math.max(at, this.now);
      if (at > until) break;
      this.#renewedAt = at;
      const time = `${formatInstant(at).slice(0, 19)}Z`;
      for (const name of ['one', 'other']) this.#fake.put(LEASES, name, { managedFields: [{ time }] });
    }
    this.now = until;
  }

  has(resource: Resource, name: string): boolean {
    return this.#uids.has(`${resource}/${name}`);
  }

  write(
    resource: Resource,
    name: string,
    content: object,
    how: Pick<Action, 'before' | 'until' | 'isPatch'>,
  ) {
    const isNew = !this.has(resource, name);
    const { metadata } = this.#fake.put(pathOf(resource), name, { ...content });
    this.#last[resource] = metadata.resourceVersion!;
    this.#uids.set(`${resource}/${name}`, { uid: metadata.uid!, content });
    this.#became(resource, name, `${metadata.uid}=${markOf(content)}`);
    this.#log(isNew ? 'create' : how.isPatch ? 'patch' : 'update', resource, name, how, {
      apiVersion: 'v1',
      kind: SINGULAR[resource],
      metadata,
      ...content,
    });
  }

  delete(resource: Resource, name: string, how: Pick<Action, 'before' | 'until'>): void {
    const { uid } = this.#uids.get(`${resource}/${name}`)!;
    this.#remove(resource, name);
    if (resource === 'services' && this.has('endpoints', name)) {
      this.pass(1);
      this.#remove('endpoints', name);
    }
    const details = { name, kind: resource, uid };
    this.#log('delete', resource, name, how, {
      apiVersion: 'v1',
      kind: 'Status',
      metadata: {},
      status: 'Success',
      details,
    });
  }

  #remove(resource: Resource, name: string): void {
    this.#fake.delete(pathOf(resource), name);
    this.#last[resource] = this.#fake.version;
    this.#uids.delete(`${resource}/${name}`);
    this.#became(resource, name, '');
  }

  #became(resource: Resource, name: string, is: string): void {
    const key = `${resource}/${name}`;
    this.truth.set(key, [...(this.truth.get(key) ?? []), { at: this.now, is }]);
  }

  #log(
    verb: string,
    resource: Resource,
    name: string,
    { before, until }: Pick<Action, 'before' | 'until'>,
    responseObject: object,
  ): void {
    const received = this.now - before * MILLISECOND;
    // What was under way when its Service went may have been stored before or after it.
    const written = resource === 'services' ? (this.#answeredAt.get(name) ?? 0) : 0;
    const at = Math.max(this.now + until * MILLISECOND, written) + MILLISECOND;
    if (resource === 'endpoints') this.#answeredAt.set(name, Math.max(at, this.#answeredAt.get(name) ?? 0));
    const text = JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: `audit-${++this.#events}`,
      stage: 'ResponseComplete',
      requestURI: `${pathOf(resource)}${verb === 'create' ? '' : `/${name}`}`,
      verb,
      user: { username: 'system:kube-controller-manager' },
      objectRef: { resource, namespace: 'shop', name, apiVersion: 'v1' },
      responseStatus: { code: verb === 'create' ? 201 : 200 },
      responseObject,
      requestReceivedTimestamp: formatInstant(received),
      stageTimestamp: formatInstant(at),
    });
    this.lines.push({ at, text });
  }

  /** All that the watches were shown has been kept. */
  async heard(): Promise<void> {
    await this.#kept?.();
  }
  async watch(): Promise<void> {
    const client = this.#fake.client();
    const known = knownIn(this.#folder)('here');
    const stop = new AbortController();
    const now = () => this.now;
    const tell = tellWatched('here', async ({ changes }) => void this.told.push(...changes), now);
    const running = RESOURCES.map((resource) => {
      const source = `watch/${resource}`;
      return watchKind(KINDS[resource], {
        client,
        known,
        tell,
        log: silentLog,
        proof: new Proof(),
        now,
        signal: stop.signal,
        resume: known.resume(source),
        onMissing: () => undefined,
      });
    });
    const versionOf = (resource: Resource) =>
      Number(known.resume(`watch/${resource}`)?.position.resourceVersion ?? 0);
    this.#kept = async () => {
      const isKept = () => RESOURCES.every((one) => versionOf(one) >= Number(this.#last[one]));
      await vi.waitUntil(() => this.#fake.watchers >= RESOURCES.length && isKept(), {
        interval: 1,
        timeout: 20_000,
      });
    };
    this.#end = async () => {
      stop.abort();
      await Promise.all(running);
      await vi.waitUntil(() => this.#fake.watchers === 0, { interval: 1, timeout: 20_000 });
      known.close();
      client.close();
    };
    await this.#kept();
  }

  async unwatch(): Promise<void> {
    await this.#end?.();
    this.#end = undefined;
    this.#kept = undefined;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

const service = (ip: number) => ({ spec: { selector: { app: `x${ip}` } } });
const addresses = (ip: number) => ({ subsets: [{ addresses: [{ ip: `x${ip}` }] }] });
/** What of a content tells it from another one. */
const markOf = (content: object): string | undefined => /"x\d"/.exec(JSON.stringify(content))?.[0];

async function play(cluster: Cluster, actions: readonly Action[]): Promise<void> {
  cluster.pass(3_000);
  await cluster.watch();
  for (const one of [...actions, { ...actions.at(-1)!, what: 'back', after: 20_000 }]) {
    const { what, name, after } = one;
    cluster.pass(after);
    if (what === 'away' && cluster.isWatched) {
      await cluster.heard();
      await cluster.unwatch();
    } else if (what === 'back' && !cluster.isWatched) {
      cluster.pass(0);
      await cluster.watch();
    } else if (what === 'service') cluster.write('services', name, service(one.ip), one);
    else if (what === 'write' && cluster.has('services', name))
      cluster.write('endpoints', name, addresses(one.ip), one);
    else if (what === 'unwrite' && cluster.has('endpoints', name)) cluster.delete('endpoints', name, one);
    else if (what === 'unserve' && cluster.has('services', name)) cluster.delete('services', name, one);
    if (cluster.isWatched && !one.isHeld) {
      cluster.pass(20);
      await cluster.heard();
    }
  }
  cluster.pass(3_000);
  await cluster.heard();
  await cluster.unwatch();
}

/** What the log tells, in the order in which requests were answered. */
const logged = ({ lines }: Cluster): Change[] =>
  lines
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ text }, position) => readLine(text, { source: 'audit', position }).flatMap(changesIn));

function versionsOf(changes: readonly Change[]): readonly Version[] {
  const history = memoryHistory();
  history.add(changes);
  // Nothing was missed: all that was told is here.
  return withoutRefuted(history.versions());
}

/** What is said for sure and was not so at that time, nor within what counts as told at once before. */
function untruths({ truth, now }: Cluster, versions: readonly Version[]): string[] {
  const found: string[] = [];
  for (const [key, steps] of truth) {
    const [resource, name] = key.split('/');
    const own = versions.filter((one) => one.resource === resource && one.name === name);
    for (let at = BEGIN; at < now; at += SECOND / 2) {
      const here = own.filter(({ validFrom, validTo = Infinity }) => validFrom <= at && at < validTo);
      if (here.some(({ doubt }) => doubt !== undefined)) continue;
      const may = steps
        .filter((one) => one.at > at - TOLD_AT_ONCE && one.at <= at + ASKED_BEFORE_MAX * MILLISECOND)
        .map(({ is }) => is);
      may.push(steps.findLast((one) => one.at <= at - TOLD_AT_ONCE)?.is ?? '');
      const said = here.map(({ uid, content }) => `${uid}=${markOf(content)}`).join();
      if (!may.includes(said) && found.length < 5)
        found.push(`${key} at ${(at - BEGIN) / SECOND}: ${said || 'none'}, was ${may.join(' or ')}`);
    }
  }
  return found;
}

const doubtsIn = (versions: readonly Version[]): string[] =>
  versions.flatMap(({ resource, name, doubt, validFrom, validTo = Infinity }) =>
    doubt
      ? [`${resource}/${name} ${doubt.reason} ${(validFrom - BEGIN) / SECOND}..${(validTo - BEGIN) / SECOND}`]
      : [],
  );

test('whenever a watch is away, what is said for sure was so, and beside a whole log nothing is open', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 40 }),
      fc.boolean(),
      async (actions, leases) => {
        const fake = await FakeApiServer.start();
        const cluster = new Cluster(fake, leases);
        try {
          await play(cluster, actions);
          expect(untruths(cluster, versionsOf(cluster.told))).toEqual([]);
          const both = versionsOf([...logged(cluster), ...cluster.told]);
          expect(untruths(cluster, both)).toEqual([]);
          expect(doubtsIn(both)).toEqual([]);
        } finally {
          cluster.close();
          await fake.stop();
        }
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
}, 120_000);
