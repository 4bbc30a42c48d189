import { hash, randomBytes } from 'node:crypto';

/** A hash of some words, under a key of its own, as a number: whoever made the words cannot have chosen them by it. */
export type KeyedHash = (...words: readonly (string | number)[]) => bigint;

/**
 * Sets are compared by the sums of the hashes of what is in them, in whatever order that comes: nothing of it need be kept. Two sets that are
 * not the same have the same sum by a chance of 2^-128.
 */
export function keyedHash(): KeyedHash {
  const key = randomBytes(16).toString('hex');
  return (...words) => BigInt(`0x${hash('sha256', JSON.stringify([key, ...words]), 'hex').slice(0, 32)}`);
}
