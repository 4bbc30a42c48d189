import { formatInstant, type Instant, type Interval, MINUTE } from '@margay/ground';
import { CLOCKS_DIFFER, LATENESS } from './lateness.ts';
import { lostMark } from './lost-mark.ts';
import type { CoverageMark } from './mark.ts';
import { listedKind, sourceName, watchedKind } from './source.ts';

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
 * - `taken-back`: who said that what was said until then of a source that it is retired was wrong, when, and why.
 * - `told`: what was kept of it tells of times `[start, end)`, see `Told`.
 * - `aside`: what was set aside of it, since it was taken for another cluster's from an instant on, tells of times `[start, end)`.
 * - `times`: of what was seen last from an instant on, all `told` and `aside` are there; where releases that did not remember them may have
 *   kept some before, those are not.
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
    }
  | {
      readonly what: 'taken-back';
      readonly source: string;
      readonly said: Instant;
      readonly by: string;
      readonly because: string;
    }
  | ({ readonly what: 'told'; readonly teller: string } & Told)
  | ({ readonly what: 'aside'; readonly teller: string; readonly at: Instant } & Interval)
  | { readonly what: 'times'; readonly at: Instant };

/**
 * Of which times that tells that was kept of one teller. What was published before it was seen last is known to be the cluster's, and is
 * forgotten; so there are two for each time in which it was taken for the cluster's, of which one goes on where the other one is forgotten.
 */
export interface Told extends Interval {
  /** When it was taken for the cluster's again, having been taken for another's; 0 where it never was. */
  readonly begun: Instant;
  /** Which of the two. */
  readonly slot: 0 | 1;
  /** When it was seen last to be of the cluster before any of that was published; 0 where it never was. */
  readonly seen: Instant;
  /** All of that was published before. */
  readonly until: Instant;
}

/** Times are remembered in steps of this. */
export const TIMES_STEP = 10 * MINUTE;
/** So long one of two goes on: whoever is seen again every ten minutes was, by then, since the other one ended. */
const SLOT = 20 * MINUTE;

/** The times of something that tells of `[first, last]`: whole steps, so that they change seldom. */
export const timesOf = (first: Instant, last: Instant): Interval => ({
  start: Math.floor(first / TIMES_STEP) * TIMES_STEP,
  end: Math.floor(last / TIMES_STEP) * TIMES_STEP + TIMES_STEP,
});

/** The times of both, and all between them. */
export const timesOfBoth = (a: Interval, b: Interval): Interval => ({
  start: Math.min(a.start, b.start),
  end: Math.max(a.end, b.end),
});

/** What is remembered where more comes: the former is forgotten where it is known by now to be the cluster's. */
export function toldOn<T extends Told>(former: T, more: T): T {
  if (former.until <= more.seen) return more;
  return {
    ...former,
    ...timesOfBoth(former, more),
    seen: Math.min(former.seen, more.seen),
    until: Math.max(former.until, more.until),
  };
}

/** What is to be remembered of something that was kept of a teller. @param at when it was published. */
export function toldAt(whose: Whose, teller: string, at: Instant, times: Interval): Told {
  const slots = Math.floor(at / SLOT);
  return {
    begun: begunAt(whose, teller, at),
    slot: slots % 2 === 0 ? 0 : 1,
    seen: seenAt(whose, teller, at) ?? 0,
    until: (slots + 1) * SLOT,
    ...times,
  };
}

/** Whether that is remembered. What is forgotten meanwhile is known to be the cluster's. */
export const isTold = ({ tellers }: Whose, teller: string, told: Told): boolean =>
  tellers
    .get(teller)
    ?.told.some(
      ({ begun, slot, until, start, end }) =>
        begun === told.begun &&
        slot === told.slot &&
        until >= told.until &&
        start <= told.start &&
        end >= told.end,
    ) === true;

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
  /** Of which times what was kept of it tells, as far as it may be another cluster's. */
  readonly told: Told[];
  /** Of which times what was set aside of it tells, by the instant from which on it was another cluster's. */
  readonly aside: Map<Instant, Interval>;
}

/** Whose evidence is whose, of one name. */
export interface Whose {
  /** Absent where nobody told anything yet. */
  readonly first?: string;
  /** Absent where nobody knows. */
  readonly uid?: string;
  /** When that was found. */
  readonly known?: Instant;
  /** From when on all times are remembered; absent where none are. */
  readonly times?: Instant;
  readonly tellers: ReadonlyMap<string, Readonly<Teller>>;
}

/** What facts say together, in any order. */
export function whoseOf(facts: readonly TellerFact[]): Whose {
  const tellers = new Map<string, Teller>();
  const tellerNamed = (name: string): Teller => {
    const known = tellers.get(name) ?? { source: '', turns: [], told: [], ties: new Map(), aside: new Map() };
    tellers.set(name, known);
    return known;
  };
  let [first, is, times]: [string?, Extract<TellerFact, { what: 'is' }>?, Instant?] = [];
  for (const fact of facts) {
    if (fact.what === 'first') first = fact.teller;
    else if (fact.what === 'is') is = fact;
    else if (fact.what === 'times') times = fact.at;
    else if (fact.what === 'tied') {
      tie(tellerNamed(fact.teller), fact.to, fact.at);
      tie(tellerNamed(fact.to), fact.teller, fact.at);
    } else if (fact.what !== 'retired' && fact.what !== 'taken-back') note(tellerNamed(fact.teller), fact);
  }
  showTied(first, tellers);
  for (const { turns } of tellers.values())
    turns.sort((a, b) => a.at - b.at || Number(a.uid !== undefined) - Number(b.uid !== undefined));
  return {
    ...(first !== undefined && { first }),
    ...(is !== undefined && { uid: is.uid, known: is.at }),
    ...(times !== undefined && { times }),
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

function note(teller: Teller, fact: Extract<TellerFact, { readonly teller: string }>): void {
  if (fact.what === 'tells') {
    if (fact.at < (teller.since ?? Infinity)) Object.assign(teller, { since: fact.at, source: fact.source });
  } else if (fact.what === 'says') teller.turns.push(fact);
  else if (fact.what === 'ours') teller.turns.push({ at: fact.at });
  else if (fact.what === 'seen') teller.seen = fact.at;
  else if (fact.what === 'told') teller.told.push(fact);
  else if (fact.what === 'aside') teller.aside.set(fact.at, fact);
}

/** What a teller was known by at an instant; undefined where nothing was. */
const turnAt = ({ tellers }: Whose, teller: string, at: Instant): Turn | undefined =>
  tellers.get(teller)?.turns.findLast((turn) => turn.at <= at);

const isOtherTurn = ({ uid: own }: Whose, { uid }: Turn): boolean =>
  uid !== undefined && own !== undefined && uid !== own;

/** When a teller was taken for the cluster's again, by an instant, having been taken for another's; 0 where it never was. */
function begunAt(whose: Whose, teller: string, at: Instant): Instant {
  const turns = whose.tellers.get(teller)?.turns ?? [];
  return (
    turns.findLast(
      (turn, i) => turn.at <= at && i > 0 && !isOtherTurn(whose, turn) && isOtherTurn(whose, turns[i - 1]!),
    )?.at ?? 0
  );
}

/** Since when a teller is taken for another cluster's, at an instant; undefined where it is not. */
export function otherSince(whose: Whose, teller: string, at: Instant): Instant | undefined {
  const turn = turnAt(whose, teller, at);
  return turn !== undefined && isOtherTurn(whose, turn) ? turn.at : undefined;
}

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
  if (otherSince(whose, teller, at) !== undefined) return 'other';
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

/** Of who told first nothing but his name is remembered. */
const shownSource = (source: string, teller: string): string =>
  sourceName(source || teller.replace(/@[^@]*$/, '')) || teller;

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
      lostMark({ what: 'everything', place: `whose ${name}`, position, reason: 'whose', ...open }),
    ),
  );
}

function openOf(whose: Whose, name: string, teller: Readonly<Teller>): Open[] {
  const open: Open[] = [];
  const source = shownSource(teller.source, name);
  const { since, turns } = teller;
  for (const [i, turn] of turns.entries()) {
    if (!isOtherTurn(whose, turn)) continue;
    const before = turns[i - 1];
    if (before === undefined || !isOtherTurn(whose, before)) {
      const mixed = keptBefore(whose, teller, turn);
      if (mixed !== undefined)
        open.push({ ...openIn(mixed), message: mixedWords(source, foundAt(whose, turn), mixed) });
    }
    const next = turns[i + 1];
    if (next === undefined || isOtherTurn(whose, next)) continue;
    const aside = setAsideBy(whose, teller, turns.slice(0, i + 1), next);
    if (aside !== undefined)
      open.push({ ...openIn(aside), message: asideWords(source, turn.at, next.at, aside) });
  }
  if (since !== undefined && isOpen(whose, name)) {
    // Its changes are remembered exactly, and what else it told in steps.
    const earliest = Math.min(...teller.told.map(({ start }) => start));
    const from = earliest < timesOf(since, since).start ? earliest : since;
    open.push({ after: from, message: openWords(source, from) });
  }
  return open.filter(({ after, before = Infinity }) => after < before);
}

const openIn = ({ start, end }: Interval): Pick<Open, 'after' | 'before'> => ({ after: start, before: end });

/** That it is of another cluster: before it was known of which one the name is, it could not be told. */
const foundAt = ({ known = -Infinity }: Whose, { at }: Turn): Instant => Math.max(at, known);

/**
 * Of which times that tells that was kept by the time at which a teller was found to be of another cluster, and may be of that one: all since it was
 * seen last, or from its first on. Undefined where nothing was kept.
 */
function keptBefore(whose: Whose, { since, told }: Readonly<Teller>, turn: Turn): Interval | undefined {
  const { since: seen = 0 } = turn;
  const times = told.filter(({ begun, until }) => begun < turn.at && until > seen);
  const from = turn.since ?? since;
  const isRemembered = from === undefined || seen >= (whose.times ?? Infinity);
  return over([
    ...times,
    // When it happened is not known: when it was published is.
    ...(isRemembered ? [] : [{ start: from, end: foundAt(whose, turn) + CLOCKS_DIFFER }]),
  ]);
}

/** Of which times that tells that was set aside until the next turn, at which a teller was seen to be of the cluster. */
function setAsideBy(
  whose: Whose,
  { aside }: Readonly<Teller>,
  turns: readonly Turn[],
  next: Turn,
): Interval | undefined {
  const first = turns.findLastIndex((turn) => !isOtherTurn(whose, turn)) + 1;
  const others = turns.slice(first);
  const since = others[0]!.at;
  return over([
    ...others.flatMap(({ at }) => aside.get(at) ?? []),
    ...(since >= (whose.times ?? Infinity)
      ? []
      : [{ start: since - LATENESS, end: next.at + CLOCKS_DIFFER }]),
  ]);
}

const over = ([first, ...times]: readonly Interval[]): Interval | undefined =>
  first === undefined ? undefined : times.reduce(timesOfBoth, first);

const openWords = (source: string, since: Instant): string =>
  `Of which cluster ${source} tells is not known: it told of no object that others of this name told of, and nobody says a uid of its kube-system that is known to be this one's. Since ${formatInstant(since)} anything that it told may be of another cluster. It ends by itself with the first such object; else set CLUSTER_UIDS at every ingestor, or give the other cluster a CLUSTER_NAME, a data folder or a report of its own.`;

const mixedWords = (source: string, found: Instant, { start, end }: Interval): string =>
  `${source} tells of another cluster of this name, as was found at ${formatInstant(found)}: what it told of the time from ${formatInstant(start)} to ${formatInstant(end)} was kept before, and may be of that one. See the objects whole again.`;

const asideWords = (source: string, from: Instant, to: Instant, { start, end }: Interval): string =>
  `What ${source} told from ${formatInstant(from)} to ${formatInstant(to)} was set aside, since it said to be of another cluster; then it was seen to be of this one. It was of the time from ${formatInstant(start)} to ${formatInstant(end)}. Publish it again with margay dlq replay, and see the objects whole after that.`;
