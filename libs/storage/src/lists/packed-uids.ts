import { hashOf } from '../history/tables.ts';

/** So much of the SHA-256 of a uid is kept: among 100,000 objects another one is taken for listed once in 10^14 times. */
const BYTES = 8;

/** Uids in as few bytes as tell whether one is among them: the beginnings of their digests, ascending. */
export function packedUids(uids: readonly string[]): Buffer {
  const digests = BigUint64Array.from(uids, (uid) => hashOf(uid).readBigUInt64BE()).sort();
  const packed = Buffer.alloc(digests.length * BYTES);
  for (const [i, digest] of digests.entries()) packed.writeBigUInt64BE(digest, i * BYTES);
  return packed;
}

/** Tells whether a uid is among those that were packed. */
export function askPacked(packed: Buffer): (uid: string) => boolean {
  return (uid) => {
    const wanted = hashOf(uid).readBigUInt64BE();
    let [low, high] = [0, packed.length / BYTES];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = packed.readBigUInt64BE(middle * BYTES);
      if (found === wanted) return true;
      if (found < wanted) low = middle + 1;
      else high = middle;
    }
    return false;
  };
}
