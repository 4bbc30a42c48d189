import { at, compareTexts, fields, keyText, kindOf, text, type Window } from '@margay/ground';
import type { Outcome, PolicyEvent } from '@margay/history';
import type { AuditSummary } from '../report.ts';
import type { AuditResource } from '../report-type-spec.ts';
import { NAMES_MAX } from '../evidence.ts';
import { wellFormed } from '../json/well-formed.ts';
import { type Act, namesOf } from './acts.ts';
import { DELETED, type Deleted, MAY_HAVE_DELETED } from './deleted.ts';

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
 * The acts of the window on the resources that are `about` what the report is about. Verbs that write nothing are passed
 * over.
 */
export function auditRows(
  acts: readonly Act[],
  window: Window,
  resources: readonly AuditResource[],
  about: (act: Act) => boolean,
  deleted: Deleted,
): AuditRows {
  const sorted = acts
    .filter((act) => window.start <= act.at && act.at < window.end)
    .filter(
      (act) =>
        Object.hasOwn(COUNTED, act.verb) && resources.some((each) => fits(each, act, deleted)) && about(act),
    )
    .sort((a, b) => a.at - b.at || compareTexts(a.eventId, b.eventId));
  const having = (wanted: Outcome) => sorted.filter(({ outcome }) => outcome === wanted);
  const [done, refused, unsettled] = [having('done'), having('refused'), having('unsettled')];
  const counts = { numCreate: 0, numModify: 0, numDelete: 0 };
  for (const write of done) {
    const count = countOf(write);
    if (count !== undefined) counts[count]++;
  }
  const events = (some: readonly Act[]) => some.map((act) => wellFormed(eventOf(act, deleted)));
  return {
    auditEvents: events(done),
    refusedPolicyWrites: events(refused),
    unsettledPolicyWrites: events(unsettled),
    auditSummary: {
      numTotal: done.length,
      ...counts,
      numRefused: refused.length,
      numUnsettled: unsettled.length,
    },
  };
}

/** The event, which says what a deletion of many deleted, or may have. */
function eventOf(act: Act, deleted: Deleted): unknown {
  if (!isOfMany(act) || act.outcome === 'refused') return act.event;
  const names = deleted.names(act);
  const event = fields(act.event);
  const said =
    names.length > 0
      ? { [DELETED]: names.join(',') }
      : { [MAY_HAVE_DELETED]: namesText(deleted.possibleNames(act)) };
  return Object.values(said)[0] === ''
    ? act.event
    : { ...event, annotations: { ...fields(event['annotations']), ...said } };
}

const namesText = (names: readonly string[]): string =>
  names.length > NAMES_MAX
    ? `${names.slice(0, NAMES_MAX).join(',')} and ${names.length - NAMES_MAX} more`
    : names.join(',');

/** Whether it is about all objects of a kind that it selects, rather than about one. */
const isOfMany = ({ verb, name }: Act): boolean => verb === 'deletecollection' && name === '';

/** Whether an act is on the resource. One that does not say on which object it was may have been on any. */
function fits(wanted: AuditResource, act: Act, deleted: Deleted): boolean {
  const { group, resource, namespace, name, event } = act;
  const is = (value: string | undefined, known: string) =>
    value === undefined || value === '' || value === known;
  const names = isOfMany(act) && !is(wanted.name, '') ? deleted.names(act) : [];
  return (
    is(wanted.resource, resource) &&
    (is(wanted.apiGroup, group) || is(wanted.apiGroup, text(at(event, 'objectRef', 'apiGroup')))) &&
    is(wanted.apiVersion, text(at(event, 'objectRef', 'apiVersion'))) &&
    is(wanted.namespace, namespace) &&
    (name === '' ? names.length === 0 || names.some((one) => is(wanted.name, one)) : is(wanted.name, name))
  );
}

/**
 * Whether an act is about something in a scope, or may be: an endpoint in scope, its namespace or service account, or a policy that
 * selected one, all given by key text; services and what lists their endpoints in such a namespace; and what may concern
 * every endpoint, as a tier or a network set. One that does not say on which object it was is about these where it may have
 * been: with the same resource and namespace.
 *
 * @param before those of the time before the window, which a deletion of many that had begun then may have deleted.
 */
export function aboutScope(
  inScope: ReadonlySet<string>,
  before: ReadonlySet<string>,
  deleted: Deleted,
): (act: Act) => boolean {
  const folders = new Set([...inScope].map((text) => text.slice(0, text.lastIndexOf('/') + 1)));
  return (act) => {
    const { group, resource, namespace, name } = act;
    const role = kindOf(act)?.role;
    if (role === 'service') return inScope.has(`namespaces//${namespace}`);
    if (role !== 'policy' && role !== 'endpoint' && role !== 'parent') return true;
    if (name !== '') return namesOf(act).some((one) => inScope.has(keyText({ ...act, name: one })));
    const names = isOfMany(act) ? deleted.names(act) : [];
    if (names.length === 0) return folders.has(keyText({ group, resource, namespace, name: '' }));
    const keys = names.map((one) => keyText({ group, resource, namespace, name: one }));
    return keys.some((key) => inScope.has(key) || before.has(key));
  };
}
