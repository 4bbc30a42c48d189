import { Worker } from 'node:worker_threads';
import { damaged, explained } from '@margay/sqlite';
import { compiled } from '@margay/runtime';

/** How many tables of a database were looked through. */
export interface LookedAt {
  readonly done: number;
  readonly of: number;
}

/** What is wrong with the pages of a table. */
export interface Damage {
  readonly damage: Error;
}

/**
 * Looks at every page of the tables of a database file, in a thread of its own, while others read and write it.
 *
 * @param tell told of each table.
 * @throws DatabaseUnusable where it is damaged, or cannot be read; what kept it from being looked through otherwise.
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
      thread.on('message', (news: LookedAt | Damage) => {
        if ('damage' in news) reject(damaged(path, news.damage));
        else tell(news);
      });
      // A file that cannot be read, or a thread without memory, says nothing of its pages.
      thread.once('error', (error) => reject(explained(error, path) as Error));
      thread.once('exit', () => resolve());
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
