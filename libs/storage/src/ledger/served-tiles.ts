import { HASH_BYTES, TILE_WIDTH, type TilePlace } from '@margay/ledger';
import type { Ledger } from './ledger.ts';

/**
 * The bytes of a tile as it was when it had so many hashes; undefined where the log has not so many.
 *
 * @throws LogRefused where its head says that it has, and it has not.
 */
export async function tileIn(ledger: Ledger, place: TilePlace): Promise<Uint8Array | undefined> {
  const { size = 0 } = (await ledger.head()) ?? {};
  const hashes = Math.floor(size / TILE_WIDTH ** place.level);
  if (place.index * TILE_WIDTH + place.width > hashes) return undefined;
  const [bytes] = await ledger.tiles([place]);
  return bytes!.subarray(0, place.width * HASH_BYTES);
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
  const { size = 0 } = (await ledger.head()) ?? {};
  const from = index * TILE_WIDTH;
  return from + width > size ? undefined : ledger.entries(from, from + width);
}
