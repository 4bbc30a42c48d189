import { defineConfig } from 'vitest/config';
import { COMPILE, eachOnServersOfItsOwn, fromSource, PATIENT } from './vitest.source.ts';

/** Tests on real servers: those that variables name, else containers, else assembled ones. See `test/servers`. */
export default defineConfig({
  ...fromSource,
  test: {
    include: [
      '{libs,services,examples}/**/*.{kafka,elasticsearch,registry,go}.test.ts',
      'test/**/*.{real,tree,go}.test.ts',
    ],
    globalSetup: [COMPILE, 'test/servers/global-setup.ts'],
    ...PATIENT,
    hookTimeout: 180_000,
    ...eachOnServersOfItsOwn(
      1,
      'MARGAY_TEST_KAFKA',
      'MARGAY_TEST_ELASTICSEARCH',
      'MARGAY_TEST_SCHEMA_REGISTRY',
    ),
  },
});
