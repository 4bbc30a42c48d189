import type { DatabaseUnusable } from '@margay/sqlite';
import type { Stores } from './stores.ts';

/**
 * The stores of a cluster of a hub whose database cannot be opened: whatever is asked of them fails with the reason.
 *
 * @param sessions those of another cluster: whoever is signed in is known to all.
 */
export function unreadableStores(error: DatabaseUnusable, sessions: Stores['sessions']): Stores {
  const fail = () => {
    const failed = Promise.reject(error);
    // Rows are read one by one: then the first one fails, and nobody waits for the promise itself.
    failed.catch(() => undefined);
    return Object.assign(failed, { [Symbol.asyncIterator]: () => ({ next: () => failed }) });
  };
  const store: object = new Proxy(fail, { get: (_, name) => (name === 'then' ? undefined : store) });
  const failing = <T>() => store as T;
  return {
    history: failing(),
    trail: failing(),
    flows: failing(),
    coverage: failing(),
    tellers: failing(),
    asides: failing(),
    lists: failing(),
    arrivals: failing(),
    archive: failing(),
    ledger: failing(),
    mirror: failing(),
    windows: failing(),
    sessions,
    close: async () => {},
  };
}
