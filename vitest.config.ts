import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource, longFirst, PATIENT, WORKERS } from './vitest.source.ts';

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
    sequence: longFirst(
      'test/lost-positions.test.ts',
      '/doubts/losses.test.ts',
      '/file/audit-file.test.ts',
      '/watch/watch-cluster.test.ts',
      '/doubts/clouds.test.ts',
      '/elasticsearch/connection.test.ts',
      '/entries/entry-reader.test.ts',
      '/schedule-cluster.test.ts',
      '/own-process/own-process.test.ts',
      'test/power-cut.test.ts',
      '/file/rotated-logs.test.ts',
    ),
  },
});
