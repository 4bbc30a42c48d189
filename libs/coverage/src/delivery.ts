import type { Instant } from '@margay/ground';
import { CanaryRuns, runOf } from './canary-runs.ts';
import type { CanaryRun } from './canary.ts';
import { PROBLEMS_MAX, type Counts, type CoverageMark, type Problem } from './mark.ts';
import { outlineOf, type Outline, type Rest } from './outline.ts';
import { Listening, type Rhythm } from './rhythm.ts';

/** What came without a time and could not be used, all between the same two events. */
export interface Unread {
  readonly source: string;
  /** The event before; absent where there is none. */
  readonly after?: Instant;
  /** The event behind; absent while there is none. */
  readonly before?: Instant;
  /** How many, by outcome. */
  readonly counts: Counts;
  /** By position; `PROBLEMS_MAX` of one source. */
  readonly problems: readonly Problem[];
}

/** All that a source delivered, over all of its time and in bounded space: what no single mark shows. */
export interface Delivery {
  readonly source: string;
  /** How many positions were read. */
  readonly lines: number;
  /** Absent where nothing has a time. */
  readonly first?: Instant;
  readonly last?: Instant;
  readonly rhythm: Rhythm;
  /** Outcomes of what has no time and is no problem. */
  readonly timeless: Counts;
  /** By position; at most `UNREAD_MAX`, the oldest as one where there are more. */
  readonly unread: readonly Unread[];
  /** By state, writer, server and sequence; empty where none came. */
  readonly canaries: readonly CanaryRun[];
}

const UNREAD_MAX = 1_000;

/** What each source delivered, by source. @param marks in any order. */
export function deliveriesOf(marks: readonly CoverageMark[]): Delivery[] {
  const inPlace = marks
    .map(outlineOf)
    .sort((a, b) => (a.source === b.source ? a.from - b.from : a.source < b.source ? -1 : 1));
  const deliveries = new Deliveries();
  for (const outline of inPlace) deliveries.add(outline);
  return deliveries.all();
}

/** Sums outlines up, which come by source and then position. */
export class Deliveries {
  readonly #done: Delivery[] = [];
  #current: DeliverySum | undefined;

  add(outline: Outline): void {
    if (this.#current?.source !== outline.source) {
      this.#finish();
      this.#current = new DeliverySum(outline.source);
    }
    this.#current!.add(outline);
  }

  all(): Delivery[] {
    this.#finish();
    return this.#done;
  }

  #finish(): void {
    if (this.#current) this.#done.push(this.#current.delivery());
    this.#current = undefined;
  }
}

interface OpenUnread extends Unread {
  before?: Instant;
  counts: Counts;
  problems: Problem[];
}

class DeliverySum {
  readonly source: string;
  readonly #listening = new Listening();
  readonly #timeless: Record<string, number> = {};
  readonly #unread: OpenUnread[] = [];
  readonly #canaries = new CanaryRuns();
  #lines = 0;
  #problems = 0;
  #first: Instant | undefined;
  #last: Instant | undefined;
  /** Of the marks so far, the time of the last one that has one. */
  #behind: Instant | undefined;

  constructor(source: string) {
    this.source = source;
  }

  add({ from, to, beats, rest, canaries = [] }: Outline): void {
    for (const canary of canaries) this.#canaries.add(runOf(canary));
    this.#lines += to - from;
    let [first, last]: (Instant | undefined)[] = [];
    for (const beat of beats) {
      this.#listening.hear(...beat);
      first = Math.min(first ?? beat[0], beat[0]);
      last = Math.max(last ?? beat[1], beat[1]);
    }
    if (first !== undefined && last !== undefined) {
      this.#first = Math.min(this.#first ?? first, first);
      this.#last = Math.max(this.#last ?? last, last);
      const open = this.#unread.at(-1);
      if (open && open.before === undefined) open.before = first;
    }
    if (rest) this.#addRest(rest);
    this.#behind = last ?? this.#behind;
  }

  #addRest({ timeless, problems }: Rest): void {
    const left: Record<string, number> = { ...timeless };
    for (const problem of problems) {
      const outcome = `${problem.kind}:${problem.reason}`;
      left[outcome] = (left[outcome] ?? 1) - 1;
      this.#addProblem(problem.after ?? this.#behind, problem.before, { [outcome]: 1 }, [problem]);
    }
    for (const [outcome, n] of Object.entries(left)) {
      if (n <= 0) continue;
      if (!/^(unusable|doubtful):/.test(outcome))
        this.#timeless[outcome] = (this.#timeless[outcome] ?? 0) + n;
      // They are not listed: somewhere from the first that is on.
      else this.#addProblem(problems[0]?.after ?? this.#behind, undefined, { [outcome]: n }, []);
    }
  }

  #addProblem(
    after: Instant | undefined,
    before: Instant | undefined,
    counts: Counts,
    problems: readonly Problem[],
  ): void {
    const listed = problems.slice(0, PROBLEMS_MAX - this.#problems);
    this.#problems += listed.length;
    const near = this.#unread.at(-1);
    if (near && near.after === after && (near.before === before || near.before === undefined)) {
      near.counts = sumOf(near.counts, counts);
      near.problems.push(...listed);
      if (before !== undefined) near.before = before;
      return;
    }
    this.#unread.push({
      source: this.source,
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
      counts,
      problems: [...listed],
    });
    if (this.#unread.length > UNREAD_MAX) this.#foldOldest();
  }

  #foldOldest(): void {
    const [a, b] = this.#unread;
    if (!a || !b) return;
    const after = a.after === undefined || b.after === undefined ? undefined : Math.min(a.after, b.after);
    const before = b.before === undefined ? a.before : Math.max(a.before ?? b.before, b.before);
    this.#unread.splice(0, 2, {
      source: this.source,
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
      counts: sumOf(a.counts, b.counts),
      problems: [...a.problems, ...b.problems],
    });
  }

  delivery(): Delivery {
    return {
      source: this.source,
      lines: this.#lines,
      ...(this.#first !== undefined && { first: this.#first }),
      ...(this.#last !== undefined && { last: this.#last }),
      rhythm: this.#listening.rhythm(),
      timeless: this.#timeless,
      unread: this.#unread,
      canaries: this.#canaries.all(),
    };
  }
}

/** The sum of counts. */
export function sumOf(...all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all)
    for (const [outcome, n] of Object.entries(counts)) sum[outcome] = (sum[outcome] ?? 0) + n;
  return sum;
}
