import { type Instant, MINUTE, resourcesOf, sortedOnce, type Window } from '@margay/ground';
import type { PolicyEvent } from '@margay/history';
import type { GlobalReport } from './global-report.ts';
import { reportType } from './report-types.ts';
import { receivedAt } from './rows/acts.ts';

/**
 * The time whose audit events tell of the acts of a window: one act may be several events, and an API server gives up a write
 * after a minute.
 */
export const auditWindow = ({ start, end }: Window): Window => ({ start: start - MINUTE, end: end + MINUTE });

/**
 * The resources whose audit events a report is computed from; undefined for those of all.
 *
 * @throws RangeError for an unknown report type.
 */
export function auditedResources({
  spec,
  typeSpec,
}: Pick<GlobalReport, 'spec' | 'typeSpec'>): readonly string[] | undefined {
  const { auditEventsSelection, includeProtectionChanges } = typeSpec ?? reportType(spec.reportType).spec;
  // Who changed what changed a verdict.
  const changing = includeProtectionChanges
    ? resourcesOf('policy', 'tier', 'networkSet', 'parent', 'endpoint')
    : [];
  const { resources } = auditEventsSelection;
  const named = resources.flatMap(({ resource }) => resource ?? []).filter((resource) => resource !== '');
  return named.length < resources.length ? undefined : sortedOnce([...named, ...changing]);
}

/**
 * The time whose versions decide what is audited in a window. It begins an instant before the window, since a policy whose version
 * ended exactly at the start is one that an event of the window ended; and where a deletion of many is an event of the
 * window, before that came in.
 */
export const versionsWindow = (window: Window, policyEvents: Iterable<PolicyEvent>): Window => ({
  start: begunAt(window, policyEvents) - 1,
  end: window.end,
});

/** When the first deletion of many began that was answered in the window; the window's start where all began in it. */
export function begunAt(window: Window, policyEvents: Iterable<PolicyEvent>): Instant {
  let first = window.start;
  for (const event of policyEvents) {
    if (event.verb !== 'deletecollection' || event.at < window.start || window.end <= event.at) continue;
    first = Math.min(first, receivedAt(event));
  }
  return first;
}
