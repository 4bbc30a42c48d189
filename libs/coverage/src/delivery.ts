import { type Instant, MINUTE, minuteOf } from '@margay/ground';
import { CanariesUpTo } from './canaries-up-to.ts';
import type { CanaryRun } from './canary.ts';
import {
  between,
  PROBLEMS_MAX,
  totalOf,
  type Counts,
  type CoverageMark,
  type Problem,
  type SetBack,
} from './mark.ts';
import { outlineOf, type Beat, type Outline, type Rest } from './outline.ts';
import type { Retirement } from './retirement.ts';
import { FEW_LINES, Listening, type Rhythm } from './rhythm.ts';
import { inPlace, Tiles } from './tiles.ts';

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

/**
 * All that a source delivered, in bounded space: what no single mark shows. Over all of its time, or as far as a window that ends at an
 * instant is concerned: of what came later, only that it came. So it stays the same while the source goes on.
 */
export interface Delivery {
  readonly source: string;
  /** See `CoverageMark`. */
  readonly goesOnFrom?: string;
  /** How many events, and how much that has no time. */
  readonly lines: number;
  /** Absent where nothing has a time. */
  readonly first?: Instant;
  /** Of a window, the first event behind it where there is one. */
  readonly last?: Instant;
  /** As it was learnt up to then, and over `FEW_LINES` at least. */
  readonly rhythm: Rhythm;
  /** How many lines that rhythm is of. */
  readonly learnt: number;
  /** Its last event of all. Absent where nothing has a time. */
  readonly lastOfAll?: Instant;
  /** Outcomes of what has no time and is no problem. */
  readonly timeless: Counts;
  /** By position; at most `UNREAD_MAX`, the oldest as one where there are more. */
  readonly unread: readonly Unread[];
  /** By state, writer, server and sequence; empty where none came. */
  readonly canaries: readonly CanaryRun[];
  /** See `CoverageMark`; in time order, those that go on from one another as one. At most `SET_BACK_MAX`, the oldest as one where there are more. */
  readonly setBack: readonly SetBack[];
  /** Who said that it is out of service; absent where nobody did. Not of what it delivered: see `withRetirements`. */
  readonly retired?: readonly Retirement[];
}

const UNREAD_MAX = 1_000;
const SET_BACK_MAX = 1_000;
/** What is told of one clock that was set back, in marks that follow one another, is one as far as it is no further apart. */
const SET_BACK_NEAR = MINUTE;

/** What each source delivered, by source. @param marks in any order. @param until see `Deliveries`. */
export function deliveriesOf(marks: readonly CoverageMark[], until?: Instant): Delivery[] {
  const deliveries = new Deliveries(until);
  for (const mark of inPlace(marks)) deliveries.add(outlineOf(mark));
  return deliveries.all();
}

/** Deliveries with what was said of their sources. */
export function withRetirements(
  deliveries: readonly Delivery[],
  retirements: readonly Retirement[],
): Delivery[] {
  const bySource = Map.groupBy(retirements, ({ source }) => source);
  return deliveries.map((delivery) => {
    const retired = bySource.get(delivery.source);
    return retired === undefined ? delivery : { ...delivery, retired };
  });
}

/** Sums outlines up, which come by source and then position. */
export class Deliveries {
  readonly #until: Instant;
  readonly #done: Delivery[] = [];
  readonly #tiles = new Tiles<Outline>((outline) => this.#take(outline));
  #current: DeliverySum | undefined;

  /** @param until the end of the window that they are for; all of their time unless given. */
  constructor(until: Instant = Infinity) {
    this.#until = until;
  }

  add(outline: Outline): void {
    this.#tiles.add(outline);
  }

  #take(outline: Outline): void {
    if (this.#current?.source !== outline.source) {
      this.#finish();
      this.#current = new DeliverySum(outline.source, this.#until);
    }
    this.#current!.add(outline);
  }

  all(): Delivery[] {
    this.#tiles.end();
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
  readonly #until: Instant;
  readonly #listening = new Listening();
  #goesOnFrom: string | undefined;
  #setBack: readonly SetBack[] = [];
  #learnt = 0;
  #lines = 0;
  #first: Instant | undefined;
  #last: Instant | undefined;
  #lastOfAll: Instant | undefined;
  /** When something was heard first behind the window. */
  #goesOn = Infinity;
  readonly #timeless: Record<string, number> = {};
  readonly #unread: OpenUnread[] = [];
  readonly #canaries: CanariesUpTo;
  #problems = 0;
  /** Of the marks so far, the time of the last one that has one. */
  #behind: Instant | undefined;

  constructor(source: string, until: Instant) {
    this.source = source;
    this.#until = until;
    this.#canaries = new CanariesUpTo(until);
  }

  add({ goesOnFrom, beats, rest, canaries = [], setBack = [] }: Outline): void {
    this.#goesOnFrom ??= goesOnFrom;
    if (setBack.length > 0) this.#setBack = withSetBack(this.#setBack, setBack);
    for (const canary of canaries) this.#canaries.add(canary);
    let [first, last]: (Instant | undefined)[] = [];
    for (const beat of beats) {
      this.#hear(beat);
      first = Math.min(first ?? beat[0], beat[0]);
      last = Math.max(last ?? beat[1], beat[1]);
    }
    const open = this.#unread.at(-1);
    if (open && open.before === undefined && first !== undefined) open.before = first;
    if (rest) this.#addRest(rest);
    this.#behind = last ?? this.#behind;
  }

  #hear([first, last, events, silences]: Beat): void {
    this.#lastOfAll = Math.max(this.#lastOfAll ?? last, last);
    const isBehind = this.#isBehind(first);
    if (isBehind) this.#goesOn = Math.min(this.#goesOn, first);
    else {
      this.#first = Math.min(this.#first ?? first, first);
      this.#last = Math.max(this.#last ?? last, last);
      this.#lines += events;
    }
    if (isBehind && this.#learnt >= FEW_LINES) return;
    this.#listening.hear({ first, last, ...(silences && { silences }) });
    this.#learnt += events;
  }

  /** Whether an instant is of a minute that the window does not touch, behind it. */
  #isBehind(instant: Instant | undefined): boolean {
    return instant !== undefined && minuteOf(instant) >= this.#until;
  }

  #addRest({ timeless, problems }: Rest): void {
    const left: Record<string, number> = { ...timeless };
    let lines = totalOf(timeless);
    for (const problem of problems) {
      const outcome = `${problem.kind}:${problem.reason}`;
      left[outcome] = (left[outcome] ?? 1) - 1;
      const after = problem.after ?? this.#behind;
      if (this.#isBehind(after)) lines--;
      else this.#addProblem(after, problem.before, { [outcome]: 1 }, [problem]);
    }
    const after = problems[0]?.after ?? this.#behind;
    if (this.#isBehind(after)) return;
    this.#lines += lines;
    this.#learnt += lines;
    for (const [outcome, n] of Object.entries(left)) {
      if (n <= 0) continue;
      if (!/^(unusable|doubtful):/.test(outcome))
        this.#timeless[outcome] = (this.#timeless[outcome] ?? 0) + n;
      // They are not listed: somewhere from the first that is on.
      else this.#addProblem(after, undefined, { [outcome]: n }, []);
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
      ...between(after, before),
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
      ...between(after, before),
      counts: sumOf(a.counts, b.counts),
      problems: [...a.problems, ...b.problems],
    });
  }

  delivery(): Delivery {
    const isOver = this.#last !== undefined && this.#last >= this.#until;
    const last = isOver || this.#goesOn === Infinity ? this.#last : this.#goesOn;
    const first = this.#first ?? last;
    if (last !== undefined && last === this.#goesOn) this.#listening.hear({ first: last, last });
    return {
      source: this.source,
      ...(this.#goesOnFrom !== undefined && { goesOnFrom: this.#goesOnFrom }),
      lines: this.#lines,
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
      rhythm: this.#listening.rhythm(),
      learnt: this.#learnt,
      ...(this.#lastOfAll !== undefined && { lastOfAll: this.#lastOfAll }),
      timeless: this.#timeless,
      unread: this.#unread,
      canaries: this.#canaries.all(),
      setBack: this.#setBack,
    };
  }
}

/** In time order. */
function withSetBack(known: readonly SetBack[], more: readonly SetBack[]): readonly SetBack[] {
  const all: SetBack[] = [];
  for (const one of [...known, ...more].sort((a, b) => a.start - b.start || a.until - b.until)) {
    const near = all.findLastIndex(
      ({ until, end }) => until === one.until && one.start <= end + SET_BACK_NEAR,
    );
    if (near === -1) all.push(one);
    else all[near] = { ...all[near]!, end: Math.max(all[near]!.end, one.end) };
  }
  if (all.length <= SET_BACK_MAX) return all;
  const old = all.splice(0, all.length - SET_BACK_MAX + 1);
  const until = old.reduce((latest, one) => Math.max(latest, one.until), -Infinity);
  const end = old.reduce((latest, one) => Math.max(latest, one.end), -Infinity);
  return [{ start: old[0]!.start, end, until }, ...all];
}

/** The sum of counts. */
export function sumOf(...all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all)
    for (const [outcome, n] of Object.entries(counts)) sum[outcome] = (sum[outcome] ?? 0) + n;
  return sum;
}
