/** Wakes those who wait for news about a name. A wake that nobody waits for is not remembered. */
export function wakeUps() {
  const sleepers = new Map<string, Set<() => void>>();
  return {
    wake(name: string): void {
      const woken = sleepers.get(name);
      sleepers.delete(name);
      for (const wake of woken ?? []) wake();
    },
    /** Fulfilled at the next wake of the name, or when the signal is aborted. */
    next(name: string, signal: AbortSignal): Promise<void> {
      if (signal.aborted) return Promise.resolve();
      return new Promise((fulfil) => {
        const waiting = sleepers.get(name) ?? new Set();
        sleepers.set(name, waiting);
        const wake = () => {
          signal.removeEventListener('abort', wake);
          waiting.delete(wake);
          fulfil();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    },
  };
}

/**
 * Lets one at a time have its turn for a name, in the order of asking. The function that is given must be called
 * when the turn is over. With the signal aborted the turn comes at once: its holder is expected to do nothing.
 */
export function turns() {
  const ends = new Map<string, Promise<void>>();
  return async (name: string, signal: AbortSignal): Promise<() => void> => {
    const before = ends.get(name);
    const end = Promise.withResolvers<void>();
    const whole = Promise.all([before, end.promise]).then(() => {
      if (ends.get(name) === whole) ends.delete(name);
    });
    ends.set(name, whole);
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort);
    if (!signal.aborted) await Promise.race([before, aborted.promise]);
    signal.removeEventListener('abort', abort);
    return () => end.resolve();
  };
}
