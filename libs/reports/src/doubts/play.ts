import type { Doubt, Listing, WatchedKind } from '@margay/coverage';
import { type Instant, keyText, type Window } from '@margay/ground';
import { ALWAYS, type Version } from '@margay/history';
import { printedVersion } from '../printed-version.ts';
import { isValidIn } from '../replay/steps.ts';
import { homeOf } from '../scope-homes.ts';
import { doubtedOf } from './doubt-id.ts';
import { Existence } from './existence.ts';
import { livesBefore, namesakes, withSuccessors } from './nobody-saw.ts';
import { inOrder, type KnownDoubt, type Played, type PlayedVersion, type UnseenSpan } from './played.ts';
import { Touched } from './touched.ts';
import { cutVersion, type OpenPiece } from './pieces.ts';
import { type FirstSights, SightsByKey } from './sights.ts';
import { aboutKnown, isAbout, isBeginning, unseenKinds, type WideDoubt, wideDoubts } from './wide-doubts.ts';

/** What is known beside the versions. */
export interface Beside {
  /** What the sources leave open. */
  readonly doubts?: readonly Doubt[] | undefined;
  /** When the whole state of a kind was seen. */
  readonly listings?: readonly Listing[] | undefined;
  /** The kinds that are followed by list and watch; absent where that is not known. */
  readonly watched?: readonly WatchedKind[] | undefined;
  /** What was seen, for the instants that `sightsToAsk` gives; versions tell of those that they begin with. */
  readonly sights?: FirstSights | undefined;
}

/**
 * What a window is replayed from: its versions, cut where something about them becomes or ceases to be open, and where there
 * may be objects that nobody saw. Without doubts, the versions as they are.
 */
export function playedFrom(versions: readonly Version[], window: Window, beside: Beside = {}): Played {
  const wide = wideDoubts(versions, beside.doubts ?? [], window, beside.listings, beside.watched);
  const isOpen = ({ doubt, seenMidLife }: Version) => doubt !== undefined || seenMidLife === true;
  if (wide.length === 0 && !versions.some(isOpen)) return { versions, unseen: [], doubts: [] };
  const inWindow: Version[] = [];
  const others: Version[] = [];
  for (const version of versions) {
    if (version.name !== '') (isValidIn(version, window) ? inWindow : others).push(version);
  }
  const notes = new Notes();
  const unseen = unseenSpans(wide);
  const before = livesBefore(inWindow, wide, window);
  for (const { doubt } of before) notes.add(doubt);
  const played = [
    ...others,
    ...withSuccessors(cutByDoubts(inWindow, wide, window, beside.sights ?? new Map(), notes), unseen),
    ...before.map(({ version }) => version),
  ];
  played.push(...namesakes(played, unseen, window));
  for (const { listed } of wide) if (listed !== undefined) notes.add(listed);
  return { versions: played, unseen, doubts: inOrder(notes.all()) };
}

/** The instants from which on first sights matter to a report: they settle doubts about many objects. */
export function sightsToAsk({
  versions,
  doubts = [],
  listings = [],
  window,
}: {
  readonly versions: Iterable<Version>;
  readonly doubts?: readonly Doubt[];
  readonly listings?: readonly Listing[];
  readonly window: Window;
}): readonly Instant[] {
  const open = aboutKnown(wideDoubts([...versions], doubts, window, listings), window);
  const asked = open.flatMap(({ until, onlyTouchedIn }) =>
    onlyTouchedIn === undefined ? [until] : [onlyTouchedIn.start, until],
  );
  return [...new Set(asked)].filter((from) => from < window.end);
}

function cutByDoubts(
  versions: readonly Version[],
  wide: readonly WideDoubt[],
  window: Window,
  given: FirstSights,
  notes: Notes,
): PlayedVersion[] {
  const open = aboutKnown(wide, window);
  const sights = new SightsByKey(given, versions);
  const existence = new Existence(versions, open, sights, window);
  const touched = new Touched(versions, open, sights);
  return versions.flatMap((version) => {
    const own = doubtedOf(version);
    if (own !== undefined) notes.addObject(version, own.id);
    const about = open.filter((one) => isAbout(one, version) && touched.isOpen(version, one));
    if (about.length === 0) return own === undefined ? version : { ...version, doubted: own };
    const text = keyText(version);
    const pieces = about.flatMap((one): OpenPiece[] => {
      const seenAt = sights.from(one.until).get(text)?.at ?? Infinity;
      const pieces = existence.pieces(version, one, Math.min(one.settledAt, seenAt));
      if (pieces.length > 0 && one.ofTouched !== undefined) notes.add(one.ofTouched);
      return pieces;
    });
    return cutVersion(version, own, pieces);
  });
}

/**
 * When there may be objects that nobody saw. Where one span holds another of the same kind, it is enough; but what stood before
 * a log began is not what came later.
 */
function unseenSpans(wide: readonly WideDoubt[]): UnseenSpan[] {
  const spans: UnseenSpan[] = [];
  const reached = new Map<string, Instant>();
  for (const one of wide.toSorted((a, b) => a.since - b.since)) {
    for (const { group, resource } of unseenKinds(one)) {
      const { id, namespace, since, settledAt } = one;
      const text = `${resource}.${group}/${namespace ?? ''}/${isBeginning(one)}`;
      if ((reached.get(text) ?? -Infinity) >= settledAt) continue;
      reached.set(text, settledAt);
      spans.push({
        id,
        group,
        resource,
        ...(namespace !== undefined && { namespace }),
        validFrom: since,
        ...(settledAt < Infinity && { validTo: settledAt }),
      });
    }
  }
  return spans;
}

/** The doubts that come up, each once. */
class Notes {
  readonly #doubts = new Map<string, KnownDoubt>();

  add(doubt: KnownDoubt): void {
    this.#doubts.set(doubt.id, doubt);
  }

  /** The doubt of a version, which may be one of several that carry it. */
  addObject(version: Version, id: string): void {
    const { validTo, doubt } = version;
    if (doubt === undefined) return;
    const known = this.#doubts.get(id);
    if (known !== undefined && (known.until === undefined || known.until >= (validTo ?? Infinity))) return;
    const { since, reason, message, source } = doubt;
    const home = homeOf(version);
    this.add({
      id,
      about: printedVersion(version),
      ...(since !== ALWAYS && { since }),
      reason,
      message,
      source,
      ...(home !== undefined && { home }),
      ...(validTo !== undefined && { until: validTo, settledBy: 'what was seen of it then' }),
    });
  }

  all(): Iterable<KnownDoubt> {
    return this.#doubts.values();
  }
}
