import type { ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import type { WindowsIn } from './windows-in.ts';

/** Finds the windows that people asked for, by the API or the command line: whoever asks may have no way to the workers. */
export interface AskedWindows {
  /** Those that this process has not found before, each once for each time that it is asked for. */
  find(): Promise<ReportWindow[]>;
}

export function askedWindows(windowsIn: WindowsIn): AskedWindows {
  let found = new Map<string, Instant>();
  return {
    async find() {
      const waiting = await windowsIn(['emitted']);
      const asked = waiting.filter(({ window }) => window.manual);
      const fresh = asked.filter(({ window: { id }, emittedAt }) => found.get(id) !== emittedAt);
      // What waits no more need not be remembered.
      found = new Map(asked.map(({ window: { id }, emittedAt }) => [id, emittedAt]));
      return fresh.map(({ window }) => window);
    },
  };
}
