import { defineConfig } from 'vitest/config';

/** Tests on real servers: those that environment variables name, else servers that `test/servers` assembles. */
export default defineConfig({
  test: {
    include: ['{libs,services,examples}/**/*.{kafka,elasticsearch,go}.test.ts', 'test/**/*.real.test.ts'],
    globalSetup: ['test/servers/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
