import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { commitsOf, COUNT_COMMIT } from './bookkeeping.ts';
import { OWNERS_ONLY } from './lock.ts';
import { damageIn } from './pages.ts';
import { unusable } from './unusable.ts';

/** When what is written comes to the disk. */
export type OnDisk = 'now' | 'later';

/** What was copied from the write-ahead log into the file when that was last done, in a small file beside it. */
interface Copied {
  /** How many transactions had been committed. */
  readonly commits: number;
  /** False while they are being copied: the file is then some of this state and some of an older one. */
  readonly whole: boolean;
  /** The file's size afterwards. */
  readonly bytes: number;
  /** When the file was last written, where it was closed in order afterwards; milliseconds since the epoch. */
  readonly closedAt?: number;
}

/** The log is copied when it has come to this size: 8,000 pages. Bigger steps write each page of an index fewer times. */
const LOG_BYTES_MAX = 8_000 * 4_096;

/** Bigger files are not looked through at a start: it would take longer than a start may. */
export const CHECKED_BYTES_MAX = 1 << 30;

/**
 * The write-ahead log of one database file, by the connection that writes it: has it copied into the file, and knows afterwards what
 * has to be there.
 *
 * What a log holds is whole transactions, in their order, so that a log that was cut gives an older state, and a whole one. But not
 * where some of it had been copied into the file: what was copied and what is left of the log are then of two states. So before
 * something is copied it is noted, beside the file, which transaction must be found afterwards.
 */
export class WriteAhead {
  readonly #path: string;
  readonly #connection: DatabaseSync;
  #copyAt = LOG_BYTES_MAX;
  #flushes: OnDisk | undefined;

  constructor(connection: DatabaseSync, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  /** Has the transactions from now on be on the disk when they are committed, or later. */
  flush(when: OnDisk): void {
    if (this.#flushes === when) return;
    this.#connection.exec(`PRAGMA synchronous = ${when === 'now' ? 'FULL' : 'NORMAL'}`);
    this.#flushes = when;
  }

  /**
   * Copies the log where it is long. While somebody reads an older state only a part of it can be, and it goes on growing.
   * What keeps it from being copied is not told: it is tried again, and a full disk refuses the next transaction.
   */
  afterCommit(): void {
    const size = sizeOf(`${this.#path}-wal`);
    if (size < this.#copyAt) return;
    try {
      this.copy();
      this.#copyAt = sizeOf(`${this.#path}-wal`) + LOG_BYTES_MAX;
    } catch {
      this.#copyAt = size + LOG_BYTES_MAX;
    }
  }

  /** Copies as much of the log as can be, and empties it where that is all. */
  copy(): void {
    // What a power cut may still lose must not be expected afterwards.
    this.flush('now');
    this.#connection.exec(COUNT_COMMIT);
    const commits = commitsOf(this.#connection, this.#path);
    writeCopied(this.#path, { commits, whole: false, bytes: sizeOf(this.#path) });
    // Readers are not waited for.
    this.#connection.exec('PRAGMA busy_timeout = 0');
    const { busy } = this.#checkpoint('TRUNCATE');
    this.#connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    if (busy === 0) writeCopied(this.#path, { commits, whole: true, bytes: sizeOf(this.#path) });
  }

  /**
   * Finds what is wrong with a file that was just opened, as far as can be said without reading what it means.
   *
   * @param copied as it was before the file was opened.
   * @param isAsLeft nobody has written the file since it was closed in order.
   * @param bytesMax a larger file is not looked through.
   * @returns whether its pages are known to be as they were written.
   * @throws DatabaseUnusable for a file that is not of one state, or is damaged.
   */
  check(copied: Copied | undefined, isAsLeft: boolean, bytesMax: number): boolean {
    const commits = commitsOf(this.#connection, this.#path);
    if (copied !== undefined) {
      if (!copied.whole && commits < copied.commits) throw unusable('cut', this.#path);
      if (commits >= copied.commits && sizeOf(this.#path) < copied.bytes) throw unusable('cut', this.#path);
      // Nothing of the log is left: whether all of it had been copied only the tables can say.
      if (!copied.whole && this.#checkpoint('PASSIVE').log === 0) this.#lookThrough('integrity_check');
    }
    if (isAsLeft) return true;
    if (sizeOf(this.#path) > bytesMax) return false;
    this.#lookThrough('quick_check');
    return true;
  }

  #lookThrough(check: 'quick_check' | 'integrity_check'): void {
    const damage = damageIn(this.#connection, `${check}(1)`);
    if (damage !== undefined) throw unusable('corrupt', this.#path, damage);
  }

  #checkpoint(how: 'PASSIVE' | 'TRUNCATE'): { readonly busy: number; readonly log: number } {
    return this.#connection.prepare(`PRAGMA wal_checkpoint(${how})`).get() as { busy: number; log: number };
  }
}

/** How long a connection waits for another one's transaction. */
export const BUSY_TIMEOUT_MS = 10_000;

/** To be read before the file is opened; undefined where nothing is known. */
export function readCopied(path: string): Copied | undefined {
  try {
    const { commits, whole, bytes, closedAt } = JSON.parse(readFileSync(fileOf(path), 'utf8')) as Copied;
    if (!Number.isSafeInteger(commits) || typeof whole !== 'boolean' || !Number.isSafeInteger(bytes))
      return undefined;
    return { commits, whole, bytes, ...(typeof closedAt === 'number' && { closedAt }) };
  } catch {
    // None yet, or one that a power cut kept from being written: the file is looked through then.
    return undefined;
  }
}

/** Whether a file is the one that was closed in order, and nobody has written it since; to be asked before it is opened. */
export function isAsLeft(path: string, copied: Copied | undefined): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return (
    copied?.closedAt !== undefined &&
    copied.closedAt === file?.mtimeMs &&
    copied.bytes === file.size &&
    sizeOf(`${path}-wal`) === 0
  );
}

/** To be called when the file was closed, and nobody else has it open. */
export function noteClosed(path: string): void {
  const copied = readCopied(path);
  const file = statSync(path, { throwIfNoEntry: false });
  if (copied?.whole && file !== undefined && sizeOf(`${path}-wal`) === 0)
    writeCopied(path, { ...copied, bytes: file.size, closedAt: file.mtimeMs });
}

export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const fileOf = (path: string): string => `${path}.copied`;

function writeCopied(path: string, copied: Copied): void {
  // A rename replaces the old one with the new one or not at all.
  writeFileSync(`${fileOf(path)}.new`, JSON.stringify(copied), { mode: OWNERS_ONLY });
  renameSync(`${fileOf(path)}.new`, fileOf(path));
}
