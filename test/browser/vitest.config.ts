import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource, PATIENT } from '../../vitest.source.ts';

/** The dashboard in a real browser: the one that CHROMIUM names, else one that is installed. */
export default defineConfig({
  ...fromSource,
  test: {
    globalSetup: [COMPILE],
    include: ['test/browser/**/*.browser.test.ts'],
    ...PATIENT,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
