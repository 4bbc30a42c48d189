import { defineConfig } from 'vitest/config';

/** The dashboard in a real browser: the one that CHROMIUM names, else one that is installed. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
