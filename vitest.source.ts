import { availableParallelism } from 'node:os';
import type { ViteUserConfig } from 'vitest/config';

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
