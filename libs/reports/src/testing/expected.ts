import { formatInstant, keyText, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { Scope } from '@margay/policy';
import type { EndpointRow } from '../index.ts';
import { bruteForceRow, sights } from './brute-force.ts';

/** What a row leaves open where all is known. */
const NOTHING_OPEN = {
  possiblePolicies: [],
  possibleServices: [],
  notKnownIngress: { intervals: [], more: 0 },
  notKnownEgress: { intervals: [], more: 0 },
  notKnownInScope: { intervals: [], more: 0 },
  notKnown: [],
  doubts: [],
};

/** The endpoint rows that a report should have, by brute force. */
export function expectedRows(versions: readonly Version[], window: Window, scope?: Scope) {
  return [...sights(versions, window, scope)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([endpoint, seen]) => {
      const { inScope, unprotectedIngress, unprotectedEgress, ...row } = bruteForceRow(seen);
      return {
        endpoint,
        ...row,
        inScope: inScope.map((at) => formatInstant(at ?? NaN)),
        unprotectedIngress: unprotectedIngress.map((interval) => interval.map(formatInstant)),
        unprotectedEgress: unprotectedEgress.map((interval) => interval.map(formatInstant)),
        ...NOTHING_OPEN,
      };
    });
}

/** An endpoint row of a report in the words of `expectedRows`. */
export function comparable({ kind: _kind, namespace: _namespace, name: _name, ...row }: EndpointRow) {
  const { inScopeFrom, inScopeTo, unprotectedIngress, unprotectedEgress, ...rest } = row;
  const times = ({ intervals }: EndpointRow['unprotectedIngress']) =>
    intervals.map(({ from, to }) => [from, to]);
  return {
    ...rest,
    inScope: [inScopeFrom, inScopeTo],
    unprotectedIngress: times(unprotectedIngress),
    unprotectedEgress: times(unprotectedEgress),
  };
}

/** Key texts of the policies that a scoped audit should be about, by brute force. */
export function expectedPolicies(versions: readonly Version[], window: Window, scope: Scope): Set<string> {
  const selecting = (during: Window): string[] =>
    [...sights(versions, during, scope).values()].flat().flatMap(({ it }) => it.selectedBy);
  const before = selecting({ start: window.start - 1, end: window.start });
  const ended = versions.filter(({ validTo }) => validTo === window.start).map(keyText);
  return new Set([...selecting(window), ...before.filter((text) => ended.includes(text))]);
}
