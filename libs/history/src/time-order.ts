import {
  compareResourceVersions,
  DAY,
  fields,
  kindOf,
  MINUTE,
  SECOND,
  type Fields,
  type Instant,
  type Interval,
} from '@margay/ground';
import type { Change } from './change.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { changesIn, type Reading } from './reading.ts';

/** Lines of a source that stand behind lines of later times: the times that they tell, and up to when the others do. */
export interface SetBack extends Interval {
  readonly until: Instant;
}

/** The last write that surely stored something: when it was asked for, and what the counter read then. */
interface Stored {
  readonly at: Instant;
  readonly version: string;
}

/** Lines that stand behind those of later times, while times have not come that far again. */
interface Behind extends SetBack {
  /** The counter shows that the clock was set back. */
  proven: boolean;
  /** The counter shows that other lines stand in a wrong place, or times went back just before: these lines say nothing. */
  isSpared: boolean;
  /** The first that is not told of yet. */
  untold: Instant;
  start: Instant;
  end: Instant;
}

/** Times that went back and came this far again: without a second time this is told. */
const QUIET = 10 * MINUTE;
/** Of less, without a counter, nobody can say what it was. */
const LEAST = 30 * SECOND;

/**
 * Follows the times of what one source tells, in its order, for where its clock was set back: then a time comes twice, and by the times
 * alone nobody knows what was first.
 *
 * Lines of several API servers are in no strict order either, and logs are put together in any order. The cluster's counter tells
 * these apart: what was asked for when a lesser number had been stored, by a clock that had come further, was told by a clock that was
 * set back. Where no number tells, times that go back once, and go on from there through all that was told, have come twice.
 */
export class TimeOrder {
  #newest: Instant | undefined;
  /** A time that is far ahead of all others: nothing follows from one alone. */
  #ahead: Instant | undefined;
  #stored: Stored | undefined;
  #behind: Behind | undefined;
  /** When it came as far again last. */
  #caughtUp: Instant = -Infinity;
  #waiting: SetBack | undefined;

  /** What the readings of a batch tell of times that came twice. */
  tell(readings: readonly Reading[]): SetBack[] {
    const found: SetBack[] = [];
    for (const reading of readings) {
      if (reading.at !== undefined) this.#note(reading.at, changesIn(reading), found);
    }
    this.#tellBehind(found);
    return found;
  }

  #note(at: Instant, changes: readonly Change[], found: SetBack[]): void {
    if (this.#isFarAhead(at)) return;
    const newest = this.#newest ?? at;
    if (at < newest - CLOCKS_DIFFER) {
      this.#goBack(at, newest);
      for (const change of changes) this.#compare(change);
    } else {
      if (this.#behind !== undefined) this.#catchUp(at, this.#behind, found);
      if (this.#waiting !== undefined && at > this.#waiting.until + QUIET) {
        found.push(this.#waiting);
        this.#waiting = undefined;
      }
    }
    this.#newest = Math.max(newest, at);
    for (const change of changes) this.#noteStored(change);
  }

  #isFarAhead(at: Instant): boolean {
    if (this.#newest === undefined || at <= this.#newest + DAY) {
      this.#ahead = undefined;
      return false;
    }
    const isAlone = this.#ahead === undefined || Math.abs(at - this.#ahead) > DAY;
    this.#ahead = isAlone ? at : undefined;
    return isAlone;
  }

  #goBack(at: Instant, newest: Instant): void {
    this.#waiting = undefined;
    const behind = this.#behind;
    if (behind === undefined) {
      const isSpared = newest < this.#caughtUp + QUIET;
      const until = newest + 1;
      this.#behind = { start: at, end: at + 1, until, untold: at, proven: false, isSpared };
      return;
    }
    if (at < behind.end - CLOCKS_DIFFER) behind.isSpared = true;
    behind.start = Math.min(behind.start, at);
    behind.untold = Math.min(behind.untold, at);
    behind.end = Math.max(behind.end, at + 1);
  }

  /** What was stored before is of a lesser number, unless what stands here was told before that. */
  #compare(change: Change): void {
    const [behind, stored] = [this.#behind, this.#stored];
    if (behind === undefined || stored === undefined || !isOfCounter(change)) return;
    if (stored.at <= change.at + CLOCKS_DIFFER) return;
    const order = compareResourceVersions(change.resourceVersion, stored.version);
    if (order > 0) behind.proven = true;
    else if (order < 0 && change.actor !== undefined) behind.isSpared = true;
  }

  #catchUp(at: Instant, behind: Behind, found: SetBack[]): void {
    const { start, end, until, proven, isSpared } = behind;
    const goesOn = at - end <= end - start;
    if (goesOn) behind.end = until;
    this.#tellBehind(found);
    if (!proven && !isSpared && goesOn && end - start >= LEAST) this.#waiting = { start, end: until, until };
    this.#caughtUp = at;
    this.#behind = undefined;
  }

  #tellBehind(found: SetBack[]): void {
    const behind = this.#behind;
    if (behind === undefined || !behind.proven || behind.untold >= behind.end) return;
    found.push({ start: behind.untold, end: behind.end, until: behind.until });
    behind.untold = behind.end;
  }

  #noteStored(change: Change): void {
    const { receivedAt: at, resourceVersion: version, created, basedOn } = change;
    if (!isOfCounter(change) || version === undefined || (this.#stored?.at ?? -Infinity) >= at) return;
    const isStored =
      created === true || (basedOn !== undefined && compareResourceVersions(basedOn, version) < 0);
    if (isStored) this.#stored = { at, version };
  }

  /** All that is known, as a value that can be kept. */
  state(): Fields {
    return {
      newest: this.#newest,
      ahead: this.#ahead,
      caughtUp: Number.isFinite(this.#caughtUp) ? this.#caughtUp : undefined,
      stored: this.#stored && { ...this.#stored },
      behind: this.#behind && { ...this.#behind },
      waiting: this.#waiting && { ...this.#waiting },
    };
  }

  /** Goes on from what was kept. */
  recall(state: Fields): void {
    const { newest, ahead, caughtUp } = state;
    const known = <T>(name: string): T | undefined =>
      Object.keys(fields(state[name])).length > 0 ? ({ ...fields(state[name]) } as T) : undefined;
    this.#newest = instantIn(newest);
    this.#ahead = instantIn(ahead);
    this.#caughtUp = instantIn(caughtUp) ?? -Infinity;
    this.#stored = known('stored');
    this.#behind = known('behind');
    this.#waiting = known('waiting');
  }
}

const instantIn = (value: unknown): Instant | undefined => (typeof value === 'number' ? value : undefined);

/** What shows a number of the cluster's counter; what another API server serves may be of a store of its own. */
const isOfCounter = (change: Change): boolean =>
  change.what === 'present' &&
  change.resourceVersion !== undefined &&
  kindOf(change)?.hasStorageForm !== true;
