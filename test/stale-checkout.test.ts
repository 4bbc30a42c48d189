import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const { newerSource, noteCompiled } = (await import(
  new URL('../services/margay/bin/stale.js', import.meta.url).href
)) as {
  newerSource: (root: string) => string | undefined;
  noteCompiled: (since: number, root: string) => void;
};

/** A checkout with files that were changed at these seconds. */
function checkout(files: Readonly<Record<string, number>>): string {
  const root = mkdtempSync(join(tmpdir(), 'margay-checkout-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, second] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    utimesSync(file, second, second);
  }
  return root;
}

const COMPILED = {
  'libs/a/src/x.ts': 10,
  'libs/a/dist/tsconfig.tsbuildinfo': 20,
  'services/margay/src/main.ts': 15,
  'services/margay/dist/tsconfig.tsbuildinfo': 20,
};

test.each([
  ['what is compiled', {}, undefined],
  ['a source that was edited', { 'libs/a/src/deep/y.ts': 30 }, 'libs/a/src/deep/y.ts'],
  ['a test that was edited', { 'libs/a/src/x.test.ts': 30 }, undefined],
  ['what tests share', { 'libs/a/src/testing/z.ts': 30 }, undefined],
  ['a project that was never compiled', { 'libs/b/src/x.ts': 1 }, 'libs/b/src/x.ts'],
  ['a folder without sources', { 'libs/b/package.json': 30 }, undefined],
])('a checkout with %s', (_, more, expected) => {
  const root = checkout({ ...COMPILED, ...more });
  expect(newerSource(root)).toBe(expected && join(root, expected));
});

test('where the compiler finds nothing to do, the source counts as compiled all the same, until it is edited again', () => {
  const root = checkout({ ...COMPILED, 'libs/a/src/x.ts': 30 });
  noteCompiled(31_000, root);
  expect(newerSource(root)).toBeUndefined();
  utimesSync(join(root, 'libs/a/src/x.ts'), 32, 32);
  expect(newerSource(root)).toBe(join(root, 'libs/a/src/x.ts'));
});
