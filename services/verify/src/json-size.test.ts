import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonSize, sizeProblem } from './json-size.ts';

/** Counted of what the text means: values and names, and how deep they stand. */
function counted(value: unknown): { values: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 };
  const names = Array.isArray(value) ? 0 : Object.keys(value).length;
  const inside = Object.values(value).map(counted);
  return {
    values: 1 + names + inside.reduce((sum, { values }) => sum + values, 0),
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
  };
}

test('of any JSON at least as many values are counted as it has, at most twice as many, and its depth', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const size = jsonSize(Buffer.from(text));
      const is = counted(JSON.parse(text));
      expect(size.depth).toBe(is.depth);
      expect(size.values).toBeGreaterThanOrEqual(is.values);
      expect(size.values).toBeLessThanOrEqual(2 * is.values);
    }),
  );
});

test.each([
  ['brackets and commas in a text are of the text', String.raw`["[[{,:\"]["]`, { values: 2, depth: 1 }],
  ['an escape before the quote that ends a text', String.raw`["\\",[]]`, { values: 4, depth: 2 }],
])('%s', (_, text, size) => expect(jsonSize(Buffer.from(text))).toEqual(size));

const MB = 1024 ** 2;

test.each([
  ['a report of a hundred megabytes in a heap of a gigabyte', { values: 8e6, depth: 20 }, 1_024, undefined],
  [
    'more values than there is room for',
    { values: 8e6, depth: 20 },
    448,
    /^its 8000000 values may take 814 MB of memory, and this program may use 256 MB: .*max-old-space-size=814 /,
  ],
  ['what no report has', { values: 4e3, depth: 1_001 }, 1_024, /more than 1000 deep/],
])('%s', (_, size, megabytes, words) => {
  const problem = sizeProblem(size, megabytes * MB);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(words);
});
