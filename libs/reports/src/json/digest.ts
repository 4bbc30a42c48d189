import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { type ReportHeader, type ReportRows, ROW_KINDS } from '../report.ts';

/**
 * The digest of a report: SHA-256 in hex over lines of canonical JSON (RFC 8785), each ended by a line feed.
 *
 * The first line is the header, without rows and digest. Then comes one line for each row, `[kind, row]`: kinds in the order
 * of `ROW_KINDS`, rows in the report's order. So a digest can be computed with one row in memory at a time.
 */
export function digestOf(header: ReportHeader, rows: ReportRows): string {
  const hash = sha256.create();
  const add = (value: unknown): void => {
    hash.update(utf8ToBytes(`${canonicalize(value)}\n`));
  };
  add(header);
  // Reports of older releases lack kinds of rows that came later.
  for (const kind of ROW_KINDS) for (const row of rows[kind] ?? []) add([kind, row]);
  return bytesToHex(hash.digest());
}
