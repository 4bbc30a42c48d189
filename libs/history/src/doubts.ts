import { compareResourceVersions, compareTexts, type Instant } from '@margay/ground';
import type { Change } from './change.ts';
import { isOutcomeUnknown, type Doubtful, type OpenDoubt } from './doubtful.ts';
import { mayEnd } from './gone.ts';
import { isPartial, type Life } from './lives.ts';
import { TOOK_LONG, type May } from './object-doubt.ts';

/** One object with what is open about it. */
export interface OpenLife {
  readonly life: Life;
  readonly open: readonly OpenDoubt[];
}

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
 * @param facts all other changes of the name, of which the lives were made.
 */
export function attachDoubts(
  lives: readonly Life[],
  facts: readonly Change[],
  doubts: readonly Doubtful[],
): NameState {
  const ordered = unsettled(doubts, facts);
  const name = new Name(lives, facts, ordered);
  for (const doubt of ordered) name.attach(doubt);
  return name.state();
}

/**
 * The doubts by time, each once, without those that another event settles: one of the same audit ID, by another API server
 * or audit backend, or of the request as another API server carried it out.
 *
 * @param facts other changes of the name, or of the kind where the doubts are about all of it.
 */
export function unsettled(doubts: readonly Doubtful[], facts: readonly Change[]): Doubtful[] {
  const once = new Map<string, Doubtful>();
  for (const doubt of doubts) {
    const known = once.get(doubt.id);
    if (known === undefined || compareTexts(doubt.origin.source, known.origin.source) < 0)
      once.set(doubt.id, doubt);
  }
  const byRequest = Map.groupBy(facts, ({ eventId }) => requestOf(eventId));
  return [...once.values()]
    .filter((doubt) => {
      // Its own event does not settle it.
      if (doubt.doubt.reason === TOOK_LONG || doubt.id.endsWith('#missed')) return true;
      const twins = byRequest.get(requestOf(doubt.eventId)) ?? [];
      return (
        !twins.some((twin) => twin.receivedAt <= doubt.at && doubt.receivedAt <= twin.at) &&
        !(doubt.doubt.passedOn && facts.some((fact) => isWithin(fact, doubt)))
      );
    })
    .sort((a, b) => a.receivedAt - b.receivedAt || a.at - b.at || compareTexts(a.id, b.id));
}

/** What all events of one request share: the audit ID and the verb that an event's id holds, if it has an audit ID. */
function requestOf(eventId: string): string {
  const parts = eventId.split('.');
  const auditId = parts.slice(0, -4).join('.');
  return auditId === '' ? eventId : `${parts.at(-2)} ${auditId}`;
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

  constructor(lives: readonly Life[], facts: readonly Change[], doubts: readonly Doubtful[]) {
    this.#deletions = doubts
      .filter(({ doubt }) => doubt.may === 'be-gone')
      .map(({ receivedAt }) => receivedAt);
    const uids = new Set(lives.map(({ uid }) => uid));
    const byUid = Map.groupBy(facts, ({ uid }) => uid);
    this.#objects = lives.map(
      (life) => new SeenObject(life, changesIn(life, lives, byUid.get(life.uid) ?? [])),
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
    if (
      next?.isBirthSeen === true &&
      isOutcomeUnknown(doubt) &&
      !this.#mayHaveEnded(doubt.receivedAt, next.bornAt)
    ) {
      // The name was free when that was made, so nothing had come of this.
      return;
    }
    for (const { at, uid } of this.#strangeEnds) {
      if (at > start && at < until && (uid === undefined || doubt.uid === undefined || uid === doubt.uid))
        until = at;
    }
    if (start < until) this.#unseen.push({ start, until, may: doubt.doubt.may, of: doubt });
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

/** One object that was seen, while doubts are attached to it in the order of time. */
class SeenObject {
  readonly #life: Life;
  readonly #sights: Sights;
  /** When the last request that ended it, or changed a part of it, came in: it was there then. */
  readonly #heardOfAt: Instant;
  readonly #open: OpenDoubt[] = [];
  /** Until when its content is in doubt, and until when its existence is. */
  #differsUntil = -Infinity;
  #goneUntil = -Infinity;
  #end: Instant;
  #endedBy: Life['endedBy'];

  constructor(life: Life, changes: readonly Change[]) {
    this.#life = life;
    this.#sights = new Sights(changes.filter(({ what }) => what === 'present'));
    this.#end = life.end ?? Infinity;
    this.#endedBy = life.endedBy;
    let heardOfAt = -Infinity;
    for (const { what, receivedAt } of changes)
      if (what !== 'present') heardOfAt = Math.max(heardOfAt, receivedAt);
    this.#heardOfAt = heardOfAt;
  }

  get uid(): string {
    return this.#life.uid;
  }

  get end(): Instant {
    return this.#end;
  }

  get bornAt(): Instant {
    return this.#life.bornAt;
  }

  /** When the first request that showed it came in. */
  get askedAt(): Instant {
    return Math.min(this.#sights.askedAt, this.bornAt);
  }

  get isBirthSeen(): boolean {
    return this.#life.shown[0]?.created === true;
  }

  state(): OpenLife {
    const { end: _, endedBy: __, ...life } = this.#life;
    const ended = this.#end < Infinity && {
      end: this.#end,
      ...(this.#endedBy !== undefined && { endedBy: this.#endedBy }),
    };
    return { life: { ...life, ...ended }, open: this.#open };
  }

  /** True where it was there at some instant while the request was carried out. */
  isThereAt({ at, receivedAt }: Doubtful): boolean {
    return this.askedAt <= at && this.#end > receivedAt;
  }

  /** True where the doubtful creation is the one that is known. */
  isCreatedBy({ receivedAt, at }: Doubtful): boolean {
    const [first] = this.#life.shown;
    return first?.created === true && first.receivedAt <= at && first.at >= receivedAt;
  }

  isSeenAfter(doubt: Doubtful): boolean {
    return this.#sights.isAfter(doubt) || this.#heardOfAt >= doubt.at;
  }

  mayBeGoneAt(instant: Instant): boolean {
    return instant < this.#goneUntil;
  }

  /** True where a deletion that was answered as done, without showing the object, is its end. */
  isEndedBy(doubt: Doubtful): boolean {
    return (
      doubt.doubt.ends === true &&
      !this.isSeenAfter(doubt) &&
      doubt.receivedAt >= this.#differsUntil &&
      !mayEnd(doubt.resource, this.#lastBy(doubt.at)?.content)
    );
  }

  endAt(end: Instant, endedBy: Life['endedBy'] = 'event'): void {
    if (end >= this.#end) return;
    this.#end = end;
    this.#endedBy = endedBy;
  }

  attach(of: Doubtful, told = of.doubt.may): void {
    if (this.#sights.isUnchangedBy(of)) return;
    const may = this.#mayOf(of, told);
    if (may === undefined) return;
    const until = this.#sights.firstWholeAfter(of);
    this.#open.push({ start: of.receivedAt, until, may, of });
    if (may !== 'be-gone') this.#differsUntil = Math.max(this.#differsUntil, until);
    if (may !== 'differ') this.#goneUntil = Math.max(this.#goneUntil, until);
  }

  /** What may be of an object that was seen before; undefined where nothing. */
  #mayOf(of: Doubtful, may: May): May | undefined {
    const seenAfter = this.isSeenAfter(of);
    if (may === 'be-gone') return seenAfter ? undefined : may;
    if (seenAfter) return 'differ';
    // By removing the last finalizer, a write can also end an object.
    if (mayEnd(of.resource, this.#lastBy(of.at)?.content)) return 'be-anything';
    return isOutcomeUnknown(of) && of.created !== true ? 'differ' : may;
  }

  #lastBy(instant: Instant): Change | undefined {
    return this.#life.shown.findLast(({ at }) => at <= instant) ?? this.#life.shown[0];
  }
}

/** True where a watch told it: with whatever comes after, what a watch says from an instant on is all that there was. */
const isWatched = ({ origin }: Change): boolean => origin.source.startsWith('watch/');

/** All sights of one object: what was asked for, and what a watch told. */
class Sights {
  readonly #asked: OrderedSights;
  readonly #watched: OrderedSights;

  constructor(sights: readonly Change[]) {
    this.#asked = new OrderedSights(
      sights.filter((sight) => !isWatched(sight)),
      ({ receivedAt }) => receivedAt,
    );
    this.#watched = new OrderedSights(sights.filter(isWatched), ({ at }) => at);
  }

  /** When the first request for it came in. */
  get askedAt(): Instant {
    return Math.min(this.#asked.first, this.#watched.first);
  }

  /** Whether it was seen when the doubtful request was over. */
  isAfter({ at, receivedAt }: Doubtful): boolean {
    return this.#asked.last >= at || this.#watched.last >= receivedAt;
  }

  /** When it was first seen whole after the doubtful request; Infinity where it was not. */
  firstWholeAfter({ at, receivedAt }: Doubtful): Instant {
    return Math.min(this.#asked.firstWhole(at), this.#watched.firstWhole(receivedAt));
  }

  /** True where it was seen afterwards as it had been before. */
  isUnchangedBy({ at, receivedAt }: Doubtful): boolean {
    const before = [this.#asked, this.#watched].map((sights) => sights.greatestVersion(receivedAt));
    const after = [this.#asked.leastVersion(at), this.#watched.leastVersion(receivedAt)];
    return after.some(
      (version) =>
        version !== undefined &&
        before.some((old) => old !== undefined && compareResourceVersions(version, old) <= 0),
    );
  }
}

/** Sights in the order of the instants as of which they show the object. */
class OrderedSights {
  readonly #sights: readonly Change[];
  readonly #asOf: (sight: Change) => Instant;
  /** Of each sight and all after it: the least. */
  readonly #leastVersion: (string | undefined)[] = [];
  readonly #leastWholeAt: Instant[] = [];
  readonly #byAnswered: readonly Change[];
  readonly #greatestVersion: (string | undefined)[] = [];

  constructor(sights: readonly Change[], asOf: (sight: Change) => Instant) {
    this.#asOf = asOf;
    this.#sights = sights.toSorted((a, b) => asOf(a) - asOf(b));
    let version: string | undefined;
    let wholeAt = Infinity;
    for (let i = this.#sights.length - 1; i >= 0; i--) {
      const sight = this.#sights[i] as Change;
      if (version === undefined || compareResourceVersions(sight.resourceVersion, version) < 0)
        version = sight.resourceVersion;
      if (!isPartial(sight)) wholeAt = Math.min(wholeAt, sight.at);
      this.#leastVersion[i] = version;
      this.#leastWholeAt[i] = wholeAt;
    }
    this.#byAnswered = sights.toSorted((a, b) => a.at - b.at);
    let greatest: string | undefined;
    for (const [i, { resourceVersion }] of this.#byAnswered.entries()) {
      if (compareResourceVersions(resourceVersion, greatest) > 0) greatest = resourceVersion;
      this.#greatestVersion[i] = greatest;
    }
  }

  get first(): Instant {
    return this.#sights[0]?.receivedAt ?? Infinity;
  }

  get last(): Instant {
    const last = this.#sights.at(-1);
    return last === undefined ? -Infinity : this.#asOf(last);
  }

  firstWhole(from: Instant): Instant {
    return this.#leastWholeAt[this.#placeOf(from)] ?? Infinity;
  }

  leastVersion(from: Instant): string | undefined {
    return this.#leastVersion[this.#placeOf(from)];
  }

  /** Of what had been answered by then. */
  greatestVersion(by: Instant): string | undefined {
    return this.#greatestVersion[firstFrom(this.#byAnswered, ({ at }) => at > by) - 1];
  }

  #placeOf(from: Instant): number {
    return firstFrom(this.#sights, (sight) => this.#asOf(sight) >= from);
  }
}

/** The place of the first item for which the test, which stays true from there on, is true; else the length. */
function firstFrom(items: readonly Change[], test: (item: Change) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(items[middle] as Change)) high = middle;
    else low = middle + 1;
  }
  return low;
}
