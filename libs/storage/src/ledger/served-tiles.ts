import {
  belongsFrom,
  HASH_BYTES,
  hashAt,
  leafHash,
  sameBytes,
  TILE_WIDTH,
  type TilePlace,
} from '@margay/ledger';
import { type Ledger, LogRefused } from './ledger.ts';
import { signedTree, tilesOf } from './from-tiles.ts';

/**
 * The bytes of a tile as it was when it had so many hashes; undefined where the log has not so many.
 *
 * @throws LogRefused where its head says that it has, and it has not, or has others than were signed.
 */
export async function tileIn(ledger: Ledger, place: TilePlace): Promise<Uint8Array | undefined> {
  const head = await ledger.head();
  if (head === undefined) return undefined;
  const tree = signedTree(head);
  const hashes = Math.floor(tree.size / TILE_WIDTH ** place.level);
  if (place.index * TILE_WIDTH + place.width > hashes) return undefined;
  const belongs = belongsFrom(place, tree);
  const read = await tilesOf(ledger, belongs.tiles);
  if (!belongs.compute(read))
    throw new LogRefused(
      `Tile ${place.index} of level ${place.level} of the log of reports, or one on the way from it to the root, is not what was signed. ` +
        'Somebody changed the store: restore it from a backup.',
    );
  const all = Math.min(TILE_WIDTH, hashes - place.index * TILE_WIDTH);
  return read({ ...place, width: all }).subarray(0, place.width * HASH_BYTES);
}

/**
 * The entries whose hashes are in the tile of level 0; undefined where the log has not so many.
 *
 * @throws LogRefused as `tileIn`.
 */
export async function bundleIn(
  ledger: Ledger,
  { index, width }: Omit<TilePlace, 'level'>,
): Promise<Uint8Array[] | undefined> {
  const hashes = await tileIn(ledger, { level: 0, index, width });
  if (hashes === undefined) return undefined;
  const from = index * TILE_WIDTH;
  const entries = await ledger.entries(from, from + width);
  const changed = entries.findIndex((entry, i) => !sameBytes(leafHash(entry), hashAt(hashes, i)));
  if (changed !== -1)
    throw new LogRefused(
      `Entry ${from + changed} of the log of reports was changed: it is not the one that was signed. Restore the store from a backup.`,
    );
  return entries;
}
