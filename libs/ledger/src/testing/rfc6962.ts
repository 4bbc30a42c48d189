import { createHash } from 'node:crypto';

/** The tree as RFC 6962 defines it (2.1), word for word and on another implementation of SHA-256: the oracle of what is computed from tiles. */
const sha256 = (...bytes: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const each of bytes) hash.update(each);
  return new Uint8Array(hash.digest());
};

const splitOf = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);

/** MTH. */
export function treeHash(entries: readonly Uint8Array[]): Uint8Array {
  const n = entries.length;
  if (n === 0) return sha256();
  if (n === 1) return sha256(Uint8Array.of(0), entries[0]!);
  const k = splitOf(n);
  return sha256(Uint8Array.of(1), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)));
}

/** PATH. */
export function inclusionPath(m: number, entries: readonly Uint8Array[]): Uint8Array[] {
  const n = entries.length;
  if (n === 1) return [];
  const k = splitOf(n);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return m < k
    ? [...inclusionPath(m, left), treeHash(right)]
    : [...inclusionPath(m - k, right), treeHash(left)];
}

/** PROOF. */
export const consistencyPath = (m: number, entries: readonly Uint8Array[]): Uint8Array[] =>
  m === 0 ? [] : subproof(m, entries, true);

function subproof(m: number, entries: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  const n = entries.length;
  if (m === n) return isWhole ? [] : [treeHash(entries)];
  const k = splitOf(n);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return m <= k
    ? [...subproof(m, left, isWhole), treeHash(right)]
    : [...subproof(m - k, right, false), treeHash(left)];
}
