import { createHash } from 'node:crypto';
import type { Instant } from '@margay/ground';

/** Elasticsearch refuses longer ids. */
const ID_BYTES_MAX = 512;

/** The id of a document that is known by these parts: readable where that is short enough, else a digest. */
export function documentId(...parts: readonly (string | number)[]): string {
  // Slashes within a part are escaped, so that different parts never make the same id.
  const id = parts.map((part) => String(part).replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
  if (Buffer.byteLength(id) <= ID_BYTES_MAX) return id;
  return createHash('sha256').update(id).digest('hex');
}

/** The month of an instant as the end of an index name, UTC: `2026.11`. */
export function monthOf(instant: Instant): string {
  return new Date(instant / 1000).toISOString().slice(0, 7).replace('-', '.');
}

/** An instant as Elasticsearch's own tools show it: milliseconds, beside the exact number. */
export function dateOf(instant: Instant): string {
  return new Date(Math.floor(instant / 1000)).toISOString();
}
