import { formatInstant, type Instant } from '@margay/ground';
import { CLOCKS_DIFFER, LATENESS } from './lateness.ts';
import { type CoverageMark, markOf } from './mark.ts';
import { listedKind, lostSource, sourceName, watchedKind } from './source.ts';

/**
 * Who tells: a source as one reader reads it. Two readers may call what they read of different clusters by one name, as `topic:audit/0`. All
 * that one reader watches comes of one API server.
 *
 * @param reader as it is known, without `@`; empty of releases that did not say it.
 */
export function tellerOf(reader: string, source: string): string {
  const isWatched =
    watchedKind(source) !== undefined ||
    listedKind(source) !== undefined ||
    /^(settings|canary)\//.test(source);
  return `${isWatched ? WATCH : source.replace(/#\d+$/, '')}@${reader}`;
}

const WATCH = 'watch';

/**
 * What is remembered of the tellers of one name, to know of which cluster each tells:
 *
 * - `first`: who told first. What it tells is what the name stands for; empty where a history was there before it was remembered.
 * - `is`: the uid of the cluster that the name stands for, and when that was found.
 * - `tells`: from when on something of a teller is kept.
 * - `says`: as of which cluster its messages go from an instant on, by the uid that they say; `since` when it was seen last to be of the
 *   cluster, where it ever was.
 * - `ours`: from an instant on it is known to tell of the cluster, whatever it said before: its own kube-system, or an object that others
 *   of the cluster told of too.
 * - `seen`: until when one that is `ours` was seen to be so: by an object that was told of before it was seen last. One for each teller, the
 *   last.
 * - `tied`: two tell of one cluster, whichever that is, as was seen at an instant: both told of one object, or one goes on from the file that
 *   the other one is.
 * - `object`: who was the first to tell of an object, of those of whom it is not known of which cluster they tell.
 * - `retired`: who said that a source tells nothing from an instant on, when, and why: see `Retirement`.
 */
export type TellerFact =
  | { readonly what: 'first'; readonly teller: string }
  | { readonly what: 'is'; readonly uid: string; readonly at: Instant }
  | { readonly what: 'tells'; readonly teller: string; readonly source: string; readonly at: Instant }
  | {
      readonly what: 'says';
      readonly teller: string;
      readonly uid: string;
      readonly at: Instant;
      readonly since?: Instant;
    }
  | { readonly what: 'ours' | 'seen'; readonly teller: string; readonly at: Instant }
  | { readonly what: 'tied'; readonly teller: string; readonly to: string; readonly at: Instant }
  | { readonly what: 'object'; readonly teller: string; readonly uid: string }
  | {
      readonly what: 'retired';
      readonly source: string;
      readonly at: Instant;
      readonly said: Instant;
      readonly by: string;
      readonly because: string;
    };

/** From an instant on, what a teller says, or, without a uid, that it is known to be of the cluster. */
interface Turn {
  readonly at: Instant;
  readonly uid?: string;
  readonly since?: Instant;
}

/** What is known of one teller. */
interface Teller {
  /** What it reads; empty while nothing of it is kept. */
  source: string;
  /** The first instant of what is kept of it; absent where nothing is. */
  since?: Instant;
  /** Until when it was seen to be of the cluster. */
  seen?: Instant;
  /** In time order. Of one instant, what it says counts. */
  readonly turns: Turn[];
  /** Who tells of the same cluster, and when that was seen. */
  readonly ties: Map<string, Instant>;
}

/** Whose evidence is whose, of one name. */
export interface Whose {
  /** Absent where nobody told anything yet. */
  readonly first?: string;
  /** Absent where nobody knows. */
  readonly uid?: string;
  /** When that was found. */
  readonly known?: Instant;
  readonly tellers: ReadonlyMap<string, Readonly<Teller>>;
}

/** What facts say together, in any order. */
export function whoseOf(facts: readonly TellerFact[]): Whose {
  const tellers = new Map<string, Teller>();
  const tellerNamed = (name: string): Teller => {
    const known = tellers.get(name) ?? { source: '', turns: [], ties: new Map() };
    tellers.set(name, known);
    return known;
  };
  let first: string | undefined;
  let is: { readonly uid: string; readonly at: Instant } | undefined;
  for (const fact of facts) {
    if (fact.what === 'first') first = fact.teller;
    else if (fact.what === 'is') is = fact;
    else if (fact.what === 'tells') {
      const teller = tellerNamed(fact.teller);
      if (fact.at >= (teller.since ?? Infinity)) continue;
      Object.assign(teller, { since: fact.at, source: fact.source });
    } else if (fact.what === 'says') tellerNamed(fact.teller).turns.push(fact);
    else if (fact.what === 'ours') tellerNamed(fact.teller).turns.push({ at: fact.at });
    else if (fact.what === 'seen') tellerNamed(fact.teller).seen = fact.at;
    else if (fact.what === 'tied') {
      tie(tellerNamed(fact.teller), fact.to, fact.at);
      tie(tellerNamed(fact.to), fact.teller, fact.at);
    }
  }
  showTied(first, tellers);
  for (const { turns } of tellers.values())
    turns.sort((a, b) => a.at - b.at || Number(a.uid !== undefined) - Number(b.uid !== undefined));
  return {
    ...(first !== undefined && { first }),
    ...(is !== undefined && { uid: is.uid, known: is.at }),
    tellers,
  };
}

/** What was seen first counts. */
const tie = ({ ties }: Teller, to: string, at: Instant): void =>
  void ties.set(to, Math.min(at, ties.get(to) ?? Infinity));

/** Of whom it is known that he tells of the cluster, those do too who are tied to him, and to them. */
function showTied(first: string | undefined, tellers: ReadonlyMap<string, Teller>): void {
  const isKnown = ([name, { turns }]: [string, Teller]): boolean => name === first || isSeen(turns);
  // A map goes on through what is added to it on the way.
  const shown = new Map([...tellers].filter(isKnown));
  for (const [, { ties }] of shown)
    for (const [name, at] of ties) {
      if (shown.has(name)) continue;
      const teller = tellers.get(name)!;
      teller.turns.push({ at });
      shown.set(name, teller);
    }
}

/** What a teller was known by at an instant; undefined where nothing was. */
const turnAt = ({ tellers }: Whose, teller: string, at: Instant): Turn | undefined =>
  tellers.get(teller)?.turns.findLast((turn) => turn.at <= at);

/** The uid that it said last, by an instant. */
export const saidAt = ({ tellers }: Whose, teller: string, at: Instant): string | undefined =>
  tellers.get(teller)?.turns.findLast((turn) => turn.uid !== undefined && turn.at <= at)?.uid;

/**
 * Of which cluster a teller told at an instant:
 *
 * - `ours`: of the one that the name stands for, as something shows.
 * - `said`: so it says, and nothing shows it.
 * - `open`: nobody knows.
 * - `other`: of another one.
 */
export function standingAt(whose: Whose, teller: string, at: Instant): 'ours' | 'said' | 'open' | 'other' {
  const { uid } = turnAt(whose, teller, at) ?? {};
  if (uid !== undefined && whose.uid !== undefined && uid !== whose.uid) return 'other';
  if (isShown(whose, teller)) return 'ours';
  return uid !== undefined && whose.uid !== undefined ? 'said' : 'open';
}

/** When a teller was seen last to be of the cluster, by an instant; undefined where it never was. */
export function seenAt({ tellers }: Whose, teller: string, at: Instant): Instant | undefined {
  const { turns = [], seen = Infinity } = tellers.get(teller) ?? {};
  const turn = turns.findLast(({ uid, at: shownAt }) => uid === undefined && shownAt <= at)?.at;
  return turn === undefined || seen > at ? turn : Math.max(turn, seen);
}

/** Whether a teller was ever known to be of the cluster by more than what it says. */
export const isShown = ({ first, tellers }: Whose, teller: string): boolean =>
  teller === first || isSeen(tellers.get(teller)?.turns ?? []);

const isSeen = (turns: readonly Turn[]): boolean => turns.some(({ uid }) => uid === undefined);

/** Whether it is known already that two tell of one cluster. */
export const isTied = (whose: Whose, teller: string, to: string): boolean =>
  teller === to ||
  whose.tellers.get(teller)?.ties.has(to) === true ||
  (isShown(whose, teller) && isShown(whose, to));

/** What those read of whom something is kept, and of whom nobody knows of which cluster they tell. */
export const openSources = (whose: Whose): readonly string[] =>
  [...whose.tellers]
    .filter(([name]) => isOpen(whose, name))
    .map(([name, { source }]) => shownSource(source, name));

const isOpen = (whose: Whose, teller: string): boolean =>
  whose.tellers.get(teller)?.since !== undefined && standingAt(whose, teller, Infinity) === 'open';

const shownSource = (source: string, teller: string): string => sourceName(source) || teller;

/** Something of which it is not known whose it is, or that was not kept since it was taken for another cluster's. */
interface Open {
  readonly after: Instant;
  readonly before?: Instant;
  readonly message: string;
}

/**
 * What is not known since tellers are, or were, of nobody knows which cluster, as marks of what was lost between the services: of what such a
 * teller told anything may be another cluster's.
 */
export function tellerMarks(whose: Whose): CoverageMark[] {
  return [...whose.tellers].flatMap(([name, teller]) =>
    openOf(whose, name, teller).map((open, position) =>
      markOf(lostSource('everything', `whose ${name}`), position, position + 1, [
        { position, reading: { kind: 'unusable', reason: 'whose', ...open } },
      ]),
    ),
  );
}

function openOf(whose: Whose, name: string, teller: Readonly<Teller>): Open[] {
  const open: Open[] = [];
  const { since, turns } = teller;
  const { uid: own, known = -Infinity } = whose;
  const isOther = ({ uid }: Turn): boolean => uid !== undefined && own !== undefined && uid !== own;
  /** Before, it could not be told. */
  const foundAt = ({ at }: Turn): Instant => Math.max(at, known);
  const source = shownSource(teller.source, name);
  for (const [i, turn] of turns.entries()) {
    if (!isOther(turn)) continue;
    const before = turns[i - 1];
    // What it told by then was kept: it may be the other's from when it was seen last, or from its first on.
    const from = before !== undefined && isOther(before) ? undefined : (turn.since ?? since);
    if (from !== undefined)
      open.push({
        after: from,
        before: foundAt(turn) + CLOCKS_DIFFER,
        message: mixedWords(source, from, foundAt(turn)),
      });
    const next = turns[i + 1];
    if (next !== undefined && !isOther(next))
      open.push({
        after: turn.at - LATENESS,
        before: next.at + CLOCKS_DIFFER,
        message: asideWords(source, turn.at, next.at),
      });
  }
  if (since !== undefined && isOpen(whose, name))
    open.push({ after: since, message: openWords(source, since) });
  return open.filter(({ after, before = Infinity }) => after < before);
}

const openWords = (source: string, since: Instant): string =>
  `Of which cluster ${source} tells is not known: it told of no object that others of this name told of, and nobody says a uid of its kube-system that is known to be this one's. Since ${formatInstant(since)} anything that it told may be of another cluster. It ends by itself with the first such object; else set CLUSTER_UIDS at every ingestor, or give the other cluster a CLUSTER_NAME, a data folder or a report of its own.`;

const mixedWords = (source: string, since: Instant, found: Instant): string =>
  `${source} tells of another cluster of this name, as was found at ${formatInstant(found)}: what it told since ${formatInstant(since)} was kept before, and may be of that one. See the objects whole again.`;

const asideWords = (source: string, from: Instant, to: Instant): string =>
  `What ${source} told from ${formatInstant(from)} to ${formatInstant(to)} was set aside, since it said to be of another cluster; then it was seen to be of this one. Publish it again with margay dlq replay, and see the objects whole after that.`;
