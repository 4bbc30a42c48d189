import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ArchivedHeader, PartEntry, ArchivePart, ReportRecord } from './archive.ts';

/** The canonical JSON of a value (RFC 8785) and the SHA-256 of it in hex. */
export function canonicalDigest(value: unknown): { readonly text: string; readonly digest: string } {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON values can be archived.');
  return { text, digest: sha256(text) };
}

/** The SHA-256 of a text in hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** A part's canonical text, and what the header says of it. */
export function sealed({ kind, rows }: ArchivePart): { readonly text: string; readonly entry: PartEntry } {
  const { text, digest } = canonicalDigest(rows);
  return { text, entry: { kind, digest, rows: rows.length } };
}

/** The report's header as the next one after `last` in the chain of its report name. */
export function chained(report: ReportRecord, last: ArchivedHeader | undefined): ArchivedHeader {
  const link = {
    ...report,
    sequence: (last?.sequence ?? 0) + 1,
    ...(last !== undefined && { previous: last.headerDigest }),
  };
  return { ...link, headerDigest: canonicalDigest(link).digest };
}

/** The order of reports over one window. */
export const byRevision = (a: ArchivedHeader, b: ArchivedHeader): number =>
  (a.revision ?? 1) - (b.revision ?? 1);

/** True where the header's digest is what its content says. */
export function isIntact({ headerDigest, ...link }: ArchivedHeader): boolean {
  try {
    return canonicalDigest(link).digest === headerDigest;
  } catch {
    // Somebody wrote what has no digest, such as a thousand lists in one another.
    return false;
  }
}
