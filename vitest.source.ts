import { availableParallelism } from 'node:os';
import type { ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What every suite shares: workspace packages are their sources. */
export const fromSource = {
  ssr: { resolve: { conditions: ['@margay/source', 'node'] } },
} satisfies ViteUserConfig;

/** How long is waited for what comes in the end: machines that are shared are slower by far, and whoever waits for nothing fails all the same. */
export const PATIENT = {
  testTimeout: 180_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 30_000 } },
};

/** Tests wait about as long as they work: for timers, files that are looked at again, processes. */
export const WORKERS = 2 * availableParallelism();

/** Processes and threads that tests start run compiled code: compiles what is not. */
export const COMPILE = new URL('test/compile.ts', import.meta.url).pathname;

/**
 * For suites whose files have a server for themselves: as many workers as there are sets of servers, one where a variable names a
 * server that all of them share.
 */
export const eachOnServersOfItsOwn = (sets: number, ...variables: readonly string[]) => ({
  maxWorkers: variables.some((name) => process.env[name]) ? 1 : sets,
  setupFiles: [new URL('test/servers/own-lane.ts', import.meta.url).pathname],
});

/** These files begin first, since they take long: one that began last would be waited for alone. */
export const longFirst = (...names: readonly string[]) => ({
  sequencer: class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const place = ({ moduleId }: TestSpecification) => {
        const found = names.findIndex((name) => moduleId.endsWith(name));
        return found < 0 ? names.length : found;
      };
      return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
    }
  },
});
