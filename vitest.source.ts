import type { ViteUserConfig } from 'vitest/config';

/** What every suite shares: workspace packages are their sources. */
export const fromSource = {
  ssr: { resolve: { conditions: ['@margay/source', 'node'] } },
} satisfies ViteUserConfig;

/** Processes and threads that tests start run compiled code: compiles what is not. */
export const COMPILE = new URL('test/compile.ts', import.meta.url).pathname;
