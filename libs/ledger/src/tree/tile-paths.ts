import { TILE_WIDTH, type TilePlace } from './tiles.ts';

/** Which bundle of entries: those whose hashes are in the tile of level 0 with that index and width. */
export type BundlePlace = Omit<TilePlace, 'level'>;

/** Where a tile is served below a log's address: `tile/0/x001/234`, of one that is not whole `tile/0/x001/234.p/5` (C2SP tlog-tiles). */
export const tilePath = ({ level, ...place }: TilePlace): string => `tile/${level}/${pathOf(place)}`;

/** Where entries are served: `tile/entries/x001/234`. */
export const bundlePath = (place: BundlePlace): string => `tile/entries/${pathOf(place)}`;

/** The tile that a path names, or undefined where it names none. */
export function tileAt(path: string): TilePlace | undefined {
  const [, level, rest] = /^tile\/(0|[1-9][0-9]?)\/(.*)$/.exec(path) ?? [];
  const place = rest === undefined ? undefined : placeAt(rest);
  return place && Number(level) <= LEVEL_MAX ? { level: Number(level), ...place } : undefined;
}

/** The entries that a path names, or undefined where it names none. */
export function bundleAt(path: string): BundlePlace | undefined {
  return path.startsWith('tile/entries/') ? placeAt(path.slice('tile/entries/'.length)) : undefined;
}

const LEVEL_MAX = 63;

function pathOf({ index, width }: BundlePlace): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!;
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

function placeAt(path: string): BundlePlace | undefined {
  const [, groups, width = String(TILE_WIDTH)] =
    /^((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path) ?? [];
  if (groups === undefined) return undefined;
  const place = { index: Number(groups.replaceAll(/[x/]/g, '')), width: Number(width) };
  // Only the one way of writing it counts: no zeros in front, no width that is the whole one's.
  return Number.isSafeInteger(place.index) && pathOf(place) === path && place.width <= TILE_WIDTH
    ? place
    : undefined;
}
