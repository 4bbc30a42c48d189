import { createHash } from 'node:crypto';
import type { Instant } from '@margay/ground';
import type { Identity, Known } from './notices.ts';

interface Entry {
  known: Known;
  /** The number of the last list that showed it. */
  listing: number;
  /** Whether it was told in this process, so that its resourceVersion is that of its last write. */
  isExact: boolean;
}

/** How a state relates to what was known of its object. */
export type Relation = 'new' | 'same' | 'unchanged' | 'changed';

/**
 * The objects of one resource that exist as far as we know: some 300 bytes for each, whatever their size.
 *
 * Mutable, for one reader.
 */
export class Inventory {
  readonly #entries = new Map<string, Entry>();
  #listing = 0;

  get size(): number {
    return this.#entries.size;
  }

  seed(known: Known): void {
    this.#entries.set(known.uid, { known, listing: this.#listing, isExact: false });
  }

  /** Notes a state, and tells how it relates to the one known: the same version, the same content, or neither. */
  note(known: Known): Relation {
    const entry = this.#entries.get(known.uid);
    if (entry === undefined) {
      this.#entries.set(known.uid, { known, listing: this.#listing, isExact: true });
      return 'new';
    }
    const before = entry.known;
    entry.known = known;
    entry.listing = this.#listing;
    entry.isExact = true;
    if (before.resourceVersion === known.resourceVersion) return 'same';
    return before.fingerprint === known.fingerprint ? 'unchanged' : 'changed';
  }

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  /** What is known of an object; `isExact` where its resourceVersion is that of its last write. */
  knownOf(uid: string): (Known & { readonly isExact: boolean }) | undefined {
    const entry = this.#entries.get(uid);
    return entry && { ...entry.known, isExact: entry.isExact };
  }

  /** When the object was last written by its own record; undefined where that is not known. */
  writtenOf(uid: string): Instant | undefined {
    return this.#entries.get(uid)?.known.written;
  }

  /** Forgets an object; false where it was not known. */
  forget(uid: string): boolean {
    return this.#entries.delete(uid);
  }

  /** A list begins: what is noted from here on is in it. */
  beginListing(): void {
    this.#listing++;
  }

  /** Forgets, and gives, what the list that now ends has not shown. */
  *endListing(): Generator<Known> {
    for (const [uid, { known, listing }] of this.#entries) {
      if (listing === this.#listing) continue;
      this.#entries.delete(uid);
      yield known;
    }
  }

  *identities(): Generator<Identity> {
    for (const { known } of this.#entries.values()) yield known;
  }

  *known(): Generator<Known> {
    for (const { known } of this.#entries.values()) yield known;
  }
}

/** A digest of a projection, equal for equal ones; the order of fields counts, which the API server keeps. */
export function fingerprintOf(projected: unknown): string {
  return createHash('sha1')
    .update(JSON.stringify(projected) ?? '')
    .digest('base64')
    .slice(0, 12);
}
