import { type Instant, type Interval, MINUTE, minuteOf, SECOND } from '@margay/ground';

/**
 * How a source delivers: its silences, each from the last event of a minute to the first of the next minute that has one.
 * What is shorter than a minute, and within one, does not show.
 */
export interface Rhythm {
  /** How many silences of each length there are: `silences[c]` of at most `SECOND × 2^(c/4)`, and longer than those before. */
  readonly silences: readonly number[];
  /** The longest of at least `SHORTEST`, in time order: at most `LONGEST_MAX`. From the event before to the one behind. */
  readonly longest: readonly Interval[];
}

/** No silence that is shorter says anything. */
export const SHORTEST = 30 * SECOND;

/** How many silences of one source are told apart; beyond, see `silencesOver`. */
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
export function allowedSilence({ silences }: Rhythm, lines: number): number {
  const total = silences.reduce((sum, n) => sum + n, 0);
  const usual = classAt(silences, Math.min(Math.floor(SHARE * (total - 1)), total - 2));
  const isFew = lines < FEW_LINES && !isTicking(silences, total, usual);
  const floor = isFew ? FEW_LINES_ALLOWED : SHORTEST;
  return usual === undefined ? floor : Math.max(floor, TIMES * longestOf(usual));
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
export function silencesOver(
  { silences, longest }: Rhythm,
  allowed: number,
  whole: Interval,
): readonly Interval[] {
  const over = longest.filter(({ start, end }) => end - start > allowed);
  const counted = silences.slice(classOf(allowed) + 1).reduce((sum, n) => sum + n, 0);
  return counted > over.length ? [whole] : over;
}

/** A rhythm while it is being listened to: minutes come in any order, and more than once. */
export class Listening {
  readonly #silences: number[] = [];
  #longest: Interval[] = [];
  /** Minutes that may still change, by their first instants. */
  #open = new Map<Instant, { first: Instant; last: Instant }>();
  #lastHeard: Instant | undefined;

  /** The first and the last event of a minute, as far as they are known. */
  hear(first: Instant, last: Instant): void {
    const minute = minuteOf(first);
    const known = this.#open.get(minute);
    if (known) {
      known.first = Math.min(known.first, first);
      known.last = Math.max(known.last, last);
    } else this.#open.set(minute, { first, last });
    if (this.#open.size > 2 * OPEN_MAX) this.#close(OPEN_MAX);
  }

  rhythm(): Rhythm {
    this.#close(0);
    return { silences: this.#silences, longest: inTime(longestSilences(this.#longest)) };
  }

  /** Takes the oldest minutes up for good, but for so many. */
  #close(left: number): void {
    const minutes = [...this.#open].sort(([a], [b]) => a - b);
    for (const [, { first, last }] of minutes.slice(0, minutes.length - left)) this.#pass(first, last);
    this.#open = new Map(minutes.slice(minutes.length - left));
  }

  #pass(first: Instant, last: Instant): void {
    const before = this.#lastHeard;
    this.#lastHeard = Math.max(last, before ?? last);
    if (before === undefined) return;
    // Of minutes that come when later ones are taken up already nothing is known but that there was no silence then.
    if (first <= before) return this.#interrupt(first);
    count(this.#silences, first - before);
    if (first - before < SHORTEST) return;
    this.#longest.push({ start: before, end: first });
    if (this.#longest.length > 2 * LONGEST_MAX) this.#longest = longestSilences(this.#longest);
  }

  #interrupt(at: Instant): void {
    const i = this.#longest.findIndex(({ start, end }) => start < at && at < end);
    const silence = this.#longest[i];
    if (silence === undefined) return;
    const parts = [
      { start: silence.start, end: at },
      { start: at, end: silence.end },
    ].filter(({ start, end }) => end - start >= SHORTEST);
    this.#longest.splice(i, 1, ...parts);
  }
}

/** More minutes with events than a week has are not held open: logs are in order but for moments. */
const OPEN_MAX = 10_000;

function count(silences: number[], length: number): void {
  const c = classOf(length);
  while (silences.length <= c) silences.push(0);
  silences[c] = silences[c]! + 1;
}

const longestSilences = (silences: readonly Interval[]): Interval[] =>
  silences.length <= LONGEST_MAX
    ? [...silences]
    : [...silences]
        .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)
        .slice(0, LONGEST_MAX);

const inTime = (silences: Interval[]): Interval[] => silences.sort((a, b) => a.start - b.start);

/** The rhythm of a source that delivered in parts, one after the other. @param between from the last event of one to the first of the next. */
export function joinedRhythms(parts: readonly Rhythm[], between: readonly Interval[]): Rhythm {
  const silences: number[] = [];
  for (const part of parts)
    for (const [c, n] of part.silences.entries()) {
      while (silences.length <= c) silences.push(0);
      silences[c] = silences[c]! + n;
    }
  // Within a minute no silence shows, so that a cut within one makes none.
  const shown = between.filter(({ start, end }) => start < end && minuteOf(start) !== minuteOf(end));
  for (const { start, end } of shown) count(silences, end - start);
  const long = shown.filter(({ start, end }) => end - start >= SHORTEST);
  return {
    silences,
    longest: inTime(longestSilences([...parts.flatMap(({ longest }) => longest), ...long])),
  };
}
