import {
  asideMarks,
  type CoverageMark,
  fileName,
  isOfFlows,
  lostKnowledge,
  type Retirement,
  retirementsIn,
  sourceName,
  surelyRotatedFrom,
  tellerMarks,
  tellsOfTime,
  whoseOf,
} from '@margay/coverage';
import { DAY, type Instant, MINUTE, parseInstant, SECOND } from '@margay/ground';
import { openedSince } from '@margay/reports';
import { deliveredIn, soundHeader, type ArchivedHeader, type Stores } from '@margay/storage';
import { contentOf } from './runs.ts';

/** How long a look may take; runs that are left are judged at the next one. */
const LOOK_MILLISECONDS = 1_000;
/** While sources may turn out to have been silent, a run is judged again after so long. */
const STANDS = 30 * SECOND;
/** So long behind a window its sources have gone on, or are known to be silent. */
const DECIDED_AFTER = DAY;
/** Until a source told so much its rhythm is being learnt. */
const LEARNT_LINES = 100;
/** Behind a window so late canaries say nothing more of it. */
const CANARIES_WITHIN = MINUTE;

/** What a report says of its sources, as far as it says whether anything more is to be expected of them. */
export interface ToldReport {
  readonly end: Instant;
  /** Each of its sources had told something behind the window, and enough before. */
  readonly isSettled: boolean;
  /** Of its sources, as printed. */
  readonly names: ReadonlySet<string>;
  /** Of those that were retired: where one tells something again, it was silent. */
  readonly retired: ReadonlySet<string>;
}

/** What a report says of its sources. */
export function toldBy(header: ArchivedHeader): ToldReport {
  const { end, generatedAt } = header;
  const { sources, flows, retired = [] } = contentOf(header).evidence.sources ?? {};
  const ofFlows = flows?.sources ?? [];
  const all = [
    ...(sources ?? []).map(({ source, lines, lastEvent }) => ({ source, lines, last: lastEvent })),
    ...ofFlows.map(({ source, lines, lastFlow }) => ({ source, lines, last: lastFlow })),
  ];
  return {
    end,
    isSettled:
      generatedAt >= end + CANARIES_WITHIN &&
      all.every(({ lines, last }) => lines >= LEARNT_LINES && (parseInstant(last ?? '') ?? -Infinity) >= end),
    names: new Set(all.map(({ source }) => source)),
    retired: new Set(retired.map(({ source }) => source)),
  };
}

interface Judged {
  /** What it was judged by. */
  readonly by: string;
  readonly at: Instant;
  readonly opened: readonly string[];
}

/** A run as it is asked about. */
export interface AskedRun {
  readonly id: string;
  readonly told: ToldReport;
  /** Deliveries that came later and are of the window. */
  readonly deliveries: number;
}

/**
 * Judges the windows of archived runs by what their sources have delivered by now. A run of which the sources had all gone on is looked at
 * only where something came that is of it, or a source that it does not know; and any only when somebody asks.
 *
 * @param now by the clock.
 * @returns what is open by now and was not, by their ids; what was not judged yet is absent.
 */
export function openedOf(
  stores: Pick<Stores, 'archive' | 'asides' | 'coverage' | 'history' | 'tellers'>,
  now: () => Instant = () => Date.now() * 1_000,
): (runs: readonly AskedRun[]) => Promise<ReadonlyMap<string, readonly string[]>> {
  const judged = new Map<string, Judged>();
  const judge = async (id: string): Promise<readonly string[]> => {
    const header = await soundHeader(stores.archive, id);
    if (header === undefined) return [];
    return openedSince(contentOf(header), await deliveredIn(stores, header));
  };
  return async (runs) => {
    if (runs.length === 0) return new Map();
    const [positions, facts, asides] = await Promise.all([
      stores.coverage.positions(),
      stores.tellers.facts(),
      stores.asides.open(),
    ]);
    const strangers = strangersAmong(positions, retirementsIn(facts));
    const openUntil = openIn([...tellerMarks(whoseOf(facts)), ...asideMarks(asides)]);
    const begun = performance.now();
    for (const { id, told, deliveries } of runs) {
      const strange = strangers(told);
      const doubted = openUntil(told.end);
      const by = JSON.stringify([deliveries, strange, doubted]);
      const known = judged.get(id);
      const at = now();
      const isNothingNew = deliveries === 0 && strange.length === 0 && doubted.length === 0;
      if (known === undefined && told.isSettled && isNothingNew) continue;
      const isDecided = told.isSettled || (known !== undefined && known.at > told.end + DECIDED_AFTER);
      if (known?.by === by && (isDecided || at < known.at + STANDS)) continue;
      judged.set(id, { by, at, opened: await judge(id) });
      if (performance.now() - begun > LOOK_MILLISECONDS) break;
    }
    return new Map(
      runs.flatMap(({ id }) => {
        const opened = judged.get(id)?.opened;
        return opened === undefined ? [] : [[id, opened] as const];
      }),
    );
  };
}

/**
 * What is open before an instant by marks that nobody delivers: since it is not known whose evidence is whose, and since some was set aside,
 * both of which may come to be known, and be open, long after.
 */
function openIn(marks: readonly CoverageMark[]) {
  const open = marks.flatMap(({ source, problems }) =>
    problems.map(({ after = -Infinity, before }) => ({ source, after, before })),
  );
  return (end: Instant) => open.filter(({ after }) => after < end);
}

/** A source that a report may not know. */
interface Stranger {
  /** By which of these a report may know it. */
  readonly as: readonly string[];
  readonly said: string;
  /** Of one that was retired: what else changes when it is looked at again. */
  readonly toldNow: string;
}

/**
 * Which of the sources a report does not know: others by name, files that are no further ones of its logs, and what was lost between the
 * services, and those that were retired, with how much, and how often that was taken back.
 */
function strangersAmong(positions: ReadonlyMap<string, number>, retirements: readonly Retirement[]) {
  const takenBack = Map.groupBy(
    retirements.filter((retirement) => retirement.takenBack !== undefined),
    ({ source }) => source,
  );
  const called = Map.groupBy(positions.keys(), (source) => `${isOfFlows(source)} ${sourceName(source)}`);
  const sources = [...positions].flatMap(([source, position]): Stranger[] => {
    if (lostKnowledge(source) !== undefined) return [{ as: [], said: `${source} ${position}`, toldNow: '' }];
    if (!tellsOfTime(source)) return [];
    const name = sourceName(source);
    const isOnly = called.get(`${isOfFlows(source)} ${name}`)?.length === 1;
    // Whether `audit-2.log` goes on from `audit-1.log` or is another API server’s only looking at both tells.
    const log = surelyRotatedFrom(fileName(source) ?? name);
    const taken = takenBack.get(source)?.length ?? 0;
    const as = [source, ...(isOnly ? [name, log] : [])];
    return [{ as, said: source, toldNow: `${position} taken back ${taken} times` }];
  });
  return ({ names, retired }: ToldReport): string[] => {
    const setsOf = (some: ReadonlySet<string>) => new Set([...some].map(surelyRotatedFrom));
    const [sets, retiredSets] = [setsOf(names), setsOf(retired)];
    return sources.flatMap(({ as, said, toldNow }) => {
      if (as.some((name) => retired.has(name) || retiredSets.has(name))) return [`${said} ${toldNow}`];
      return as.some((name) => names.has(name) || sets.has(name)) ? [] : [said];
    });
  };
}
