import { compareTexts, formatInstant, gapsIn, type Window } from '@margay/ground';
import type { Assessment } from './assess.ts';
import { canaryProofOf } from './canary-proof.ts';
import type { CanaryRun } from './canary.ts';

/** What canaries say of one API server, for a window. */
export interface ServerEvidence {
  readonly server: string;
  /** Sources that are proven to have told all of it throughout the window. */
  readonly provenBy: readonly string[];
  /** Sources that delivered a canary of it up to the window's end. */
  readonly seenBy: readonly string[];
  /** The last up to the window's end that its writer says was written; absent where nobody says so. */
  readonly lastWritten?: string;
  /** Why the last one that could not be written was not, as a sentence. */
  readonly notWritten?: string;
}

/** The API servers of which canaries tell in the window, by name. */
export function canaryEvidence(
  { streams, canaries }: Pick<Assessment, 'streams' | 'canaries'>,
  window: Window,
): ServerEvidence[] {
  const touches = ({ first, last }: CanaryRun) => first < window.end && window.start <= last;
  const seen = streams.flatMap(({ stream }) => stream.canaries);
  const told = canaries.filter(({ state }) => state === 'written' || state === 'failed');
  const servers = new Set([...seen, ...told].filter(touches).map(({ server }) => server));
  return [...servers].sort(compareTexts).map((server) => {
    const own = told.filter((run) => run.server === server && run.first < window.end);
    const written = own.filter(({ state }) => state === 'written').map(({ last }) => last);
    const failed = own.filter((run) => run.state === 'failed' && touches(run)).at(-1);
    const delivering = streams
      .map(({ stream }) => ({
        name: stream.name,
        runs: stream.canaries.filter((run) => run.server === server),
      }))
      .filter(({ runs }) => runs.length > 0);
    return {
      server,
      provenBy: delivering
        .filter(({ runs }) => gapsIn(window, canaryProofOf(runs, []).proven).length === 0)
        .map(({ name }) => name),
      seenBy: delivering
        .filter(({ runs }) => runs.some(({ first }) => first < window.end))
        .map(({ name }) => name),
      ...(written.length > 0 && { lastWritten: formatInstant(Math.max(...written)) }),
      ...(failed?.message !== undefined && { notWritten: failed.message }),
    };
  });
}
