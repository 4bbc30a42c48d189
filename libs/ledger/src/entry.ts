import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { utf8 } from '@scure/base';
import { ENTRY_BYTES_MAX } from './tree/bundles.ts';

/** What the log says of one archived report. */
export interface Entry {
  readonly cluster: string;
  /** The uid of the cluster's namespace kube-system; absent where no evidence tells it. */
  readonly clusterUid?: string;
  /** The id of the run. */
  readonly run: string;
  /** Which report over its window it is, from 1 on. */
  readonly revision: number;
  /** The name of the GlobalReport. */
  readonly report: string;
  readonly type: string;
  /** RFC 3339; belongs to the window. */
  readonly start: string;
  /** RFC 3339; does not belong to the window. */
  readonly end: string;
  /** The report's own digest. */
  readonly digest: string;
  /** The digest of what the report says that it rests on: SHA-256 in hex over its canonical JSON. */
  readonly evidenceDigest: string;
  /** The digest of the report's header in the archive. */
  readonly headerDigest: string;
  /** The release of Margay that made the entry. */
  readonly version: string;
  /** The report was archived before, and nobody knows whether it was changed since: the log began later, or its writer was away. */
  readonly later?: true;
}

/** The cluster of an entry in words, with the uid that no other one has, where it is known. */
export const clusterOf = ({ cluster, clusterUid }: Pick<Entry, 'cluster' | 'clusterUid'>): string =>
  `${cluster} (${clusterUid === undefined ? 'its uid is not known' : `uid ${clusterUid}`})`;

/** A text that is no entry. */
export class NoEntry extends Error {
  override readonly name = 'NoEntry';
}

/** SHA-256 in hex over the canonical JSON (RFC 8785) of a value. */
export const digestOfJson = (value: unknown): string => bytesToHex(sha256(canonicalBytes(value)));

/**
 * The bytes of an entry, which the log's tree is made of: its canonical JSON (RFC 8785) in UTF-8.
 *
 * @throws RangeError where they are more than a bundle takes.
 */
export function entryBytes(entry: Entry): Uint8Array {
  const bytes = canonicalBytes(entry);
  if (bytes.length > ENTRY_BYTES_MAX)
    throw new RangeError(
      `The log's entry of run ${entry.run.slice(0, 100)} would have ${bytes.length} bytes, and ${ENTRY_BYTES_MAX} are the most.`,
    );
  return bytes;
}

/**
 * The entry that bytes are.
 *
 * @throws NoEntry where they are none, or not written as every entry is.
 */
export function readEntry(bytes: Uint8Array): Entry {
  let value: unknown;
  try {
    value = JSON.parse(utf8.encode(bytes));
  } catch {
    throw new NoEntry('it is no JSON in UTF-8');
  }
  if (!isEntry(value)) throw new NoEntry('it lacks what every entry of the log has');
  if (canonicalize(value) !== utf8.encode(bytes)) throw new NoEntry('it is not written as canonical JSON');
  return value;
}

const TEXTS = [
  'cluster',
  'run',
  'report',
  'type',
  'start',
  'end',
  'digest',
  'evidenceDigest',
  'headerDigest',
  'version',
] as const satisfies readonly (keyof Entry)[];

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const { revision, clusterUid = '', later = true } = fields;
  return (
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    Number.isSafeInteger(revision) &&
    typeof clusterUid === 'string' &&
    later === true
  );
}

/** Canonical JSON (RFC 8785) in UTF-8. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON values have canonical JSON.');
  return utf8ToBytes(text);
}
