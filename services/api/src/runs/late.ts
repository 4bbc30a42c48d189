import type { Late, Run } from '@margay/api-contract';
import type { LateEvidence, Stores } from '@margay/storage';

/** For so long a count stands. */
const STANDS_MILLISECONDS = 5_000;

/** Counts what came after the evidence of archived runs was read, by their ids. */
export function lateOf({
  archive,
  arrivals,
}: Pick<Stores, 'archive' | 'arrivals'>): (runs: readonly Run[]) => Promise<ReadonlyMap<string, Late>> {
  // Where the evidence of a report was read never changes.
  const read = new Map<string, ReadReport>();
  let counted = new Map<string, Late>();
  let countedFrom = -Infinity;
  const readOf = async (id: string): Promise<ReadReport | undefined> => {
    const known = read.get(id);
    if (known !== undefined) return known;
    const header = await archive.header(id);
    // Reports of older releases do not say.
    if (header?.read === undefined) return undefined;
    const { start, end } = header;
    const found = { id, place: header.read, window: { start, end } };
    read.set(id, found);
    return found;
  };
  return async (runs) => {
    if (performance.now() - countedFrom > STANDS_MILLISECONDS) {
      counted = new Map();
      countedFrom = performance.now();
    }
    const held = counted;
    const archived = runs.filter(({ state, id }) => state === 'completed' && !held.has(id));
    const toCount = (await Promise.all(archived.map(({ id }) => readOf(id)))).flatMap((each) => each ?? []);
    for (const [i, late] of (await arrivals.later(toCount)).entries())
      held.set(toCount[i]!.id, { ...late, words: lateWords(late) });
    return new Map(
      runs.flatMap(({ id }) => {
        const late = held.get(id);
        return late === undefined ? [] : [[id, late] as const];
      }),
    );
  };
}

interface ReadReport {
  readonly id: string;
  readonly place: Parameters<Stores['arrivals']['later']>[0][number]['place'];
  readonly window: { readonly start: number; readonly end: number };
}

/** Whether anything came later. */
export const isLate = ({ events, flows, deliveries }: LateEvidence): boolean =>
  events + flows + deliveries > 0;

/** `3 events and 1 flow came later`. */
export function lateWords({ events, flows, deliveries }: LateEvidence): string {
  const of = (number: number, one: string, many = `${one}s`) =>
    number === 0 ? [] : [`${number.toLocaleString('en')} ${number === 1 ? one : many}`];
  const what = [...of(events, 'event'), ...of(flows, 'flow')];
  // Deliveries are of lines: of those that changed nothing only where nothing else came.
  const said =
    what.length > 0 ? what : of(deliveries, 'delivery without changes', 'deliveries without changes');
  return `${said.join(' and ') || 'nothing'} came later`;
}
