import type { Late, Run } from '@margay/api-contract';
import { soundHeader, type Stores } from '@margay/storage';
import { openedOf, toldBy, type ToldReport } from './opened.ts';

/** For so long a count stands. */
const STANDS_MILLISECONDS = 5_000;

/** A run, as far as it says whether evidence that came later is of it. */
type AskedRun = Pick<Run, 'id' | 'state' | 'supersededBy'>;

/**
 * What came after the evidence of archived runs was read, by their ids: how much, and what of the window is open by that. Of a
 * run that is superseded already only the former.
 */
export function lateOf(
  stores: Pick<Stores, 'archive' | 'arrivals' | 'asides' | 'coverage' | 'history' | 'tellers'>,
): (runs: readonly AskedRun[]) => Promise<ReadonlyMap<string, Late>> {
  const { archive, arrivals } = stores;
  const openedIn = openedOf(stores);
  // Where the evidence of a report was read never changes. Reports of older releases do not say.
  const read = new Map<string, ReadReport | undefined>();
  let counted = new Map<string, Late>();
  let countedFrom = -Infinity;
  const readOf = async (id: string): Promise<ReadReport | undefined> => {
    if (read.has(id)) return read.get(id);
    // What is wrong with one is said of it elsewhere, and keeps no list from being shown.
    const header = await soundHeader(archive, id);
    if (header === undefined) return undefined;
    const { start, end, read: place } = header;
    const found =
      place === undefined ? undefined : { id, place, window: { start, end }, told: toldBy(header) };
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
    if (toCount.length === 0) return heldOf(held, runs);
    const came = await arrivals.later(toCount);
    const isNewest = new Set(
      archived.filter(({ supersededBy }) => supersededBy === null).map(({ id }) => id),
    );
    const opened = await openedIn(
      toCount.flatMap(({ id, told }, i) =>
        isNewest.has(id) ? [{ id, told, deliveries: came[i]!.deliveries }] : [],
      ),
    );
    for (const [i, { id }] of toCount.entries()) {
      const late = { ...came[i]!, opened: [...(opened.get(id) ?? [])] };
      held.set(id, { ...late, words: lateWords(late) });
    }
    return heldOf(held, runs);
  };
}

const heldOf = (held: ReadonlyMap<string, Late>, runs: readonly AskedRun[]): ReadonlyMap<string, Late> =>
  new Map(
    runs.flatMap(({ id }) => {
      const late = held.get(id);
      return late === undefined ? [] : [[id, late] as const];
    }),
  );

interface ReadReport {
  readonly id: string;
  readonly place: Parameters<Stores['arrivals']['later']>[0][number]['place'];
  readonly window: { readonly start: number; readonly end: number };
  readonly told: ToldReport;
}

/** Whether anything came later. */
export const isLate = ({ events, derivedAnew, flows, deliveries, opened }: Omit<Late, 'words'>): boolean =>
  events + derivedAnew + flows + deliveries + opened.length > 0;

/** `3 events and 1 flow came later, 1 gap was found later`. */
export function lateWords({ events, derivedAnew, flows, deliveries, opened }: Omit<Late, 'words'>): string {
  const of = (number: number, one: string, many = `${one}s`) =>
    number === 0 ? [] : [`${number.toLocaleString('en')} ${number === 1 ? one : many}`];
  const came = [...of(events, 'event'), ...of(flows, 'flow')];
  const found = [
    ...of(opened.length, 'gap was found later', 'gaps were found later'),
    ...of(derivedAnew, 'name was derived otherwise later', 'names were derived otherwise later'),
  ];
  // Deliveries are of lines: of those that changed nothing only where nothing else came.
  const said =
    came.length + found.length > 0
      ? came
      : of(deliveries, 'delivery without changes', 'deliveries without changes');
  const words = [...(said.length > 0 ? [`${said.join(' and ')} came later`] : []), ...found];
  return words.join(', ') || 'nothing came later';
}
