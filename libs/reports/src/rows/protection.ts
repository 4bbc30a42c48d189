import { compareTexts, formatInstant, type Instant, type Key, keyText } from '@margay/ground';
import type { Actor } from '@margay/history';
import { FLAG_NAMES } from '@margay/policy';
import { printedVersion } from '../printed-version.ts';
import type { ObjectChange } from '../replay/objects.ts';
import type { Verdict, VerdictChange } from '../replay/verdict-changes.ts';
import type { ProtectionCause, ProtectionChangeRow, ProtectionEffect, ProtectionSummary } from '../report.ts';
import { type Act, namesOf } from './acts.ts';
import type { Deleted } from './deleted.ts';

/** How many endpoints a row names at most; further ones stand in rows that follow it. */
export const ENDPOINTS_PER_ROW = 500;

/** Who made what an object is from an instant on, or ended it; undefined where no event tells. */
export type WhoChanged = (key: Key, at: Instant) => Actor | undefined;

/** Finds who changed what, by the acts of the audit trail: those of persons, where Calico's API server kept it for them. */
export function whoChanged(acts: readonly Act[], deleted: Deleted): WhoChanged {
  const actors = new Map<string, Actor>();
  const add = (key: Key, at: Instant, actor: Actor): void => {
    const text = `${keyText(key)} ${at}`;
    if (!actors.has(text)) actors.set(text, actor);
  };
  for (const act of acts) {
    const { actor, outcome, group, resource, namespace, from, at } = act;
    if (actor === undefined || outcome === 'refused') continue;
    const names = act.verb === 'deletecollection' && act.name === '' ? deleted.names(act) : namesOf(act);
    for (const name of names) {
      // What is not known of an object is so from when the request came in.
      for (const instant of [at, from]) add({ group, resource, namespace, name }, instant, actor);
    }
    for (const part of act.parts) if (!act.ambiguous.includes(part)) add(part, part.at, actor);
  }
  return (key, at) => actors.get(`${keyText(key)} ${at}`);
}

/**
 * What changed the verdicts on endpoints in the window: a row for each instant, flag, change of the verdict and cause, in that
 * order, with the endpoints concerned.
 */
export function protectionRows(changes: Iterable<VerdictChange>, who: WhoChanged): ProtectionChangeRow[] {
  const rows: ProtectionChangeRow[] = [];
  let at: Instant | undefined;
  let open = new Map<string, Draft>();
  // Most endpoints that a change concerns share the list of its causes.
  let told = new Map<
    VerdictChange['causes'],
    { readonly causes: readonly ProtectionCause[]; readonly text: string }
  >();
  const close = (): void => {
    const drafts = [...open].sort(
      ([a, { change }], [b, other]) =>
        FLAG_NAMES.indexOf(change.flag) - FLAG_NAMES.indexOf(other.change.flag) || compareTexts(a, b),
    );
    for (const [, draft] of drafts) rows.push(...rowsOf(draft));
    open = new Map();
    told = new Map();
  };
  for (const change of changes) {
    if (change.at !== at) close();
    ({ at } = change);
    let cause = told.get(change.causes);
    if (cause === undefined) {
      const causes = causesOf(change, who);
      told.set(change.causes, (cause = { causes, text: JSON.stringify(causes) }));
    }
    const id = `${change.flag} ${change.was} ${change.is} ${change.doubts.join(' ')} ${cause.text}`;
    const draft = open.get(id);
    if (draft === undefined) open.set(id, { change, causes: cause.causes, endpoints: [change.endpoint] });
    else draft.endpoints.push(change.endpoint);
  }
  close();
  return rows;
}

/** How often verdicts changed, by effect: instants are counted, as often as verdicts changed at one. */
export function protectionSummary(rows: readonly ProtectionChangeRow[]): ProtectionSummary {
  const having = (...effects: readonly ProtectionEffect[]): number =>
    new Set(rows.filter(({ effect }) => effects.includes(effect)).map(({ at }) => at)).size;
  return {
    numTotal: having('protected', 'exposed', 'left open', 'settled'),
    numProtecting: having('protected'),
    numExposing: having('exposed'),
    numLeavingOpen: having('left open'),
  };
}

interface Draft {
  readonly change: VerdictChange;
  readonly causes: readonly ProtectionCause[];
  readonly endpoints: string[];
}

function* rowsOf({
  change: { at, flag, was, is, doubts },
  causes,
  endpoints,
}: Draft): Generator<ProtectionChangeRow> {
  const names = endpoints.sort(compareTexts);
  for (let i = 0; i < names.length; i += ENDPOINTS_PER_ROW) {
    yield {
      at: formatInstant(at),
      flag,
      was,
      is,
      effect: effectOf(flag, was, is),
      changes: causes,
      endpoints: names.slice(i, i + ENDPOINTS_PER_ROW),
      doubts,
    };
  }
}

/** To be governed by policy protects, and to be open to others exposes. */
function effectOf(flag: VerdictChange['flag'], was: Verdict, is: Verdict): ProtectionEffect {
  if (is === 'not known') return 'left open';
  if (was === 'not known') return 'settled';
  const isGood = flag === 'ingressProtected' || flag === 'egressProtected';
  return (is === 'yes') === isGood ? 'protected' : 'exposed';
}

function causesOf({ at, causes }: VerdictChange, who: WhoChanged): ProtectionCause[] {
  return causes
    .flatMap(({ before, now }) => {
      const version = now ?? before;
      if (version === undefined) return [];
      const actor = who(version, at) ?? now?.actor;
      return [{ resource: printedVersion(version), what: whatOf({ before, now }), actor: actorText(actor) }];
    })
    .sort((a, b) => compareTexts(a.resource, b.resource));
}

function whatOf({ before, now }: ObjectChange): ProtectionCause['what'] {
  if (now === undefined) return 'deleted';
  if (now.doubt !== undefined && now.doubt.since !== before?.doubt?.since) return 'doubtful';
  if (before !== undefined) return 'changed';
  return now.seenMidLife === true ? 'first seen' : 'created';
}

function actorText(actor: Actor | undefined): string | null {
  if (actor === undefined) return null;
  return actor.impersonated === undefined ? actor.user : `${actor.user} as ${actor.impersonated}`;
}
