import { Worker } from 'node:worker_threads';
import { damaged } from '@margay/sqlite';
import { compiled } from '@margay/runtime';

/** How many tables of a database were looked through. */
export interface LookedAt {
  readonly done: number;
  readonly of: number;
}

/**
 * Looks at every page of the tables of a database file, in a thread of its own, while others read and write it.
 *
 * @param tell told of each table.
 * @throws DatabaseUnusable where it is damaged.
 */
export async function lookThrough(
  path: string,
  tell: (looked: LookedAt) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const thread = new Worker(compiled('./look-through-thread', import.meta.url), { workerData: path });
  const stop = () => void thread.terminate();
  signal.addEventListener('abort', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      thread.on('message', tell);
      thread.once('error', (error) => reject(damaged(path, error) as Error));
      thread.once('exit', () => resolve());
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
