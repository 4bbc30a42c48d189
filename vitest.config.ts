import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource } from './vitest.source.ts';

/** The fast suite: nothing but Node. Tests that need a server carry the server's name in their suffix. */
export default defineConfig({
  ...fromSource,
  test: {
    globalSetup: [COMPILE],
    include: ['**/*.test.ts'],
    exclude: [
      '**/{node_modules,dist}/**',
      '**/*.{kafka,elasticsearch,registry,go,kubernetes,real,tree,browser,process}.test.ts',
    ],
    testTimeout: 60_000,
    // One worker less than processors, as usual, would be one of two.
    maxWorkers: '100%',
  },
});
