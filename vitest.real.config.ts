import { defineConfig } from 'vitest/config';
import { COMPILE, fromSource } from './vitest.source.ts';

/** Tests on real servers: those that environment variables name, else servers that `test/servers` assembles. */
export default defineConfig({
  ...fromSource,
  test: {
    include: ['{libs,services,examples}/**/*.{kafka,elasticsearch,go}.test.ts', 'test/**/*.real.test.ts'],
    globalSetup: [COMPILE, 'test/servers/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
