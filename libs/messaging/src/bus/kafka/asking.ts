import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@margay/ground';
import type { Admin } from 'kafkajs';

const PAUSES = { first: 100, longest: 2_000 };
/** So long is asked again; what lasts longer is an outage, of which the one who asked is to hear. */
const PATIENCE_MILLISECONDS = 15_000;

/** Puts questions to the brokers. */
export interface Asking {
  /**
   * The answer. A broker that says "not now" (it is not the leader yet, it is still loading, its connection broke) is asked
   * again for some seconds, by a connection of its own each time: one that failed keeps to the leaders it once heard of.
   */
  readonly ask: <T>(question: (admin: Admin) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** One connection, and the questions that are being asked by it. */
interface Line {
  readonly admin: Admin;
  readonly connected: Promise<void>;
  asking: number;
}

export function askingBy(makeAdmin: () => Admin): Asking {
  let line: Line | undefined;
  let closed = false;

  const connect = (): Line => {
    if (closed) throw new Error('The connection to the brokers is closed.');
    const admin = makeAdmin();
    return { admin, connected: admin.connect(), asking: 0 };
  };

  const askOnce = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    const used = (line ??= connect());
    used.asking++;
    try {
      await used.connected;
      return await question(used.admin);
    } catch (error) {
      if (line === used) line = undefined;
      throw error;
    } finally {
      used.asking--;
      if (line !== used && used.asking === 0) await used.admin.disconnect().catch(() => {});
    }
  };

  return {
    async ask(question) {
      const until = Date.now() + PATIENCE_MILLISECONDS;
      for (let failures = 1; ; failures++) {
        try {
          return await askOnce(question);
        } catch (error) {
          const pause = pauseAfter(failures, PAUSES);
          if (!passes(error) || Date.now() + pause > until) throw error;
          await sleep(pause);
        }
      }
    },
    async close() {
      closed = true;
      const last = line;
      line = undefined;
      await last?.admin.disconnect();
    },
  };
}

/**
 * Whether the client calls the error one to try again, which it does not do itself for questions. It throws a TypeError where
 * no broker had an answer, since it takes that apart without looking.
 */
const passes = (error: unknown): boolean =>
  error instanceof TypeError || (error as { retriable?: unknown }).retriable === true;
