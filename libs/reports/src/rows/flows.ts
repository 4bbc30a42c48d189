import { compareTexts, type Instant, type Window } from '@margay/ground';
import { printName } from '@margay/policy';
import type { EndpointRow, FlowEndpoint, FlowKind, FlowRow } from '../report.ts';

/** One end of a flow as a flow log names it. */
export interface FlowEnd {
  readonly kind: FlowKind;
  /** Empty where there is none. */
  readonly namespace: string;
  /** Exact, or an aggregation prefix that ends in a star; of host endpoints the node's or their own name. */
  readonly name: string;
}

/** What one flow log says: who talked with whom over `[start, end)`. */
export interface Flow {
  readonly start: Instant;
  readonly end: Instant;
  readonly action: 'allow' | 'deny';
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
}

/**
 * The allowed flows of the window with an end in scope, each pair of ends once, sorted by source and destination as
 * printed. Denied flows are left out: nobody received them.
 */
export function flowRows(
  flows: Iterable<Flow>,
  endpoints: readonly EndpointRow[],
  window: Window,
): FlowRow[] {
  const inScope = new Set(endpoints.flatMap(flowKeys));
  const rows = new Map<string, FlowRow>();
  for (const { start, end, action, source, destination } of flows) {
    // A log that starts and ends at once is about that instant.
    if (action !== 'allow' || start >= window.end || Math.max(end, start + 1) <= window.start) continue;
    if (!inScope.has(flowKey(source)) && !inScope.has(flowKey(destination))) continue;
    const row = { source: flowEndpoint(source), destination: flowEndpoint(destination) };
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

function flowKey({ kind, namespace, name }: FlowEnd): string {
  return `${kind} ${namespace}/${name}`;
}

function flowEndpoint({ kind, namespace, name }: FlowEnd): FlowEndpoint {
  const named = kind !== 'Public' && kind !== 'Private';
  return {
    kind,
    namespace: named ? namespace.toWellFormed() : '',
    name: named ? name.toWellFormed() : '',
    nameIsAggregationPrefix: named && name.endsWith('*'),
  };
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
