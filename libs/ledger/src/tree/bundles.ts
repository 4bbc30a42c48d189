import { concatBytes } from '@noble/hashes/utils.js';

/** How long an entry may be, in bytes: what two bytes can count. */
export const ENTRY_BYTES_MAX = 65_535;

/** Entries one after the other, each after its length in two bytes (C2SP tlog-tiles). */
export function bundleOf(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length), entry]));
}
