import { DatabaseSync } from 'node:sqlite';
import { explained } from './unusable.ts';

/**
 * Holds an exclusive lock beside the file until the returned function is called or the process ends. It is the operating system's, so
 * that it never outlives its process.
 *
 * @throws DatabaseUnusable where another process holds it.
 */
export function lock(path: string): () => void {
  const holder = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    throw explained(error, path);
  }
  return () => holder.close();
}
