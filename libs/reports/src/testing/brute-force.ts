import type { Instant, Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { Scope } from '@margay/policy';
import { ALWAYS_FLAGS, clusterAt, type EndpointAt, EVER_FLAGS } from './cluster-at.ts';

/** One endpoint in scope, at one instant, until the next at which anything changes. */
export interface Sight {
  readonly from: Instant;
  readonly to: Instant;
  readonly it: EndpointAt;
}

/** Everything seen of the endpoints in scope: at every instant at which anything begins or ends, from nothing. */
export function sights(versions: readonly Version[], window: Window, scope?: Scope): Map<string, Sight[]> {
  const valid = versions.filter(
    ({ validFrom: from, validTo: to = Infinity }) => from < to && from < window.end && window.start < to,
  );
  const instants = [
    window.start,
    ...valid.flatMap(({ validFrom, validTo = Infinity }) => [validFrom, validTo]),
  ];
  const inside = instants.filter((at) => window.start <= at && at < window.end);
  const sorted = [...new Set(inside)].sort((a, b) => a - b);
  const seen = new Map<string, Sight[]>();
  sorted.forEach((from, i) => {
    for (const [name, it] of clusterAt(valid, from, scope)) {
      if (it.inScope)
        seen.set(name, [...(seen.get(name) ?? []), { from, to: sorted[i + 1] ?? window.end, it }]);
    }
  });
  return seen;
}

/** What a report should say of an endpoint: always is every sight of it, ever is any. */
export function bruteForceRow(seen: readonly Sight[]) {
  const all = seen.map(({ it }) => it);
  const flags = [
    ...ALWAYS_FLAGS.map((flag) => [flag, all.every((it) => it.flags[flag])] as const),
    ...EVER_FLAGS.map((flag) => [flag, all.some((it) => it.flags[flag])] as const),
  ];
  const union = (of: (it: EndpointAt) => readonly string[]): string[] => [...new Set(all.flatMap(of))].sort();
  const open = (flag: 'ingressProtected' | 'egressProtected') =>
    joined(seen.filter(({ it }) => !it.flags[flag]));
  return {
    ...Object.fromEntries(flags),
    uids: [...new Set(all.map(({ uid }) => uid))],
    appliedPolicies: union((it) => it.applied),
    services: union((it) => it.services),
    serviceAccount: all.at(-1)?.account,
    flowLogAggregationName: all.at(-1)?.aggregationName,
    inScope: [seen[0]?.from, seen.at(-1)?.to],
    unprotectedIngress: open('ingressProtected'),
    unprotectedEgress: open('egressProtected'),
  };
}

/** Adjacent ones joined. */
function joined(open: readonly Sight[]): [Instant, Instant][] {
  const intervals: [Instant, Instant][] = [];
  for (const { from, to } of open) {
    const last = intervals.at(-1);
    if (last?.[1] === from) last[1] = to;
    else intervals.push([from, to]);
  }
  return intervals;
}
