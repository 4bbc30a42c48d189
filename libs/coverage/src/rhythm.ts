import { type Instant, type Interval, MINUTE, minuteOf, SECOND } from '@margay/ground';
import { type Heard, heardTogether, silencesIn } from './heard.ts';

/**
 * How a source delivers: its silences, from one event to the next, by the minute in which they end. The first event of a minute ends one
 * however short it is, another one that is longer than `RHYTHMIC`; of several that end in one minute the longest counts, so that a burst
 * in which everything comes at once is not taken for the rhythm.
 */
export interface Rhythm {
  /**
   * How many of the minutes between the first and the last in which something came end a silence of each length: `silences[c]` of at most
   * `SECOND × 2^(c/4)`, and longer than those before.
   */
  readonly silences: readonly number[];
  /** The first and the last minute in which something came, or the only one; none where nothing did. In another part they may go on. */
  readonly ends: readonly MinuteEnd[];
  /** The longest of at least `SHORTEST`, in time order: at most `LONGEST_MAX`. From the event before to the one behind. */
  readonly longest: readonly Interval[];
  /** How long the longest is that is not among them, where there are more; else 0. */
  readonly leftOut: number;
}

/** A minute in which something came. */
interface MinuteEnd {
  readonly minute: Instant;
  /** How long the longest silence is that ended in it; 0 where none did. */
  readonly longest: number;
}

/** Within a minute, no shorter silence is part of a rhythm. */
export const RHYTHMIC = 5 * SECOND;

/** No silence that is shorter says anything. */
export const SHORTEST = 30 * SECOND;

/** How many silences of one source are told apart; beyond, see `leftOut`. */
export const LONGEST_MAX = 1_000;

const CLASSES_PER_DOUBLING = 4;

const classOf = (length: number): number =>
  Math.max(0, Math.ceil(CLASSES_PER_DOUBLING * Math.log2(length / SECOND)));

const longestOf = (c: number): number => Math.round(SECOND * 2 ** (c / CLASSES_PER_DOUBLING));

/** Fewer lines than this do not make a rhythm. */
export const FEW_LINES = 100;
/** How long a source of which too little is known may be silent between two events. */
const FEW_LINES_ALLOWED = 15 * MINUTE;
const TIMES = 4;
const SHARE = 0.95;
/** So many silences of one length are a tick, however few lines there are. */
const TICKS_MIN = 20;
/** What comes more often is a burst, and says nothing of what follows. */
const TICK_MIN = 10 * SECOND;

/**
 * How long a silence of the source may be before it says that something is missing: four times what 95 % of its silences do
 * not exceed, the longest left aside, since it may be what is looked for; and never less than 30 seconds, or 15 minutes where
 * fewer than a hundred lines were read and they do not come like the ticks of a clock.
 */
export function allowedSilence(rhythm: Rhythm, lines: number): number {
  const silences = allSilences(rhythm);
  const total = silences.reduce((sum, n) => sum + n, 0);
  const usual = classAt(silences, Math.min(Math.floor(SHARE * (total - 1)), total - 2));
  const isFew = lines < FEW_LINES && !isTicking(silences, total, usual);
  const floor = isFew ? FEW_LINES_ALLOWED : SHORTEST;
  return usual === undefined ? floor : Math.max(floor, TIMES * longestOf(usual));
}

/** With those that end in the first and the last minute. */
function allSilences({ silences, ends }: Rhythm): readonly number[] {
  const all = [...silences];
  for (const { longest } of ends) if (longest > 0) count(all, longest);
  return all;
}

/** Half of the silences are as long as nearly all of them are. */
function isTicking(silences: readonly number[], total: number, usual: number | undefined): boolean {
  const half = classAt(silences, Math.floor((total - 1) / 2));
  if (total < TICKS_MIN || usual === undefined || half === undefined) return false;
  return usual - half <= 1 && longestOf(half) >= TICK_MIN;
}

/** The class of the silence of a rank, from 0 for the shortest; undefined where there is none. */
function classAt(silences: readonly number[], rank: number): number | undefined {
  let below = 0;
  for (const [c, n] of silences.entries()) {
    below += n;
    if (rank >= 0 && below > rank) return c;
  }
  return undefined;
}

/**
 * How long nothing may have come at the end, where no later event says that the source went on: what its rhythm allows, and
 * of a source without one half a minute.
 */
export const allowedAtTheEnd = (rhythm: Rhythm, lines: number): number =>
  lines < FEW_LINES ? SHORTEST : allowedSilence(rhythm, lines);

/**
 * The silences that are longer, in time order. Where there are more than are told apart, one from the first event to the last:
 * what is not known is never left out.
 */
export const silencesOver = (
  { longest, leftOut }: Rhythm,
  allowed: number,
  whole: Interval,
): readonly Interval[] =>
  leftOut > allowed ? [whole] : longest.filter(({ start, end }) => end - start > allowed);

/** A rhythm while it is being listened to: minutes come in any order, and in parts. */
export class Listening {
  readonly #silences: number[] = [];
  readonly #long = new LongSilences();
  #ends: MinuteEnd[] = [];
  /** Minutes that may still change, by their first instants. */
  #open = new Map<Instant, Heard>();
  #lastHeard: Instant | undefined;

  /** What came in a minute, as far as it is known, with its silences that are longer than `RHYTHMIC`. */
  hear(heard: Heard): void {
    const minute = minuteOf(heard.first);
    const known = this.#open.get(minute);
    this.#open.set(minute, known === undefined ? heard : heardTogether([known, heard], RHYTHMIC));
    if (this.#open.size > 2 * OPEN_MAX) this.#close(OPEN_MAX);
  }

  rhythm(): Rhythm {
    this.#close(0);
    return { silences: this.#silences, ends: this.#ends, ...this.#long.all() };
  }

  /** Takes the oldest minutes up for good, but for so many. */
  #close(left: number): void {
    const minutes = [...this.#open].sort(([a], [b]) => a - b);
    for (const [minute, heard] of minutes.slice(0, minutes.length - left)) this.#pass(minute, heard);
    this.#open = new Map(minutes.slice(minutes.length - left));
  }

  #pass(minute: Instant, heard: Heard): void {
    const { first, last } = heard;
    const before = this.#lastHeard;
    this.#lastHeard = Math.max(last, before ?? last);
    // Of minutes that come when later ones are taken up already nothing is known but that there was no silence then.
    if (before !== undefined && first <= before) return this.#long.interrupt(first);
    const ended = [...(before === undefined ? [] : [{ start: before, end: first }]), ...silencesIn(heard)];
    for (const silence of ended) this.#long.add(silence);
    this.#ends = endsWith(this.#ends, [{ minute, longest: longestOfAll(ended) }], this.#silences);
  }
}

const longestOfAll = (silences: readonly Interval[]): number =>
  silences.reduce((longest, { start, end }) => Math.max(longest, end - start), 0);

/** The first minute and the last, where more follow; what is between them is counted. */
function endsWith(ends: readonly MinuteEnd[], more: readonly MinuteEnd[], silences: number[]): MinuteEnd[] {
  const all = [...ends, ...more];
  for (const { longest } of all.slice(1, -1)) if (longest > 0) count(silences, longest);
  return all.length < 2 ? all : [all[0]!, all.at(-1)!];
}

/** The longest silences of a source, of which there may be any number. */
class LongSilences {
  #kept: Interval[] = [];
  #leftOut: number;

  constructor(leftOut = 0) {
    this.#leftOut = leftOut;
  }

  add(silence: Interval): void {
    if (silence.end - silence.start < SHORTEST) return;
    this.#kept.push(silence);
    if (this.#kept.length > 2 * LONGEST_MAX) this.#leaveOut();
  }

  /** Something came then. */
  interrupt(at: Instant): void {
    const i = this.#kept.findIndex(({ start, end }) => start < at && at < end);
    const silence = this.#kept[i];
    if (silence === undefined) return;
    this.#kept.splice(i, 1);
    this.add({ start: silence.start, end: at });
    this.add({ start: at, end: silence.end });
  }

  all(): Pick<Rhythm, 'longest' | 'leftOut'> {
    this.#leaveOut();
    return { longest: this.#kept.toSorted((a, b) => a.start - b.start), leftOut: this.#leftOut };
  }

  #leaveOut(): void {
    if (this.#kept.length <= LONGEST_MAX) return;
    const inOrder = this.#kept.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
    const { start, end } = inOrder[LONGEST_MAX]!;
    this.#leftOut = Math.max(this.#leftOut, end - start);
    this.#kept = inOrder.slice(0, LONGEST_MAX);
  }
}

/** More minutes with events than a week has are not held open: logs are in order but for moments. */
const OPEN_MAX = 10_000;

function count(silences: number[], length: number): void {
  const c = classOf(length);
  while (silences.length <= c) silences.push(0);
  silences[c] = silences[c]! + 1;
}

/**
 * The rhythm of a source that delivered in parts, one after the other: that of the whole.
 *
 * @param between from the last event of one in which something came to the first of the next such.
 */
export function joinedRhythms(parts: readonly Rhythm[], between: readonly Interval[]): Rhythm {
  const silences: number[] = [];
  const long = new LongSilences(Math.max(0, ...parts.map(({ leftOut }) => leftOut)));
  let ends: readonly MinuteEnd[] = [];
  const heard = parts.filter((part) => part.ends.length > 0);
  for (const [i, part] of heard.entries()) {
    for (const [c, n] of part.silences.entries()) {
      while (silences.length <= c) silences.push(0);
      silences[c] = silences[c]! + n;
    }
    for (const silence of part.longest) long.add(silence);
    const silence = i === 0 ? undefined : between[i - 1];
    if (silence) long.add(silence);
    ends = joinedEnds(ends, part.ends, silence, silences);
  }
  return { silences, ends, ...long.all() };
}

/** What is between is counted: see `endsWith`. A minute in which the one part ends and the other one begins is one. */
function joinedEnds(
  before: readonly MinuteEnd[],
  [begin, ...others]: readonly MinuteEnd[],
  silence: Interval | undefined,
  silences: number[],
): MinuteEnd[] {
  const end = before.at(-1);
  const length = silence === undefined ? 0 : Math.max(0, silence.end - silence.start);
  if (end === undefined || begin === undefined) return [...before, ...(begin ? [begin] : []), ...others];
  const isOne = end.minute === begin.minute;
  const ended = isOne && length <= RHYTHMIC ? 0 : length;
  const longest = Math.max(isOne ? end.longest : 0, ended, begin.longest);
  return endsWith(isOne ? before.slice(0, -1) : before, [{ ...begin, longest }, ...others], silences);
}
