import type { Contact, FlowEnd } from '@margay/flows';
import { compareTexts, type Window } from '@margay/ground';
import { printName } from '@margay/policy';
import type { EndpointRow, FlowEndpoint, FlowRow } from '../report.ts';

/**
 * The allowed contacts of the window with an end in scope, each pair of ends once, sorted by source and destination as
 * printed. Denied ones are left out: nobody received anything.
 */
export function flowRows(
  contacts: Iterable<Contact>,
  endpoints: readonly EndpointRow[],
  window: Window,
): FlowRow[] {
  const inScope = new Set(endpoints.flatMap(flowKeys));
  const rows = new Map<string, FlowRow>();
  for (const { startAt, endAt, action, source, destination } of contacts) {
    // What starts and ends at once is about that instant.
    if (action !== 'allow' || startAt >= window.end || Math.max(endAt, startAt + 1) <= window.start) continue;
    const row = { source: flowEndpoint(source), destination: flowEndpoint(destination) };
    if (!inScope.has(flowKey(row.source)) && !inScope.has(flowKey(row.destination))) continue;
    rows.set(`${printPeer(row.source)} ${printPeer(row.destination)}`, row);
  }
  return [...rows].sort(([a], [b]) => compareTexts(a, b)).map(([, row]) => row);
}

/** A flow's end as printed: `Pod.v1(shop/web-1)`, `HostEndpoint(node-1)`, `NetworkSet(shop/partners)`, `Public`. */
export function printPeer({ kind, namespace, name }: FlowEndpoint): string {
  if (kind === 'Public' || kind === 'Private') return kind;
  return printName({ kind, apiVersion: kind === 'Pod' ? 'v1' : 'projectcalico.org/v3', namespace, name });
}

/** Who sent to, and who received from, each endpoint: peers as printed, each once, sorted. */
export class FlowPeers {
  readonly #senders = new Map<string, Set<string>>();
  readonly #receivers = new Map<string, Set<string>>();

  constructor(flows: readonly FlowRow[]) {
    for (const { source, destination } of flows) {
      add(this.#senders, flowKey(destination), printPeer(source));
      add(this.#receivers, flowKey(source), printPeer(destination));
    }
  }

  sendersTo(endpoint: EndpointRow): string[] {
    return peers(this.#senders, endpoint);
  }

  receiversFrom(endpoint: EndpointRow): string[] {
    return peers(this.#receivers, endpoint);
  }
}

/** The names under which flow logs may have an endpoint: aggregated, and exact. */
function flowKeys({ kind, namespace, name, flowLogAggregationName }: EndpointRow): string[] {
  const names = flowLogAggregationName === '' ? [name] : [flowLogAggregationName, name];
  return names.map((each) => flowKey({ kind, namespace, name: each }));
}

function flowKey({ kind, namespace, name }: Pick<FlowEndpoint, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** An end as reports list it. Addresses outside the cluster are `pub`, or `pvt` where they are of a private network. */
function flowEndpoint({ type, namespace, name, nameIsPrefix }: FlowEnd): FlowEndpoint {
  const named = { namespace, name, nameIsAggregationPrefix: nameIsPrefix };
  switch (type) {
    case 'pod':
      return { kind: 'Pod', ...named };
    case 'hostEndpoint':
      return { kind: 'HostEndpoint', ...named, namespace: '' };
    case 'networkSet':
      return { kind: namespace === '' ? 'GlobalNetworkSet' : 'NetworkSet', ...named };
    case 'network':
      return {
        kind: name === 'pvt' ? 'Private' : 'Public',
        namespace: '',
        name: '',
        nameIsAggregationPrefix: false,
      };
  }
}

function add(map: Map<string, Set<string>>, key: string, peer: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([peer]));
  else known.add(peer);
}

function peers(map: ReadonlyMap<string, ReadonlySet<string>>, endpoint: EndpointRow): string[] {
  const found = new Set(flowKeys(endpoint).flatMap((key) => [...(map.get(key) ?? [])]));
  return [...found].sort(compareTexts);
}
