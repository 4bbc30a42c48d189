import { EMPTY_ROOT, type Hash, nodeHash, sameBytes } from './hashes.ts';
import { besideEntry, growthOf } from './ranges.ts';

/** A tree as its head tells of it. */
export interface TreeHead {
  /** How many entries it has. */
  readonly size: number;
  readonly root: Hash;
}

/** Whether a proof shows that the entry with the hash is the one at `index` of the tree. */
export function includes(
  { size, root }: TreeHead,
  index: number,
  leaf: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isSize(size) || !isSize(index) || index >= size) return false;
  const beside = besideEntry(index, size);
  if (proof.length !== beside.length) return false;
  const above = beside.reduce(
    (hash, { on }, i) => (on === 'left' ? nodeHash(proof[i]!, hash) : nodeHash(hash, proof[i]!)),
    leaf,
  );
  return sameBytes(above, root);
}

/** Whether a proof shows that the newer tree begins with all entries of the older one, in their order. */
export function goesOnFrom(older: TreeHead, newer: TreeHead, proof: readonly Hash[]): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if (older.size === 0) return proof.length === 0 && sameBytes(older.root, EMPTY_ROOT);
  const { shared, beside } = growthOf(older.size, newer.size);
  // The older tree's own root stands for the shared node where this is all of it.
  const hashes = shared.start === 0 ? [older.root, ...proof] : proof;
  const [first, ...others] = hashes;
  if (first === undefined || others.length !== beside.length) return false;
  let [before, after] = [first, first];
  for (const [i, { on }] of beside.entries()) {
    const hash = others[i]!;
    // What stands on the right came later.
    if (on === 'left') before = nodeHash(hash, before);
    after = on === 'left' ? nodeHash(hash, after) : nodeHash(after, hash);
  }
  return sameBytes(before, older.root) && sameBytes(after, newer.root);
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;
