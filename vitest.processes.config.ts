import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource, PATIENT } from './vitest.source.ts';

/** The command line and services as processes, started again and again: nothing but Node either, but minutes of it. */
export default defineConfig({
  ...fromSource,
  test: {
    globalSetup: [COMPILE],
    include: ['test/**/*.process.test.ts'],
    ...PATIENT,
    maxWorkers: '100%',
  },
});
