import { consistencyFrom, type FromTiles, type Hash, tilePath } from '@margay/ledger';
import type { Ledger } from './ledger.ts';

/**
 * The proof that the log of `to` entries goes on from the one of `from`.
 *
 * @throws RangeError where the log has not so many, or `from` is the greater.
 */
export async function growthProof(ledger: Ledger, from: number, to: number): Promise<Hash[]> {
  const { size = 0 } = (await ledger.head()) ?? {};
  if (to > size) throw new RangeError(`The log has ${size} entries, and ${to} were asked for.`);
  return computed(ledger, consistencyFrom(from, to));
}

/** What is worked out of tiles that a log gives. */
export async function computed<T>(ledger: Ledger, { tiles, compute }: FromTiles<T>): Promise<T> {
  const bytes = await ledger.tiles(tiles);
  const byPath = new Map(tiles.map((place, i) => [tilePath(place), bytes[i]!]));
  return compute((place) => byPath.get(tilePath(place))!);
}
