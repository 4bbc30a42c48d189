import type { Instant } from '@margay/ground';
import type { Version } from '@margay/history';
import type { Doubted } from '@margay/policy';
import type { PlayedVersion } from './played.ts';

/** What is open of an object in `[from, to)`. */
export interface OpenPiece {
  readonly from: Instant;
  readonly to: Instant;
  readonly doubted: Doubted;
}

/**
 * A version, cut where something about it becomes or ceases to be open.
 *
 * @param own its own doubt, which is open all the time.
 * @param pieces what is open besides, in any order; they may overlap.
 */
export function cutVersion(
  version: Version,
  own: Doubted | undefined,
  pieces: readonly OpenPiece[],
): PlayedVersion[] {
  if (pieces.length === 0) return [own === undefined ? version : { ...version, doubted: own }];
  const { validFrom, validTo = Infinity } = version;
  const bounds = [...new Set([validFrom, validTo, ...pieces.flatMap(({ from, to }) => [from, to])])].sort(
    (a, b) => a - b,
  );
  const cut: PlayedVersion[] = [];
  for (const [i, from] of bounds.entries()) {
    const to = bounds[i + 1];
    if (to === undefined) break;
    const here = pieces.filter((piece) => piece.from <= from && to <= piece.to);
    const doubted = widest([...(own === undefined ? [] : [own]), ...here.map((piece) => piece.doubted)]);
    const last = cut.at(-1);
    if (last !== undefined && last.doubted?.id === doubted?.id && last.doubted?.may === doubted?.may) {
      cut[cut.length - 1] = ending(last, to);
      continue;
    }
    cut.push(ending({ ...version, validFrom: from, ...(doubted && { doubted }) }, to));
  }
  return cut;
}

function ending(version: PlayedVersion, to: Instant): PlayedVersion {
  const { validTo: _, ...open } = version;
  return to === Infinity ? open : { ...open, validTo: to };
}

/** All of them together: the first that leaves as much open as all do, else the first, leaving everything open. */
function widest(all: readonly Doubted[]): Doubted | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const mays = new Set(all.map(({ may }) => may));
  const may = mays.size > 1 ? 'be-anything' : first.may;
  return all.find((one) => one.may === may) ?? { ...first, may };
}
