import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource, PATIENT, WORKERS } from './vitest.source.ts';

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
    ...PATIENT,
    maxWorkers: WORKERS,
    // Many files in one process, one after the other: what they import is loaded once, which is a fifth of all work.
    isolate: false,
  },
});
