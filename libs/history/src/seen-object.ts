import type { Instant } from '@margay/ground';
import type { Change } from './change.ts';
import { isOutcomeUnknown, type Doubtful, type OpenDoubt } from './doubtful.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { mayEnd } from './gone.ts';
import type { Life } from './lives.ts';
import { END_MISSED, type May } from './object-doubt.ts';
import { placeText } from './place.ts';
import { Sights } from './sights.ts';

/** One object with what is open about it. */
export interface OpenLife {
  readonly life: Life;
  readonly open: readonly OpenDoubt[];
}

/** One object that was seen, while doubts are attached to it in the order of time. */
export class SeenObject {
  readonly #life: Life;
  readonly #sights: Sights;
  /** When the last request that ended it, or changed a part of it, came in: it was there then. */
  readonly #heardOfAt: Instant;
  /** Requests that were refused since the name was taken, as far as anybody knows by this object. */
  readonly #takings: readonly Change[];
  readonly #open: OpenDoubt[] = [];
  /** Until when its content is in doubt, and until when its existence is. */
  #differsUntil = -Infinity;
  #goneUntil = -Infinity;
  #end: Instant;
  #endedBy: Life['endedBy'];

  /** @param takings requests that were refused since it was there. */
  constructor(life: Life, changes: readonly Change[], takings: readonly Change[]) {
    this.#life = life;
    this.#sights = new Sights(changes.filter(({ what }) => what === 'present'));
    this.#end = life.end ?? Infinity;
    this.#endedBy = life.endedBy;
    let heardOfAt = -Infinity;
    for (const { what, receivedAt } of changes)
      if (what !== 'present') heardOfAt = Math.max(heardOfAt, receivedAt);
    this.#takings = takings;
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

  /** What shows that whatever had the name before was gone; undefined where the counter went back, which is a doubt of its own. */
  get firstSight(): Change | undefined {
    const { restored, shown } = this.#life;
    return restored === undefined ? shown[0] : undefined;
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
      this.#takenAfter(doubt) === undefined &&
      doubt.receivedAt >= this.#differsUntil &&
      !mayEnd(doubt.resource, this.#lastBy(doubt.at)?.content)
    );
  }

  endAt(end: Instant, endedBy: Life['endedBy'] = 'event'): void {
    if (end >= this.#end) return;
    this.#end = end;
    this.#endedBy = endedBy;
  }

  /** A request that found the name free ends it, unless it was heard of later. */
  endBy(absence: Change): void {
    const { receivedAt, at } = absence;
    if (this.#end <= at || this.bornAt >= receivedAt || this.#sights.lastAt >= receivedAt) return;
    if (this.#heardOfAt >= receivedAt) return;
    const mayBeGone = this.#open.some(
      ({ start, until, may }) => may !== 'differ' && start <= at && until > at,
    );
    if (mayBeGone) this.endAt(at);
    else {
      const lastAt = Math.max(this.#sights.lastAt, this.#heardOfAt);
      // The API server removes the Endpoints of a Service without an event: it is concluded from that of the Service.
      if (receivedAt <= lastAt + CLOCKS_DIFFER || absence.resource === 'endpoints') return;
      const of = missedEnd(absence, lastAt);
      this.#open.push({ start: lastAt, until: at, may: 'be-gone', of });
      this.endAt(at);
    }
  }

  /** Where nothing but another object of the name tells that it ended, it may have ended at any time since it was heard of. */
  endBySuccessor(first: Change): void {
    if (this.#endedBy !== 'successor' || this.#end !== this.#life.end || first.resource === 'endpoints')
      return;
    const lastAt = Math.max(this.#sights.lastAt, this.#heardOfAt);
    if (first.receivedAt <= lastAt + CLOCKS_DIFFER) return;
    const until = this.#end;
    const mayBeGone = this.#open.some(
      (one) => one.may !== 'differ' && one.start < until && until <= one.until,
    );
    if (!mayBeGone) this.#open.push({ start: lastAt, until, may: 'be-gone', of: missedEnd(first, lastAt) });
  }

  attach(of: Doubtful, told = of.doubt.may): void {
    if (this.#sights.isUnchangedBy(of)) return;
    const may = this.#mayOf(of, told);
    if (may === undefined) return;
    const until = this.#sights.firstWholeAfter(of);
    const taken = may === 'be-gone' ? this.#takenAfter(of) : undefined;
    this.#open.push({
      start: of.receivedAt,
      until,
      may,
      of,
      ...(taken !== undefined && { refutedAt: taken.at }),
    });
    if (may !== 'be-gone') this.#differsUntil = Math.max(this.#differsUntil, until);
    if (may !== 'differ') this.#goneUntil = Math.max(this.#goneUntil, until);
  }

  #takenAfter({ at }: Doubtful): Change | undefined {
    return this.#takings.find(({ receivedAt }) => receivedAt >= at);
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

/** What a request that found the name free, or another object of it, tells of one of which nothing else says that it ended. */
function missedEnd(absence: Change, lastAt: Instant): Doubtful {
  const how = absence.what === 'absent' ? 'a request did not find it' : 'another one has its name';
  return {
    ...absence,
    id: `${absence.id}#missed`,
    what: 'doubtful',
    receivedAt: lastAt,
    doubt: {
      reason: END_MISSED,
      may: 'be-gone',
      message: `${placeText(absence)}: ${how}, and its deletion is in no log.`,
    },
  };
}
