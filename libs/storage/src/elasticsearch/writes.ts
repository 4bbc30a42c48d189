import { isAway } from '@margay/runtime';

/**
 * How long a node waits for what a write needs, a master or a shard, before it answers that it is not there. A node whose disk is full loses
 * its master, and would wait a minute of every write, and of every repetition.
 */
export const WRITE_WAIT = '5s';

/** A write that is not answered for so long is told of. */
const UNANSWERED_MILLISECONDS = 10_000;

/** What became of the writes of a process. Reads go on where writes do not: what answers a search may have no room for a document. */
export interface Writes {
  /** Runs one, with all that is done until it is answered. */
  during<T>(doing: string, body: () => Promise<T>): Promise<T>;
  /** Why what is written is not kept now, for people; undefined where it is, or nothing was written yet. It stays until a write is kept. */
  problem(): string | undefined;
}

/** @param now the time in milliseconds. */
export function watchedWrites(now: () => number = Date.now): Writes {
  const open = new Map<symbol, { readonly doing: string; readonly since: number }>();
  let failed: string | undefined;
  return {
    async during(doing, body) {
      const write = Symbol(doing);
      open.set(write, { doing, since: now() });
      try {
        const result = await body();
        failed = undefined;
        return result;
      } catch (error) {
        // What is wrong with a document is no matter of the others.
        failed = isAway(error) ? (error as Error).message : undefined;
        throw error;
      } finally {
        open.delete(write);
      }
    },
    problem() {
      if (failed !== undefined) return failed;
      const [oldest] = open.values();
      if (oldest === undefined || now() - oldest.since < UNANSWERED_MILLISECONDS) return undefined;
      const seconds = Math.floor((now() - oldest.since) / 1_000);
      return `Elasticsearch: ${oldest.doing} has had no answer for ${seconds} s, though it may be read. Nothing is lost: look at the room on its disks, and whether it has a master.`;
    },
  };
}
