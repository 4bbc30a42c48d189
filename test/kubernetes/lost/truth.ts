import type { Window } from '@margay/ground';
import type { ApiResource, KubernetesClient } from '@margay/kubernetes';
import { resource } from '../cluster.ts';

type ApiObject = Awaited<ReturnType<KubernetesClient['get']>>;

/** What decides about endpoints and the policies on them here. */
export const WATCHED: readonly ApiResource[] = [
  resource('namespaces', false),
  resource('pods'),
  resource('networking.k8s.io/v1/networkpolicies'),
  resource('policy.networking.k8s.io/v1alpha1/adminnetworkpolicies', false),
];

/** One state of one object; without an object it is gone. */
export interface Seen {
  /** Counts the restores of the store, since each counts revisions anew. */
  readonly epoch: number;
  readonly revision: number;
  /** When it was told, in microseconds. */
  readonly at: number;
  readonly key: string;
  readonly object: ApiObject | undefined;
}

/** All that is listed is taken as seen at once, before all that is watched. */
const LISTED = 0;

/** The flags of a row of network-access, as the objects themselves say. */
export type Flags = Readonly<Record<string, boolean>>;

/** All that ever was in the store, told by a watch through an API server to which nothing happens: what logs are held against. */
export class Truth {
  readonly #client: KubernetesClient;
  readonly #seen: Seen[] = [];
  readonly #present = new Map<string, ApiObject>();
  #epoch = 0;
  #stop = new AbortController();
  #running: Promise<void>[] = [];
  #toldAt = 0;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  /** Lists everything, and watches from there on. What was there before and is not listed is gone. */
  async begin(): Promise<void> {
    this.#stop = new AbortController();
    for (const kind of WATCHED) this.#running.push(this.#follow(kind, await this.#list(kind)));
  }

  /** @returns the version from which on a watch goes on. */
  async #list(kind: ApiResource): Promise<string> {
    const left = new Set([...this.#present.keys()].filter((key) => key.startsWith(`${kind.resource} `)));
    let from = '';
    for await (const page of this.#client.list(kind)) {
      from = page.resourceVersion;
      for (const object of page.items) {
        left.delete(keyOf(kind, object));
        this.#put({ key: keyOf(kind, object), object, revision: LISTED });
      }
    }
    for (const key of left) this.#put({ key, object: undefined, revision: LISTED });
    return from;
  }

  async #follow(kind: ApiResource, listed: string): Promise<void> {
    const { signal } = this.#stop;
    let isTold = false;
    for (let from = listed; ;) {
      try {
        for await (const { type, object } of this.#client.watch(kind, { resourceVersion: from, signal })) {
          isTold = true;
          if (type !== 'BOOKMARK') this.#note(kind, object, type);
        }
        throw new Error('it ended by itself');
      } catch (error) {
        if (signal.aborted) return;
        // What an API server remembers of a kind that was just defined may begin after the list that it answered from its store.
        if (isTold || (error as { code?: number }).code !== 410)
          throw new Error(`The watch of ${kind.resource} broke`, { cause: error });
        from = await this.#list(kind);
      }
    }
  }

  #note(kind: ApiResource, object: ApiObject, type: string): void {
    const key = keyOf(kind, object);
    const revision = Number(object.metadata.resourceVersion);
    this.#put({ key, revision, object: type === 'DELETED' ? undefined : object });
  }

  #put(seen: Pick<Seen, 'key' | 'revision' | 'object'>): void {
    this.#toldAt = Date.now();
    this.#seen.push({ ...seen, epoch: this.#epoch, at: Date.now() * 1_000 });
    if (seen.object === undefined) this.#present.delete(seen.key);
    else this.#present.set(seen.key, seen.object);
  }

  /** All that was seen, as it came. */
  get seen(): readonly Seen[] {
    return this.#seen;
  }

  /** How long nothing has happened, in milliseconds. */
  get quietFor(): number {
    return Date.now() - this.#toldAt;
  }

  /** Stops watching. The store is about to be restored: what comes then is of another epoch. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#running = [];
    this.#epoch++;
  }

  present(resourceName: string): ApiObject[] {
    return [...this.#present].flatMap(([key, object]) =>
      key.startsWith(`${resourceName} `) ? [object] : [],
    );
  }

  rows(window: Window): Map<string, Flags> {
    return rowsIn(this.#seen, window);
  }
}

/** The flags of every endpoint and every namespace with endpoints in the window, by printed name. */
export function rowsIn(seen: readonly Seen[], { start, end }: Window): Map<string, Flags> {
  const state = new Map<string, ApiObject>();
  const rows = new Map<string, Flags>();
  const inOrder = seen
    .filter(({ at }) => at < end)
    .sort((a, b) => a.epoch - b.epoch || a.revision - b.revision);
  const later = inOrder.findIndex(({ at }) => at >= start);
  for (const [i, { key, object, epoch, revision }] of inOrder.entries()) {
    if (i === later) judge(state, rows);
    if (object === undefined) state.delete(key);
    else state.set(key, object);
    const next = inOrder[i + 1];
    const isWhole = next === undefined || next.epoch !== epoch || next.revision !== revision;
    if (isWhole && (later === -1 ? next === undefined : i >= later)) judge(state, rows);
  }
  return rows;
}

const keyOf = ({ resource }: ApiResource, { metadata: { namespace = '', name } }: ApiObject): string =>
  `${resource} ${namespace}/${name}`;

const ALWAYS = ['ingressProtected', 'egressProtected'];

/** Adds what is so now of every endpoint, and of its namespace, to what was. */
function judge(state: ReadonlyMap<string, ApiObject>, rows: Map<string, Flags>): void {
  const of = (resource: string) =>
    [...state].flatMap(([key, object]) => (key.startsWith(`${resource} `) ? [object] : []));
  const policies = of('networkpolicies');
  const wide = of('adminnetworkpolicies');
  for (const pod of of('pods')) {
    if (!isEndpoint(pod)) continue;
    const { name, namespace = '' } = pod.metadata;
    const space = state.get(`namespaces /${namespace}`);
    const applied = [
      ...policies.filter(
        (policy) =>
          policy.metadata.namespace === namespace && holds(pod, matchOf(policy.spec, 'podSelector')),
      ),
      ...wide.filter(
        (policy) =>
          space !== undefined && holds(space, matchOf(fieldsOf(policy.spec)['subject'], 'namespaces')),
      ),
    ].map(({ spec }) => flagsOf(fieldsOf(spec)));
    const now: Record<string, boolean> = {};
    for (const flag of Object.keys(NOTHING)) now[flag] = applied.some((flags) => flags[flag] === true);
    for (const row of [`Pod.v1(${namespace}/${name})`, `Namespace.v1(${namespace})`]) {
      const was = rows.get(row);
      rows.set(row, was === undefined ? now : joined(was, now));
    }
  }
}

/** What a policy gives to whom it selects, by docs/policy-decisions.md, of what the writers write. */
function flagsOf({ policyTypes = ['Ingress'], ingress, egress }: Fields): Flags {
  const flags: Record<string, boolean> = {};
  for (const [type, given, peersOf] of [
    ['Ingress', ingress, 'from'],
    ['Egress', egress, 'to'],
  ] as const) {
    if (!(policyTypes as string[]).includes(type)) continue;
    const direction = type.toLowerCase();
    const way = type === 'Ingress' ? 'ingressFrom' : 'egressTo';
    flags[`${direction}Protected`] = true;
    for (const rule of (given ?? []) as Fields[]) {
      const peers = (rule[peersOf] ?? [{ ipBlock: {}, namespaceSelector: {} }]) as Fields[];
      for (const peer of peers) {
        if ('ipBlock' in peer) flags[`${way}Internet`] = true;
        if ('namespaceSelector' in peer || 'namespaces' in peer) flags[`${way}OtherNamespace`] = true;
      }
    }
  }
  return flags;
}

const NOTHING: Flags = {
  ingressProtected: false,
  egressProtected: false,
  ingressFromInternet: false,
  egressToInternet: false,
  ingressFromOtherNamespace: false,
  egressToOtherNamespace: false,
};

const joined = (a: Flags, b: Flags): Flags =>
  Object.fromEntries(
    Object.keys(NOTHING).map((flag) => [
      flag,
      ALWAYS.includes(flag) ? a[flag]! && b[flag]! : a[flag]! || b[flag]!,
    ]),
  );

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;
const matchOf = (of: unknown, selector: string): Fields =>
  fieldsOf(fieldsOf(fieldsOf(of)[selector])['matchLabels']);

const holds = ({ metadata: { labels = {} } }: ApiObject, match: Fields): boolean =>
  Object.entries(match).every(([label, value]) => labels[label] === value);

function isEndpoint({ spec, status }: ApiObject): boolean {
  const { nodeName, hostNetwork } = fieldsOf(spec);
  const { podIP, phase } = fieldsOf(status);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  return Boolean(nodeName) && Boolean(podIP) && hostNetwork !== true && !isOver;
}
