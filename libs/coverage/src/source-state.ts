import { compareTexts, formatInstant, type Instant } from '@margay/ground';
import { assessAlone } from './assess.ts';
import type { CanaryProof } from './canary-proof.ts';
import type { CanaryRun } from './canary.ts';
import { deliveriesOf } from './delivery.ts';
import {
  printed,
  type PrintedInterval,
  printedRetirement,
  type PrintedRetirement,
  printedRhythm,
  type PrintedRhythm,
} from './evidence.ts';
import type { CoverageMark } from './mark.ts';
import { believedOf, type Retirement } from './retirement.ts';
import { isOfCanaries } from './source.ts';

/** What a source delivered of the canaries that were written through one API server. */
export interface CanarySight {
  readonly server: string;
  /** When the last that came was written, by the API server's clock. */
  readonly lastSeen: string;
  /** From then on canaries were written and did not come; absent where it came as it should. */
  readonly silentSince?: string;
}

/** How a source delivered, from its own beginning on: see `assessAlone`. */
export interface SourceState extends PrintedRhythm {
  /** What delivers as one with it, as printed: the log whose files this is one of. */
  readonly stream: string;
  /** Times that came twice, in time order: see `CoverageMark`. */
  readonly toldTwice: readonly PrintedInterval[];
  /** Stretches between canaries that all came, in time order. */
  readonly proven: readonly PrintedInterval[];
  /** By API server. */
  readonly canaries: readonly CanarySight[];
  /** Where it is out of service, as somebody said, and told nothing afterwards. */
  readonly retired?: PrintedRetirement;
}

/** What is said of an API server by those who write canaries through it. */
export interface WrittenCanaries {
  readonly server: string;
  readonly lastWritten?: string;
  /** Why the last one could not be written. */
  readonly notWritten?: string;
}

/**
 * How each source that tells of a time delivered, by source; of a rotated log all files say the same.
 *
 * @param marks all of them.
 * @param lastWindowEnd up to when reports say how sources delivered: so much is said here at least, and the same.
 */
export function sourceStates(
  marks: readonly CoverageMark[],
  lastWindowEnd: Instant = -Infinity,
  retirements: readonly Retirement[] = [],
): ReadonlyMap<string, SourceState> {
  return new Map(
    assessAlone(marks, lastWindowEnd, retirements).flatMap(({ stream, ...judged }) => {
      const retirement = believedOf(stream);
      const state: SourceState = {
        stream: stream.name,
        toldTwice: stream.setBack.map(printed),
        ...printedRhythm(judged),
        proven: (stream.proof?.proven ?? []).map(printed),
        canaries: stream.proof === undefined ? [] : sightsOf(stream.canaries, stream.proof),
        ...(retirement && { retired: printedRetirement(retirement) }),
      };
      return stream.sources.map((source) => [source, state] as const);
    }),
  );
}

function sightsOf(seen: readonly CanaryRun[], { silences }: CanaryProof): CanarySight[] {
  return [...Map.groupBy(seen, ({ server }) => server)]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([server, runs]) => {
      const silence = silences.find((one) => one.server === server && one.end === Infinity);
      return {
        server,
        lastSeen: formatInstant(runs.reduce((last, run) => Math.max(last, run.last), -Infinity)),
        ...(silence && { silentSince: formatInstant(silence.start) }),
      };
    });
}

/** The API servers through which canaries were written, or should have been; by name. */
export function writtenCanaries(marks: readonly CoverageMark[]): WrittenCanaries[] {
  const told = deliveriesOf(marks.filter(({ source }) => isOfCanaries(source)))
    .flatMap(({ canaries }) => canaries)
    .filter(({ state }) => state === 'written' || state === 'failed');
  return [...Map.groupBy(told, ({ server }) => server)]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([server, runs]) => {
      const last = runs.reduce((later, run) => (run.last >= later.last ? run : later));
      const written = runs.filter(({ state }) => state === 'written').map((run) => run.last);
      return {
        server,
        ...(written.length > 0 && { lastWritten: formatInstant(Math.max(...written)) }),
        ...(last.state === 'failed' && last.message !== undefined && { notWritten: last.message }),
      };
    });
}

/** Why a source could not be had when a mark of it ended; undefined where it could. */
export function problemAtEnd({ problems, to }: Pick<CoverageMark, 'problems' | 'to'>): string | undefined {
  const last = problems.findLast(({ reason }) => reason === 'unwatched');
  return last !== undefined && last.position === to - 1 ? last.message : undefined;
}
