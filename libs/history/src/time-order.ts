import {
  compareResourceVersions,
  DAY,
  fields,
  list,
  MINUTE,
  SECOND,
  type Fields,
  type Instant,
  type Interval,
} from '@margay/ground';
import type { Change } from './change.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { changesIn, type Reading } from './reading.ts';
import { isOfOwnCounter } from './two-clusters.ts';

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
  /** The longest step from one of them to the next. */
  step: number;
  /** How many of the times that were noted of what had been told stand here again. */
  repeated: number;
  lines: number;
  /** How many are of a whole second, which may come again by chance. */
  wholeSeconds: number;
  /** All of them are of a time of which nothing had been told. */
  fillsHole: boolean;
}

/** Times that went back and came this far again: without a second time this is told. */
const QUIET = 10 * MINUTE;
/** Of less, without a counter, nobody can say what it was. */
const LEAST = 30 * SECOND;
/** Of so many times in which nothing was told it is known that lines that come late may fill them: of the last ones. */
const HOLES_MAX = 64;
/** From so many noted times on those are thinned out that lie close together, seen from now. */
const NOTED_MAX = 256;
const NOTED_EACH = 4;
/** So many noted times have to come again until lines are known to be those that were told before. */
const REPEATED_MIN = 2;

/**
 * Follows the times of what one source tells, in its order, for where its clock was set back: then a time comes twice, and by the times
 * alone nobody knows what was first.
 *
 * Lines of several API servers are in no strict order either, and logs are put together in any order. The cluster's counter tells
 * these apart: what was asked for when a lesser number had been stored, by a clock that had come further, was told by a clock that was
 * set back. Where no number tells, times that go back once, and go on from there through all that was told, have come twice; unless
 * they are the same to the microsecond, as where a log is read again from its beginning, or fill a time in which nothing was told, as
 * what is sent late does: that came once.
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
  /** In which nothing was told, by time. */
  #holes: Interval[] = [];
  /** Some of the times that were told, by time: the longer ago, the fewer. None that a clock may read twice by chance. */
  #noted: Instant[] = [];

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
    if (at > newest) this.#goOn(newest, at);
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

  #goOn(from: Instant, to: Instant): void {
    if (to - from >= LEAST) this.#holes = [...this.#holes.slice(1 - HOLES_MAX), { start: from, end: to }];
    // Whole seconds come again when a clock is set back by whole seconds.
    if (!isWholeSecond(to)) this.#noted.push(to);
    if (this.#noted.length >= NOTED_MAX) this.#noted = thinned(this.#noted);
  }

  #isInHole(at: Instant): boolean {
    return this.#holes.some(({ start, end }) => start - CLOCKS_DIFFER <= at && at <= end + CLOCKS_DIFFER);
  }

  #goBack(at: Instant, newest: Instant): void {
    this.#waiting = undefined;
    const behind = (this.#behind ??= {
      start: at,
      end: at + 1,
      until: newest + 1,
      untold: at,
      proven: false,
      isSpared: newest < this.#caughtUp + QUIET,
      step: 0,
      repeated: 0,
      lines: 0,
      wholeSeconds: 0,
      fillsHole: true,
    });
    if (this.#noted.includes(at)) behind.repeated++;
    behind.lines++;
    if (isWholeSecond(at)) behind.wholeSeconds++;
    behind.fillsHole &&= this.#isInHole(at);
    behind.step = Math.max(behind.step, at - behind.end);
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
    const cameTwice = goesOn && until - start >= LEAST && !this.#isRepeated(behind) && !this.#isLate(behind);
    if (!proven && !isSpared && cameTwice) this.#waiting = { start, end: until, until };
    this.#holes = this.#holes.filter((hole) => end <= hole.start || hole.end <= start);
    this.#caughtUp = at;
    this.#behind = undefined;
  }

  /** Whether these lines were told before: then all the times come again that were noted. */
  #isRepeated({ start, until, repeated, lines, wholeSeconds }: Behind): boolean {
    if (wholeSeconds > lines / 10) return false;
    const noted = this.#noted.filter((at) => start <= at && at < until - 1 - CLOCKS_DIFFER);
    return noted.length >= REPEATED_MIN && repeated >= noted.length;
  }

  /** Whether these lines fill a hole, and nothing of what was told behind it came again, though that is long for them. */
  #isLate({ start, end, until, step, fillsHole }: Behind): boolean {
    const hole = this.#holes.findLast((one) => one.start < end && start < one.end);
    return fillsHole && hole !== undefined && until - hole.end > 2 * step + CLOCKS_DIFFER;
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
      holes: this.#holes,
      noted: this.#noted,
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
    this.#holes = list(state['holes']).map((hole) => ({ ...fields(hole) }) as unknown as Interval);
    this.#noted = list(state['noted']).flatMap((at) => instantIn(at) ?? []);
  }
}

const isWholeSecond = (at: Instant): boolean => at % SECOND === 0;

/** Without those whose neighbours are close together, seen from the newest. */
function thinned(noted: readonly Instant[]): Instant[] {
  const newest = noted.at(-1) ?? 0;
  const kept: Instant[] = [];
  for (const [i, at] of noted.entries()) {
    const [before, after] = [kept.at(-1) ?? -Infinity, noted[i + 1] ?? Infinity];
    if (after - before >= (newest - at) / NOTED_EACH) kept.push(at);
  }
  // Many of one moment: the oldest of them go.
  return kept.slice(-NOTED_MAX / 2);
}

const instantIn = (value: unknown): Instant | undefined => (typeof value === 'number' ? value : undefined);

/** What shows a number of the cluster's counter. */
const isOfCounter = (change: Change): boolean =>
  change.what === 'present' && change.resourceVersion !== undefined && isOfOwnCounter(change);
