import { compareTexts, type Instant } from '@margay/ground';
import { type Change, compareOrigins } from './change.ts';
import { isOutcomeUnknown, type Doubtful, type OpenDoubt } from './doubtful.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { requestIn } from './event-verb.ts';
import type { Life } from './lives.ts';
import { TOOK_LONG } from './object-doubt.ts';
import { type OpenLife, SeenObject } from './seen-object.ts';
import { isAsked, isListed } from './unread-write.ts';

/** What is known of a name, and what is not. */
export interface NameState {
  readonly lives: readonly OpenLife[];
  /** About objects of which nothing but the name is known. */
  readonly unseen: readonly OpenDoubt[];
}

/**
 * Attaches doubts to the objects of a name.
 *
 * A doubt is about the object that it names by its uid, else about whatever was there while its request was carried out,
 * and where nothing was, about an object that was never seen. It lasts until the object is seen whole by a request that
 * came in after it. Evidence can show afterwards that nothing had happened: an object that is seen again was never gone,
 * and one that still has its old resourceVersion was never changed.
 *
 * @param facts all other changes of the name, of which the lives were made. @param doubts as `unsettled` gives them.
 * @param witnesses that it was taken, or free.
 */
export function attachDoubts(
  lives: readonly Life[],
  facts: readonly Change[],
  doubts: readonly Doubtful[],
  witnesses: readonly Change[] = [],
): NameState {
  const absences = once(witnesses.filter(({ what }) => what === 'absent'));
  const name = new Name(lives, facts, doubts, once(witnesses.filter(({ what }) => what === 'there')));
  let next = 0;
  for (const doubt of doubts) {
    for (
      let one = absences[next];
      one !== undefined && one.receivedAt < doubt.receivedAt;
      one = absences[++next]
    )
      name.endBy(one);
    name.attach(doubt);
  }
  for (const one of absences.slice(next)) name.endBy(one);
  name.endBySuccessors();
  return name.state();
}

/** Each once, of whichever source, in the order in which the requests came in. */
function once<T extends Change>(changes: readonly T[]): T[] {
  const byId = new Map<string, T>();
  for (const change of changes) {
    const known = byId.get(change.id);
    if (known === undefined || compareTexts(change.origin.source, known.origin.source) < 0)
      byId.set(change.id, change);
  }
  return [...byId.values()].sort(
    (a, b) => a.receivedAt - b.receivedAt || a.at - b.at || compareTexts(a.id, b.id),
  );
}

/**
 * The doubts by time, each once, without those that another event settles: one of the same audit ID, by another API server
 * or audit backend, or of the request as another API server carried it out.
 *
 * @param facts other changes of the name, or of the kind where the doubts are about all of it.
 */
export function unsettled(doubts: readonly Doubtful[], facts: readonly Change[]): Doubtful[] {
  const byRequest = Map.groupBy(facts, ({ eventId }) => requestOf(eventId));
  return once(doubts).filter((doubt) => {
    // Its own event does not settle it.
    if (doubt.doubt.reason === TOOK_LONG || doubt.id.endsWith('#missed')) return true;
    const twins = byRequest.get(requestOf(doubt.eventId)) ?? [];
    return (
      !twins.some(
        (twin) =>
          twin.receivedAt <= doubt.at &&
          doubt.receivedAt <= twin.at &&
          (twin.what !== 'answered' || isAsked(doubt) || isListed(twin)),
      ) && !(doubt.doubt.passedOn && facts.some((fact) => isWithin(fact, doubt)))
    );
  });
}

/** What all events of one request share: the audit ID and the verb that an event's id holds, if it has an audit ID. */
export function requestOf(eventId: string): string {
  const { verb, auditId } = requestIn(eventId);
  return auditId === '' ? eventId : `${verb} ${auditId}`;
}

const isWithin = (inner: Change, outer: Change): boolean =>
  inner.receivedAt >= outer.receivedAt && inner.at <= outer.at;

/** The objects of one name while doubts are attached to them, in the order of time. */
class Name {
  readonly #objects: SeenObject[];
  /** Ends that say no uid, or one of which nothing else is known. */
  readonly #strangeEnds: Change[];
  readonly #unseen: OpenDoubt[] = [];
  /** When something may have ended an object of this name without being seen. */
  readonly #deletions: readonly Instant[];
  /** When something may have been made without being seen. */
  readonly #creations: readonly Instant[];
  /** Requests that were refused since the name was taken. */
  readonly #takings: readonly Change[];

  constructor(
    lives: readonly Life[],
    facts: readonly Change[],
    doubts: readonly Doubtful[],
    takings: readonly Change[],
  ) {
    this.#takings = takings;
    this.#creations = doubts.filter(({ created }) => created === true).map(({ receivedAt }) => receivedAt);
    this.#deletions = doubts
      .filter(({ doubt }) => doubt.may === 'be-gone')
      .map(({ receivedAt }) => receivedAt);
    const uids = new Set(lives.map(({ uid }) => uid));
    const byUid = Map.groupBy(facts, ({ uid }) => uid);
    this.#objects = lives.map(
      (life) => new SeenObject(life, changesIn(life, lives, byUid.get(life.uid) ?? []), this.#takenBy(life)),
    );
    this.#strangeEnds = facts.filter(
      ({ what, uid }) => what === 'gone' && (uid === undefined || !uids.has(uid)),
    );
  }

  state(): NameState {
    return { lives: this.#objects.map((object) => object.state()), unseen: this.#unseen };
  }

  attach(doubt: Doubtful): void {
    const ofUid = this.#objects.filter(({ uid }) => uid === doubt.uid);
    const named = ofUid.findLast(({ bornAt }) => bornAt <= doubt.at) ?? ofUid[0];
    const there = this.#objects.filter((object) => object !== named && object.isThereAt(doubt));
    if (named !== undefined) this.#attachTo(named, there, doubt);
    else if (doubt.uid !== undefined) this.#attachToUnseen(there, doubt);
    else if (doubt.created === true) this.#attachCreation(there, doubt);
    else if (there.length === 0) this.#attachToUnseen(there, doubt);
    else for (const object of there) this.#endOrAttach(object, doubt, there.length === 1);
  }

  /**
   * Ends what was there when a request found the name free: what may have been gone by then is gone. Where nothing may have, its end
   * is in no log, unless the clocks of two API servers differ.
   */
  endBy(absence: Change): void {
    for (const object of this.#objects) object.endBy(absence);
    for (const [i, span] of this.#unseen.entries()) {
      const { until, of } = span;
      const isOver = of.at <= absence.receivedAt && until > absence.at;
      if (!isOver) continue;
      const mayHaveEnded = this.#mayHaveEnded(of.receivedAt, absence.at);
      if (isOutcomeUnknown(of) && !mayHaveEnded)
        this.#unseen[i] = { ...span, until: absence.at, refutedAt: absence.at };
      else if (of.doubt.may === 'be-gone' || mayHaveEnded || absence.receivedAt > of.at + CLOCKS_DIFFER)
        this.#unseen[i] = { ...span, until: absence.at };
    }
  }

  /** What was there before another object of the name, also before one of which only its end is told. */
  endBySuccessors(): void {
    for (const object of this.#objects) {
      const next = this.#objects.find((one) => one.uid !== object.uid && one.bornAt === object.end);
      const [unseen] = this.#strangeEnds
        .filter(({ uid, receivedAt }) => uid !== undefined && receivedAt === object.end)
        .sort((a, b) => compareTexts(a.id, b.id) || compareOrigins(a, b));
      const shows = next === undefined ? unseen : next.firstSight;
      if (shows !== undefined) object.endBySuccessor(shows);
    }
  }

  /** The requests that found the object: others that may have had the name were not made by then. */
  #takenBy({ bornAt, end = Infinity }: Life): readonly Change[] {
    return this.#takings.filter(
      ({ receivedAt, at }) =>
        bornAt <= receivedAt &&
        receivedAt < end &&
        !this.#creations.some((creation) => creation >= bornAt && creation <= at),
    );
  }

  /** An object that is gone never comes back, whatever is not known of what was done to it later. */
  #attachTo(named: SeenObject, others: readonly SeenObject[], doubt: Doubtful): void {
    if (named.end <= doubt.receivedAt) return;
    this.#endOrAttach(named, doubt, true);
    if (doubt.receivedAt < named.askedAt) this.#attachToUnseen(others, doubt);
  }

  #endOrAttach(object: SeenObject, doubt: Doubtful, alone: boolean): void {
    if (alone && object.isEndedBy(doubt)) object.endAt(doubt.at);
    else object.attach(doubt);
  }

  /** About an object that was not seen yet. Where others had the name by what was seen, they may be gone. */
  #attachToUnseen(others: readonly SeenObject[], doubt: Doubtful): void {
    if (doubt.doubt.may === 'be-gone') {
      if (this.#isUnseenAt(doubt)) this.#openUnseen(doubt, doubt.receivedAt);
    } else if (others.length === 0) this.#openUnseen(doubt, doubt.receivedAt);
    else for (const object of others) object.attach(doubt, 'be-anything');
  }

  /** A creation is about a new object; one that was there is gone by then, if it is known that the new one was made. */
  #attachCreation(about: readonly SeenObject[], doubt: Doubtful): void {
    if (about.some((object) => object.isCreatedBy(doubt))) return;
    let start = doubt.receivedAt;
    for (const object of about) {
      if (isOutcomeUnknown(doubt)) {
        if (object.mayBeGoneAt(doubt.receivedAt)) object.attach(doubt);
        if (object.end >= doubt.at) return;
        start = Math.max(start, object.end);
      } else if (object.bornAt > doubt.receivedAt) object.attach(doubt);
      else if (object.isSeenAfter(doubt)) {
        object.attach(doubt);
        return;
      } else object.endAt(doubt.receivedAt, 'successor');
    }
    this.#openUnseen(doubt, start);
  }

  #openUnseen(doubt: Doubtful, start: Instant): void {
    const next = this.#firstBornAfter(start);
    let until = next?.bornAt ?? Infinity;
    // The name was free when that was made, so nothing had come of this.
    const isRefuted =
      next?.isBirthSeen === true &&
      isOutcomeUnknown(doubt) &&
      !this.#mayHaveEnded(doubt.receivedAt, next.bornAt);
    const refuted = isRefuted ? { refutedAt: until } : {};
    for (const { at, uid } of this.#strangeEnds) {
      if (at > start && at < until && (uid === undefined || doubt.uid === undefined || uid === doubt.uid))
        until = at;
    }
    if (start < until) this.#unseen.push({ start, until, may: doubt.doubt.may, of: doubt, ...refuted });
  }

  #firstBornAfter(instant: Instant): SeenObject | undefined {
    let first: SeenObject | undefined;
    for (const object of this.#objects) {
      if (object.bornAt > instant && object.bornAt < (first?.bornAt ?? Infinity)) first = object;
    }
    return first;
  }

  #mayHaveEnded(from: Instant, to: Instant): boolean {
    return (
      this.#deletions.some((at) => at >= from && at < to) ||
      this.#strangeEnds.some(({ at }) => at >= from && at < to)
    );
  }

  #isUnseenAt({ receivedAt }: Doubtful): boolean {
    return this.#unseen.some(({ start, until }) => start <= receivedAt && receivedAt < until);
  }
}

/** The object's changes, and where it has several lives since the counter went back, those of this one. */
function changesIn(life: Life, lives: readonly Life[], changes: readonly Change[]): readonly Change[] {
  const next = lives.slice(lives.indexOf(life) + 1).find(({ uid }) => uid === life.uid)?.bornAt ?? Infinity;
  if (life.restored === undefined && next === Infinity) return changes;
  const from = life.restored?.end ?? -Infinity;
  return changes.filter(({ at }) => at >= from && at < next);
}
