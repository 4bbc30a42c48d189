import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '@margay/runtime';
import { checkOurs, makeOurs, type Part } from './bookkeeping.ts';
import { lock, makeOwn } from './lock.ts';
import { unusable } from './unusable.ts';
import {
  BUSY_TIMEOUT_MS,
  CHECKED_BYTES_MAX,
  isAsLeft,
  noteClosed,
  readCopied,
  sizeOf,
  WriteAhead,
  type OnDisk,
} from './write-ahead.ts';

/** The one connection that writes a file. All parts of it in this process share it, so that what they write is in one order. */
export interface Writer {
  readonly connection: DatabaseSync;
  /** To be called before each transaction, with when it is to come to the disk. */
  readonly flush: (when: OnDisk) => void;
  /** To be called after each transaction. */
  readonly afterCommit: () => void;
  /** The file was too large to be looked through when it was opened: it may be damaged. */
  readonly isUnchecked: boolean;
  /** Lets go of it for one part; the last one closes the file. */
  readonly close: () => void;
}

interface SharedWriter extends Omit<Writer, 'close'> {
  readonly closeFile: () => void;
  readonly parts: Part[];
}

const writers = new Map<string, SharedWriter>();

/**
 * The writer of a file, for a part of it. The file has one owner; guests may be many.
 *
 * @param isShared the part may be opened again.
 * @param checkedBytesMax a larger file is not looked through when it is opened.
 *
 * @throws DatabaseUnusable where another process writes it, or the part is open already; and for a file that is damaged.
 */
export function writerOf(
  path: string,
  part: Part,
  isShared: boolean,
  checkedBytesMax = CHECKED_BYTES_MAX,
): Writer {
  if (path === ':memory:') return writerInMemory();
  const place = resolve(path);
  let shared = writers.get(place);
  if (shared === undefined) writers.set(place, (shared = openWriter(path, checkedBytesMax)));
  else if (!isShared && shared.parts.includes(part)) throw unusable('in-use', path);
  shared.parts.push(part);
  const { connection, flush, afterCommit, isUnchecked, closeFile, parts } = shared;
  return {
    connection,
    flush,
    afterCommit,
    isUnchecked,
    close() {
      parts.splice(parts.indexOf(part), 1);
      if (parts.length > 0) return;
      writers.delete(place);
      closeFile();
    },
  };
}

function writerInMemory(): Writer {
  const connection = new DatabaseSync(':memory:');
  settings(connection);
  makeOurs(connection);
  const nothing = () => {};
  return {
    connection,
    flush: nothing,
    afterCommit: nothing,
    isUnchecked: false,
    close: () => connection.close(),
  };
}

function openWriter(path: string, checkedBytesMax: number): SharedWriter {
  prepareFolder(path);
  const unlock = lock(path);
  let connection: DatabaseSync | undefined;
  try {
    const copied = existsSync(path) ? readCopied(path) : undefined;
    if (copied !== undefined && sizeOf(path) === 0) throw unusable('empty', path);
    const asLeft = isAsLeft(path, copied);
    makeOwn(path);
    connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    checkOurs(connection, path);
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    settings(connection);
    makeOurs(connection);
    const log = new WriteAhead(connection, path);
    const isChecked = log.check(copied, asLeft, checkedBytesMax);
    log.copy();
    return {
      connection,
      flush: (when) => log.flush(when),
      afterCommit: () => log.afterCommit(),
      isUnchecked: !isChecked,
      parts: [],
      closeFile: closing(path, connection, log, unlock),
    };
  } catch (error) {
    connection?.close();
    unlock();
    throw error;
  }
}

const closing = (path: string, connection: DatabaseSync, log: WriteAhead, unlock: () => void) => () => {
  try {
    log.copy();
  } catch {
    // On a full disk, or where somebody reads: it is done at the next start.
  }
  connection.close();
  try {
    noteClosed(path);
  } finally {
    unlock();
  }
};

/** Those of every connection. */
export function settings(connection: DatabaseSync): void {
  connection.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456');
}

/** Makes the folder, for its owner only: a database copies what others may not read. One that is there stays as it is. */
function prepareFolder(path: string): void {
  makeFolder(dirname(path), 0o700);
  accessSync(dirname(path), constants.W_OK);
  if (existsSync(path)) accessSync(path, constants.W_OK);
}
