import { compareTexts, gapsIn, type Instant, type Interval, joined } from '@margay/ground';
import type { Change } from './change.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import type { Version } from './version.ts';

/** A time of a name of which later changes say that it was not, or may not have been, as it was thought to be. */
export interface Opened extends Interval {
  /** The event that showed it. */
  readonly event: string;
}

/** What changes show of the time before them. */
export interface Hindsight {
  readonly opened: readonly Opened[];
  /** When those began of which it is known now that nothing had been missed. */
  readonly closed: readonly Instant[];
}

/**
 * What changes of a name show of the time before them: that something of it was missed, or had not been. What they tell of their own
 * instants is not among it, nor that something is known since that was open.
 *
 * @param before all versions of the name without the changes, `after` with them.
 * @param added the changes; not all of them may be new.
 */
export function hindsight(
  added: readonly Change[],
  before: readonly Version[],
  after: readonly Version[],
): Hindsight {
  const newest = added.reduce<Change | undefined>(
    (last, one) => (last === undefined || isBehind(one, last) ? one : last),
    undefined,
  );
  if (newest === undefined) return { opened: [], closed: [] };
  const opened = newest.name === '' ? openedOfMany(before, after) : openedOfOne(before, after, added);
  return {
    opened: opened
      .filter(({ start }) => added.every(({ at }) => at > start))
      .map((stretch) => ({ ...stretch, event: newest.eventId })),
    closed: closedSince(before, after),
  };
}

function closedSince(before: readonly Version[], after: readonly Version[]): Instant[] {
  const open = joined(statesOf(after).get(OPEN) ?? []);
  return joined(statesOf(before).get(OPEN) ?? [])
    .filter(({ start, end }) => !open.some((stretch) => stretch.start < end && start < stretch.end))
    .map(({ start }) => start);
}

const isBehind = (a: Change, b: Change): boolean =>
  a.at === b.at ? compareTexts(a.id, b.id) > 0 : a.at > b.at;

/** Doubts about all objects of a kind have no end, and stand beside one another. */
function openedOfMany(before: readonly Version[], after: readonly Version[]): Interval[] {
  const known = new Set(before.map(({ validFrom }) => validFrom));
  return joined(after.filter(({ validFrom }) => !known.has(validFrom)).map(intervalOf));
}

function openedOfOne(
  before: readonly Version[],
  after: readonly Version[],
  added: readonly Change[],
): Interval[] {
  const [was, is] = [statesOf(before), statesOf(after)];
  const open = joined(was.get(OPEN) ?? []);
  const doubted = joined(is.get(OPEN) ?? []).flatMap((stretch) => gapsIn(stretch, open));
  const begun = [...is].flatMap(([state, intervals]) => {
    const known = joined([...(was.get(state) ?? []), ...open]);
    return state === OPEN ? [] : joined(intervals).flatMap((stretch) => gapsIn(stretch, known));
  });
  const there = joined([...is.values()].flat());
  const ended = [...was].flatMap(([state, intervals]) =>
    state === OPEN ? [] : joined(intervals).flatMap((stretch) => gapsIn(stretch, there)),
  );
  const restored = after.flatMap(({ restored }) =>
    restored === undefined || before.some((version) => version.restored?.start === restored.start)
      ? []
      : [{ start: restored.start, end: Infinity }],
  );
  // Instants of two API servers, and of two requests at once, may differ so much.
  const isLongBefore = ({ start }: Interval) =>
    added.every(({ receivedAt }) => start + CLOCKS_DIFFER < receivedAt);
  return joined([...doubted, ...[...begun, ...ended].filter(isLongBefore), ...restored]);
}

/** The state of what is in doubt; an object that is certain is one by its uid. */
const OPEN = 'in doubt';

const statesOf = (versions: readonly Version[]): Map<string, Interval[]> => {
  const states = new Map<string, Interval[]>();
  for (const version of versions) {
    // What is refuted may be dropped: it opens nothing by itself.
    const isOpen = version.doubt !== undefined && version.doubt.refutedAt === undefined;
    const state = isOpen ? OPEN : version.uid;
    states.set(state, [...(states.get(state) ?? []), intervalOf(version)]);
  }
  return states;
};

const intervalOf = ({ validFrom, validTo }: Version): { start: Instant; end: Instant } => ({
  start: validFrom,
  end: validTo ?? Infinity,
});
