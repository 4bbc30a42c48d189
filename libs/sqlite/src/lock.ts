import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { explained } from './unusable.ts';

/** For its owner only, whatever the umask is: it, or what SQLite puts beside it with the same mode, holds what others may not read. */
export const OWNERS_ONLY = 0o600;

/** Makes a file that is not there yet, empty, for its owner only. One that is there stays as it is. */
export function makeOwn(path: string): void {
  closeSync(openSync(path, 'a', OWNERS_ONLY));
}

/**
 * Holds an exclusive lock beside the file until the returned function is called or the process ends. It is the operating system's, so
 * that it never outlives its process.
 *
 * @throws DatabaseUnusable where another process holds it.
 */
export function lock(path: string): () => void {
  makeOwn(`${path}.lock`);
  const holder = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    throw explained(error, path);
  }
  return () => holder.close();
}
