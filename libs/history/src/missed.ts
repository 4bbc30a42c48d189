import { compareResourceVersions, type Instant, kindOf } from '@margay/ground';
import type { Change } from './change.ts';
import type { Doubtful } from './doubtful.ts';
import { isRead } from './event-verb.ts';
import type { Life } from './lives.ts';
import { placeText } from './place.ts';

/**
 * What objects themselves say was missed: the counter of their spec's changes went up by more than one between two sights, or
 * a request found a resourceVersion that was never seen. From the first of both sights on the object may have been otherwise.
 *
 * @param facts all sights of the objects. @param doubts what is known to be unknown explains what was missed.
 */
export function missedChanges(
  lives: readonly Life[],
  facts: readonly Change[],
  doubts: readonly Doubtful[],
): Doubtful[] {
  const missed: Doubtful[] = [];
  for (const { uid, shown } of lives) {
    for (let i = 1; i < shown.length; i++) {
      const [before, after] = [shown[i - 1], shown[i]] as [Change, Change];
      const count = countMissed(before, after, facts);
      if (count === 0) continue;
      const since = lastSightOf(before, facts);
      const known = doubts.filter(
        (doubt) => (doubt.uid ?? uid) === uid && doubt.at >= since && doubt.receivedAt <= after.at,
      );
      if (known.length < count && since < after.receivedAt) missed.push(doubtBetween(before, since, after));
    }
  }
  return missed;
}

/** How many writes between two neighbouring sights were not seen, at least. */
function countMissed(before: Change, after: Change, facts: readonly Change[]): number {
  const own = isMissedWrite(before, after, facts) ? 1 : 0;
  if (before.generation !== undefined && after.generation !== undefined) {
    const count = after.generation - before.generation - 1 + own;
    if (count > 0) return count;
  }
  const { basedOn } = after;
  if (own > 0) return own;
  return basedOn !== undefined &&
    compareResourceVersions(basedOn, before.resourceVersion) > 0 &&
    compareResourceVersions(basedOn, after.resourceVersion) < 0 &&
    !facts.some(({ resourceVersion }) => resourceVersion === basedOn)
    ? 1
    : 0;
}

/** True where reads alone show a version: some write made it. Some kinds the API server writes itself, without an event. */
function isMissedWrite(before: Change, after: Change, facts: readonly Change[]): boolean {
  if (!isRead(after) || before.resourceVersion === undefined) return false;
  const role = kindOf(after)?.role;
  return (
    role !== 'endpoint' &&
    role !== 'service' &&
    facts.every((fact) => fact.resourceVersion !== after.resourceVersion || isRead(fact))
  );
}

/** When the version was seen last: a write without effect shows that nothing had happened by then. */
function lastSightOf({ uid, resourceVersion, at }: Change, facts: readonly Change[]): Instant {
  let last = at;
  for (const fact of facts) {
    if (fact.uid === uid && fact.resourceVersion === resourceVersion && fact.what === 'present')
      last = Math.max(last, fact.receivedAt);
  }
  return last;
}

function doubtBetween(before: Change, since: Instant, after: Change): Doubtful {
  const { content: _, created: __, actor: ___, resourceVersion: ____, basedOn, generation, ...facts } = after;
  const jumped = (generation ?? 0) > (before.generation ?? Infinity) + 1;
  const why = jumped
    ? `its generation went from ${before.generation} to ${generation} between two events`
    : isRead(after)
      ? `it was read at resourceVersion ${after.resourceVersion}, which no write shows`
      : `a request was based on resourceVersion ${basedOn}, which no event shows`;
  return {
    ...facts,
    id: `${after.id}#missed`,
    what: 'doubtful',
    receivedAt: since,
    at: after.receivedAt,
    doubt: {
      reason: jumped ? 'generation-jumped' : 'version-missed',
      may: 'differ',
      message: `${placeText(facts)}: ${why}, so a change of it is in no log. Server-side apply with a YAML body leaves no event before Kubernetes 1.37.`,
    },
  };
}
