/** Why an embedded database cannot be used; each has one thing that the person in charge can do about it. */
export type UnusableCode =
  'read-only' | 'full' | 'corrupt' | 'empty' | 'cut' | 'foreign' | 'in-use' | 'unreachable' | 'newer-format';

/** The embedded database cannot be used: the message names the file, the reason and what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
  /** Which part failed, whoever catches the error. */
  readonly part = 'Database';
  readonly code: UnusableCode;

  /** @param cause the error underneath, if there is one. */
  constructor(code: UnusableCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Whether an error is one that nobody but a person can mend; that another process uses the file passes. */
export const isUnusable = (error: unknown): error is DatabaseUnusable =>
  error instanceof DatabaseUnusable && error.code !== 'in-use';

const AWAY =
  'Put a backup in its place, or move it and the files beside it of the same name away: a new one is filled by reading the logs again.';

const ADVICE: Record<UnusableCode, string> = {
  'read-only':
    'the folder or the file is not writable. Give the user that runs Margay write access, or choose another folder.',
  full: 'the disk is full. Free some space and start again: everything confirmed so far is kept.',
  corrupt: `the file is damaged or is no Margay database. ${AWAY}`,
  empty: `the file is empty, and it was not. ${AWAY}`,
  cut: `what was in it is gone in part: it, or the file -wal beside it, was cut or replaced. ${AWAY}`,
  foreign: 'the file is the database of another program. Choose another folder, or move that file away.',
  'in-use': 'another Margay process uses it. Stop that process first, or choose another folder.',
  unreachable:
    'the file cannot be opened. Check that the folder exists and that its disk is mounted and healthy.',
  'newer-format': 'a newer Margay wrote it. Start that version or a newer one.',
};

/** The error that says what is wrong with the file at `path` and what to do about it. */
export function unusable(code: UnusableCode, path: string, cause?: unknown): DatabaseUnusable {
  return new DatabaseUnusable(code, `Database ${path}: ${ADVICE[code]}`, cause);
}

/** The error that a file is damaged, as its pages show. */
export const damaged = (path: string, cause: unknown): DatabaseUnusable => unusable('corrupt', path, cause);

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that a person can do something about. */
const CODES: Readonly<Record<number, UnusableCode>> = {
  3: 'read-only', // SQLITE_PERM
  5: 'in-use', // SQLITE_BUSY
  8: 'read-only', // SQLITE_READONLY
  10: 'unreachable', // SQLITE_IOERR
  11: 'corrupt', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'unreachable', // SQLITE_CANTOPEN
  26: 'corrupt', // SQLITE_NOTADB
};

/** SQLITE_ERROR: of statements that never change, that the tables are not those that they were written for. */
const NOT_OURS = 1;

const SYSTEM_CODES: Readonly<Record<string, UnusableCode>> = {
  EACCES: 'read-only',
  EPERM: 'read-only',
  EROFS: 'read-only',
  ENOSPC: 'full',
  EDQUOT: 'full',
  ENOTDIR: 'unreachable',
  EEXIST: 'unreachable',
  ENOENT: 'unreachable',
  EIO: 'unreachable',
};

/**
 * The same error in words that help, where SQLite or the file system names a reason that a person can act on;
 * every other error comes back as it is.
 */
export function explained(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseUnusable) return error;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  // Extended result codes keep the primary one in their low byte.
  const reason =
    typeof errcode === 'number'
      ? CODES[errcode & 0xff]
      : typeof code === 'string'
        ? SYSTEM_CODES[code]
        : undefined;
  return reason === undefined ? error : unusable(reason, path, error);
}

/** What was read back is not what was written. */
export class NotAsWritten extends Error {
  override readonly name = 'NotAsWritten';
}

/**
 * The same of what was read back: what is not as it was written, text that was written as JSON and is none any more, bytes that end before
 * what they say they hold, tables that are not there.
 */
export function explainedRead(error: unknown, path: string): unknown {
  const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown };
  const isDamage =
    error instanceof NotAsWritten ||
    error instanceof SyntaxError ||
    (error instanceof RangeError && code !== undefined) ||
    errcode === NOT_OURS;
  return isDamage ? unusable('corrupt', path, error) : explained(error, path);
}
