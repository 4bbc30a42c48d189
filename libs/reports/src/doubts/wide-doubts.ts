import {
  compareTexts,
  DAY,
  formatInstant,
  type Instant,
  type Interval,
  DOUBTED_KINDS,
  type Key,
  type Kind,
  kindOf,
  resourceName,
  servedGroup,
  type Window,
} from '@margay/ground';
import type { Doubt, Listing } from '@margay/coverage';
import { COUNTER_WENT_BACK, TWO_CLUSTERS, type Version } from '@margay/history';
import type { Doubted } from '@margay/policy';
import { doubtId } from './doubt-id.ts';
import { installedKinds } from './installed-kinds.ts';
import type { KnownDoubt } from './played.ts';

/** A doubt about many objects: what it leaves open of those that are known, and whether there may be others. */
export interface WideDoubt {
  readonly id: string;
  /** All kinds that are kept where it is absent. */
  readonly kind?: { readonly group: string; readonly resource: string };
  /** All namespaces, and what has none, where it is absent. */
  readonly namespace?: string;
  readonly since: Instant;
  /** A sight that was asked for from here on settles it for the object that was seen. Infinity where none does. */
  readonly until: Instant;
  /** From here on nothing is open by it. */
  readonly settledAt: Instant;
  /** What may be of objects that are known; undefined where nothing. */
  readonly known: Doubted['may'] | undefined;
  /** Whether there may be objects that nobody saw. */
  readonly unseen: boolean;
  /** Only what was seen or written in that time is open. */
  readonly onlyTouchedIn?: Interval;
  /** As the evidence lists it; undefined where it follows from another that is listed, or is about what was touched alone. */
  readonly listed: KnownDoubt | undefined;
  /** As the evidence lists it where something that was touched is open. */
  readonly ofTouched?: KnownDoubt;
}

/**
 * The doubts about many objects that are open at some instant of the window.
 *
 * @param listings when the whole state of a kind was seen: it settles what versions leave open of that; sources know by themselves.
 * @param watched the kinds that are followed by list and watch; absent where that is not known, and definitions leave nothing open.
 */
export function wideDoubts(
  versions: readonly Version[],
  given: readonly Doubt[],
  window: Window,
  listings: readonly Listing[] = [],
  watched?: readonly Pick<Kind, 'group' | 'resource'>[],
): readonly WideDoubt[] {
  const isBegun = ({ since }: WideDoubt) => since < window.end;
  const clocks = given.filter(({ onlyTouchedIn }) => onlyTouchedIn !== undefined);
  const ofVersions = onePerRestore(
    versions.flatMap(ofVersion).filter((one) => isBegun(one) && !isByClock(one, clocks)),
  );
  const installed =
    watched === undefined ? [] : installedKinds(versions, watched, window.end).map(ofInstalled);
  const found = [
    ...given.flatMap(ofSources),
    ...[...ofVersions, ...installed].flatMap((one) => settledBy(listings, one)),
  ];
  return found.filter((one) => isBegun(one) && window.start < one.settledAt);
}

/** The doubts about many objects, of all times. */
export const allWideDoubts = (
  versions: readonly Version[],
  given: readonly Doubt[],
): readonly WideDoubt[] => [...given.flatMap(ofSources), ...versions.flatMap(ofVersion)];

/** What a doubt of the sources leaves open: of what was touched alone until it is seen again, of what nobody saw in that time. */
function ofSources(doubt: Doubt): WideDoubt[] {
  const { onlyTouchedIn } = doubt;
  const wide = ofSource(doubt);
  if (onlyTouchedIn === undefined) return [wide];
  const { isOfSources: _, ...ofTouched } = wide.listed!;
  const { start: since, end } = onlyTouchedIn;
  return [
    {
      ...wide,
      since,
      until: end,
      settledAt: end,
      known: undefined,
      onlyTouchedIn,
      listed: { ...wide.listed!, until: end, settledBy: 'the time that follows, which was told once' },
    },
    { ...wide, unseen: false, onlyTouchedIn, listed: undefined, ofTouched },
  ];
}

/** Where a clock was set back, numbers that go on seem to go back. */
const isByClock = ({ listed, since, until }: WideDoubt, clocks: readonly Doubt[]): boolean =>
  listed?.reason === COUNTER_WENT_BACK &&
  clocks.some((clock) => clock.since <= since && until <= (clock.until ?? Infinity));

function ofSource({
  id,
  about,
  since,
  until,
  settledAt,
  sparesSeen,
  reason,
  message,
  source,
}: Doubt): WideDoubt {
  const where = about === 'everything' ? undefined : about;
  const kind = where && { group: where.group, resource: where.resource };
  return {
    id,
    ...(kind && { kind }),
    ...(where?.namespace !== undefined && { namespace: where.namespace }),
    since,
    until: until ?? Infinity,
    settledAt: settledAt ?? Infinity,
    known: sparesSeen ? undefined : 'be-anything',
    unseen: true,
    listed: {
      id,
      about: printedAbout(kind, where?.namespace),
      ...(Number.isFinite(since) && { since }),
      ...(settledAt !== undefined && settled(settledAt)),
      reason,
      message,
      source,
      ...(where?.namespace !== undefined && { home: where.namespace }),
      isOfSources: true,
    },
  };
}

/** What follows from versions is none of what the sources know by themselves. */
function ofInstalled(doubt: Doubt): WideDoubt {
  const wide = ofSource(doubt);
  if (wide.listed === undefined) return wide;
  const { isOfSources: _, ...listed } = wide.listed;
  return { ...wide, listed };
}

/** What a version in doubt leaves open of others: one without a name of all that it stands for, a namespace of what is in it. */
function ofVersion(version: Version): WideDoubt[] {
  const { doubt, group, resource, namespace, name, validTo, endedBy } = version;
  if (doubt === undefined) return [];
  const { may, since, answeredAt, reason, message, source } = doubt;
  const id = doubtId(version, doubt);
  const until = reason === TWO_CLUSTERS ? Infinity : answeredAt;
  const open = { id, since, until, settledAt: validTo ?? Infinity };
  const inNamespace = namespace === '' ? {} : { namespace };
  const home = namespace === '' ? {} : { home: namespace };
  if (name === '') {
    // Without a resource it is about everything.
    const kind = resource === '' ? undefined : { group, resource };
    const about = printedAbout(kind, inNamespace.namespace);
    // A creation without a name is of one object more; a deletion of many ends those that are known.
    const known = may === 'differ' ? undefined : may;
    const listed = { id, about, since, reason, message, source, ...home };
    return [{ ...open, ...(kind && { kind }), ...inNamespace, known, unseen: may !== 'be-gone', listed }];
  }
  if (may === 'differ') return [];
  // Where it had ended when its successor was seen, nobody knows which of both something belonged to.
  const hasEnded = endedBy !== undefined && validTo !== undefined;
  const last = hasEnded ? { until: validTo, settledAt: Infinity } : {};
  const ends = { ...open, ...last, known: 'be-gone', unseen: false, listed: undefined } as const;
  if (resource === 'namespaces' && group === '') return [{ ...ends, namespace: name }];
  const role = kindOf(version)?.role;
  if (role !== 'definition') return [];
  const dot = name.indexOf('.');
  return [{ ...ends, kind: { resource: name.slice(0, dot), group: servedGroup(name.slice(dot + 1)) } }];
}

/** Each source and each name tells between which instants a store was restored: it was when all of them say. */
function onePerRestore(doubts: readonly WideDoubt[]): WideDoubt[] {
  const isRestore = ({ listed }: WideDoubt) => listed?.reason === COUNTER_WENT_BACK;
  const joined: WideDoubt[] = [];
  for (const one of doubts.filter(isRestore).sort((a, b) => a.until - b.until || a.since - b.since)) {
    const last = joined.at(-1);
    if (last === undefined || one.since >= last.until) joined.push(one);
    else if (one.since > last.since) joined[joined.length - 1] = beginningAt(last, one.since);
  }
  return [...doubts.filter((one) => !isRestore(one)), ...(asOneCounter(joined) ?? joined)];
}

/** Nobody restores a store more often in a week. */
const RESTORES_MAX = 5;

/**
 * Where numbers go back and forth all the time, they are not those of one counter, as where a log was joined from several or made by
 * hand: they tell of no restore. Undefined where they do.
 */
function asOneCounter(restores: readonly WideDoubt[]): WideDoubt[] | undefined {
  const isOften = restores.some((one, i) => {
    const later = restores[i + RESTORES_MAX];
    return later !== undefined && later.until - one.until < 7 * DAY;
  });
  const [first] = restores;
  if (!isOften || first?.listed === undefined) return undefined;
  const message = `The cluster's counter went back ${restores.length} times, first at ${formatInstant(first.until)}: the resourceVersions in the log are not those of one counter, and whether the store was restored cannot be told by them.`;
  const listed = { ...first.listed, reason: 'counter-of-several', message };
  return [{ ...first, known: undefined, unseen: false, listed }];
}

const beginningAt = (doubt: WideDoubt, since: Instant): WideDoubt => ({
  ...doubt,
  since,
  listed: doubt.listed && { ...doubt.listed, since },
});

/** The doubt, and where lists that came later show the whole of some kinds, what it is about kind by kind. */
function settledBy(listings: readonly Listing[], doubt: WideDoubt): WideDoubt[] {
  const lists = listings.filter(({ at }) => at >= doubt.until && at < doubt.settledAt);
  if (lists.length === 0) return [doubt];
  const kinds = doubt.kind === undefined ? DOUBTED_KINDS : [doubt.kind];
  return kinds.map(({ group, resource }) => {
    const seen = lists.filter((list) => list.group === group && list.resource === resource);
    if (seen.length === 0 && doubt.kind !== undefined) return doubt;
    const settledAt = Math.min(doubt.settledAt, ...seen.map(({ at }) => at));
    const kind = { group, resource };
    const id = doubt.kind === undefined ? `${doubt.id}/${resourceName(kind)}` : doubt.id;
    const listed = doubt.listed && {
      ...doubt.listed,
      id,
      about: printedAbout(kind, doubt.namespace),
      ...(seen.length > 0 && settled(settledAt)),
    };
    return { ...doubt, id, kind, settledAt, listed };
  });
}

const settled = (at: Instant) => ({
  until: at,
  settledBy: `the whole state, seen at ${formatInstant(at)}`,
});

/**
 * Those that leave open what objects that are known may be in the window, by since.
 *
 * Of several about the same that were over before the window, the last is enough: what was not seen since an earlier one was
 * not seen since that either.
 */
export function aboutKnown(wide: readonly WideDoubt[], window: Window): readonly WideDoubt[] {
  const last = new Map<string, WideDoubt>();
  const others: WideDoubt[] = [];
  for (const one of wide) {
    if (one.known === undefined) continue;
    if (one.known !== 'be-anything' || one.until > window.start || one.onlyTouchedIn !== undefined) {
      others.push(one);
      continue;
    }
    const about = `${one.kind?.resource}.${one.kind?.group}/${one.namespace}`;
    const known = last.get(about);
    if (known === undefined || known.until < one.until) last.set(about, one);
    if (known !== undefined && known.settledAt > one.settledAt) others.push(known);
  }
  return [...last.values(), ...others].sort((a, b) => a.since - b.since || compareTexts(a.id, b.id));
}

/** Whether a doubt is about an object, as far as its name tells. */
export function isAbout({ kind, namespace }: WideDoubt, key: Key): boolean {
  if (kind !== undefined && (kind.resource !== key.resource || kind.group !== key.group)) return false;
  return namespace === undefined || namespace === key.namespace;
}

/**
 * The kinds of which there may be objects that nobody saw.
 *
 * What stood before a log began is looked for among endpoints, policies, sets and parents. A tier that nobody saw denies by
 * default, as Calico takes it, and services hold what was seen of them: else no log that begins later could say anything of
 * either.
 */
export function unseenKinds({ kind, unseen, since }: WideDoubt): readonly Pick<Kind, 'group' | 'resource'>[] {
  if (!unseen) return [];
  const all = isBeginning({ since }) ? KINDS_BEFORE : DOUBTED_KINDS;
  return kind === undefined
    ? all
    : all.filter((one) => one.resource === kind.resource && one.group === kind.group);
}

const KINDS_BEFORE = DOUBTED_KINDS.filter(({ role }) => role !== 'tier' && role !== 'service');

/** Whether a doubt is about what stood before everything that was seen. */
export const isBeginning = ({ since }: Pick<WideDoubt, 'since'>): boolean => since === -Infinity;

/** What a doubt about many objects is about, as printed. */
export function printedAbout(kind: WideDoubt['kind'], namespace: string | undefined): string {
  const what = kind === undefined ? 'everything' : resourceName(kind);
  return namespace === undefined ? what : `${what} in ${namespace}`;
}
