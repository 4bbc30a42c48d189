import { compareTexts, type Instant, SECOND } from '@margay/ground';
import type { Canary, CanaryRun } from './canary.ts';

/**
 * Canaries that follow one another within this time prove what lies between them. Those that come later do not: an API server
 * gives up a batch that nobody took after about 90 seconds, and what was lost then would lie between two canaries that came.
 */
export const STEP_MAX = 75 * SECOND;

/** Of one API server; beyond, the oldest are forgotten: they prove nothing any more, and what they missed is not told. */
const RUNS_MAX = 1_000;

/** A canary as a run of one. */
export const runOf = ({ sequence, at, since, ...canary }: Canary): CanaryRun => ({
  ...canary,
  from: sequence,
  to: sequence,
  first: since ?? at,
  last: at,
});

/** Puts canaries together to runs: they come in any order, and more than once. */
export class CanaryRuns {
  readonly #runs = new Map<string, CanaryRun[]>();
  readonly #border: Instant;

  /** @param border no run goes over it, so that what lies before it stays the same. */
  constructor(border: Instant = Infinity) {
    this.#border = border;
  }

  add(run: CanaryRun): void {
    const key = `${run.state} ${run.writer} ${run.server}`;
    const runs = this.#runs.get(key) ?? [];
    this.#runs.set(key, runs);
    const i = runs.findLastIndex(({ from }) => from <= run.from) + 1;
    runs.splice(i, 0, run);
    join(runs, i, this.#border);
    join(runs, i - 1, this.#border);
    if (runs.length > RUNS_MAX) runs.shift();
  }

  /** By state, writer, server and sequence. */
  all(): CanaryRun[] {
    return [...this.#runs].sort(([a], [b]) => compareTexts(a, b)).flatMap(([, runs]) => runs);
  }
}

/** Joins the run at a place and the ones behind it, as far as they are one. */
function join(runs: CanaryRun[], i: number, border: Instant): void {
  for (let [a, b] = [runs[i], runs[i + 1]]; a && b; [a, b] = [runs[i], runs[i + 1]]) {
    const isOne =
      b.from <= a.to || (goesOn(a, b) && a.servers === b.servers && !(a.last < border && border <= b.first));
    if (!isOne) return;
    const later = b.to > a.to ? b : a;
    // A number that was given twice proves nothing the second time.
    if (b.from <= a.to && later.last < Math.max(a.last, b.last)) runs.splice(i + 1, 1);
    else
      runs.splice(i, 2, {
        ...later,
        from: a.from,
        first: Math.min(a.first, b.first),
        last: Math.max(a.last, b.last),
        servers: Math.max(a.servers, b.servers),
      });
  }
}

/** Whether a run goes on where another ended, neither too late nor before it: nothing is missing between them. */
export const goesOn = (a: CanaryRun, b: CanaryRun): boolean =>
  b.from === a.to + 1 && a.state !== 'lost' && a.last <= b.first && b.first - a.last <= STEP_MAX;
