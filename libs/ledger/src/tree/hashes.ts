import { sha256 } from '@noble/hashes/sha2.js';
import { base64 } from '@scure/base';

/** A hash of the tree: 32 bytes, SHA-256. */
export type Hash = Uint8Array;

/** How long a hash is, in bytes. */
export const HASH_BYTES = 32;

/** The root of a tree without entries. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/** The hash of an entry (RFC 6962, 2.1). */
export function leafHash(entry: Uint8Array): Hash {
  const bytes = new Uint8Array(1 + entry.length);
  bytes.set(entry, 1);
  return sha256(bytes);
}

/** The hash of the node above two others. No node has the hash of an entry: they begin with another byte. */
export function nodeHash(left: Hash, right: Hash): Hash {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256(bytes);
}

/** Whether two hashes, or other bytes, are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The hash that a base64 text says, or undefined where it says none. */
export function readHash(text: string): Hash | undefined {
  // 32 bytes are 44 characters: anything else need not be decoded.
  if (text.length !== 44) return undefined;
  try {
    const hash = base64.decode(text);
    return hash.length === HASH_BYTES ? hash : undefined;
  } catch {
    return undefined;
  }
}
