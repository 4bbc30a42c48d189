import type { Fields } from '@margay/ground';
import type { Place } from './read-lines.ts';

/** A durable position in a log that grows and rotates: a place in one of the files that it is made of. */
export interface Cursor extends Place {
  /** What tells the file from others of its log: of its first line. */
  readonly identity?: Identity;
  /** What its source is called, where that is kept: the file may have another name since. */
  readonly name?: string;
  /** The source of the file that the log was written to before. */
  readonly goesOnFrom?: string;
  /** One more at each file that begins like the one before it. While reading, one more at each file. */
  readonly generation: number;
  /** Which file it is: a rename keeps it, a new file under the old name has another. */
  readonly inode: number;
  /** Digest of the file's first bytes: an inode number can come again, and a copy has another. */
  readonly head?: Head;
  /** Digests of the first bytes of files that were read before it, the last of them last. */
  readonly read?: readonly string[];
  /** What whoever read up to here knows of the file, to go on from. */
  readonly noted?: Fields;
}

/** The first bytes of a file. */
export interface Head {
  readonly bytes: number;
  readonly digest: string;
}

/** The digest of the first bytes of a file. */
export interface Identity {
  readonly bytes: number;
  /** Sixteen hex digits of SHA-256. */
  readonly digest: string;
}
