import { type Instant, type Interval, minuteOf, SECOND } from '@margay/ground';

/** When something came in one minute of the clock. */
export interface Heard {
  /** The first and the last event. */
  readonly first: Instant;
  readonly last: Instant;
  /**
   * The silences between them, in time order: from and to when, in turns, in microseconds of the minute. Only those that are longer
   * than `TOLD`; absent where there is none, and in marks of older releases.
   */
  readonly silences?: readonly number[];
}

/** Silences within a minute that are longer are told. So there are never more than a few dozen, and none that matters is left out. */
export const TOLD = SECOND;

/** When several events came that are of one minute. @param times at least one, in any order. */
export const heardOf = (times: readonly Instant[]): Heard =>
  ofRuns(
    times.map((at) => ({ start: at, end: at })),
    TOLD,
  );

/**
 * When something came that was heard in parts: the same as of all events together, however they were parted, but for silences of up to
 * `least`.
 *
 * @param parts at least one, all of one minute, each with all of its silences that are longer than `least`.
 */
export const heardTogether = (parts: readonly Heard[], least = TOLD): Heard =>
  parts.length === 1 ? parts[0]! : ofRuns(parts.flatMap(runsOf), least);

/** The silences of a minute, in time order. */
export function silencesIn({ first, silences = [] }: Heard): Interval[] {
  const minute = minuteOf(first);
  return Array.from({ length: silences.length / 2 }, (_, i) => ({
    start: minute + silences[2 * i]!,
    end: minute + silences[2 * i + 1]!,
  }));
}

/** The same with the silences alone that are longer. */
export function withSilencesOver(least: number, heard: Heard): Heard {
  const { first, last } = heard;
  return heardIn(
    first,
    last,
    silencesIn(heard).filter(({ start, end }) => end - start > least),
  );
}

/** From silence to silence. */
function runsOf(heard: Heard): Interval[] {
  const silences = silencesIn(heard);
  const starts = [heard.first, ...silences.map(({ end }) => end)];
  const ends = [...silences.map(({ start }) => start), heard.last];
  return starts.map((start, i) => ({ start, end: ends[i]! }));
}

/** What is between runs, each of which has no longer silence than `least` within it. */
function ofRuns(runs: readonly Interval[], least: number): Heard {
  const [begin, ...others] = runs.toSorted((a, b) => a.start - b.start) as [Interval, ...Interval[]];
  const silences: Interval[] = [];
  let last = begin.end;
  for (const { start, end } of others) {
    if (start - last > least) silences.push({ start: last, end: start });
    last = Math.max(last, end);
  }
  return heardIn(begin.start, last, silences);
}

function heardIn(first: Instant, last: Instant, silences: readonly Interval[]): Heard {
  const minute = minuteOf(first);
  return {
    first,
    last,
    ...(silences.length > 0 && {
      silences: silences.flatMap(({ start, end }) => [start - minute, end - minute]),
    }),
  };
}
