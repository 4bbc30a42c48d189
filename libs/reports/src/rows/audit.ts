import { at, compareTexts, type Key, keyText, text, type Window } from '@margay/ground';
import type { Outcome, PolicyEvent } from '@margay/history';
import type { AuditSummary } from '../report.ts';
import type { AuditResource } from '../report-type-spec.ts';
import { wellFormed } from '../json/well-formed.ts';

type Count = 'numCreate' | 'numModify' | 'numDelete';

const COUNTED: Readonly<Record<string, Count>> = {
  create: 'numCreate',
  update: 'numModify',
  patch: 'numModify',
  delete: 'numDelete',
  deletecollection: 'numDelete',
};

/** What a write did: a server-side apply of what was not there made it, and was answered so. */
function countOf({ verb, event }: PolicyEvent): Count | undefined {
  const count = COUNTED[verb];
  return count === 'numModify' && at(event, 'responseStatus', 'code') === 201 ? 'numCreate' : count;
}

/** The audit part of a report: events in time order, those of one instant by id. */
export interface AuditRows {
  readonly auditEvents: readonly unknown[];
  readonly refusedPolicyWrites: readonly unknown[];
  readonly unsettledPolicyWrites: readonly unknown[];
  readonly auditSummary: AuditSummary;
}

/**
 * The writes of the window to the resources, each once, that are `about` what the report is about. Verbs that write
 * nothing are passed over.
 */
export function auditRows(
  writes: Iterable<PolicyEvent>,
  window: Window,
  resources: readonly AuditResource[],
  about: (key: Key) => boolean,
): AuditRows {
  const chosen = new Map<string, PolicyEvent>();
  for (const write of writes) {
    if (write.at < window.start || write.at >= window.end) continue;
    if (!Object.hasOwn(COUNTED, write.verb) || !resources.some((each) => fits(each, write)) || !about(write))
      continue;
    chosen.set(write.eventId, write);
  }
  const sorted = [...chosen.values()].sort((a, b) => a.at - b.at || compareTexts(a.eventId, b.eventId));
  const having = (wanted: Outcome) => sorted.filter(({ outcome }) => outcome === wanted);
  const [done, refused, unsettled] = [having('done'), having('refused'), having('unsettled')];
  const counts = { numCreate: 0, numModify: 0, numDelete: 0 };
  for (const write of done) {
    const count = countOf(write);
    if (count !== undefined) counts[count]++;
  }
  return {
    auditEvents: eventsOf(done),
    refusedPolicyWrites: eventsOf(refused),
    unsettledPolicyWrites: eventsOf(unsettled),
    auditSummary: {
      numTotal: done.length,
      ...counts,
      numRefused: refused.length,
      numUnsettled: unsettled.length,
    },
  };
}

const eventsOf = (writes: readonly PolicyEvent[]) => writes.map(({ event }) => wellFormed(event));

/** An empty name is that of a request for many objects: any of them may be meant. */
function fits(wanted: AuditResource, { group, resource, namespace, name, event }: PolicyEvent): boolean {
  const is = (value: string | undefined, known: string) =>
    value === undefined || value === '' || value === known;
  return (
    is(wanted.resource, resource) &&
    (is(wanted.apiGroup, group) || is(wanted.apiGroup, text(at(event, 'objectRef', 'apiGroup')))) &&
    is(wanted.apiVersion, text(at(event, 'objectRef', 'apiVersion'))) &&
    is(wanted.namespace, namespace) &&
    (name === '' || is(wanted.name, name))
  );
}

/**
 * Whether a write is about one of the policies, given by key text. One that names no object is about a policy when it could
 * have been: the same resource and namespace.
 */
export function aboutPolicies(policies: ReadonlySet<string>): (key: Key) => boolean {
  const folders = new Set([...policies].map((text) => text.slice(0, text.lastIndexOf('/') + 1)));
  return (key) => (key.name === '' ? folders.has(keyText(key)) : policies.has(keyText(key)));
}
