import { expect, test } from 'vitest';
import { yamlDocuments } from './index.ts';

const laughs = (depth: number): string =>
  [
    `a0: &a0 [${Array(10).fill('ha').join(', ')}]`,
    ...Array.from(
      { length: depth },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`,
    ),
  ].join('\n');

test.each([
  ['aliases of aliases', laughs(9), /aliases stand for more than \d+ values/],
  ['a value within itself', 'a: &a\n  b: *a', /aliases stand for more than \d+ values/],
  ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(10_000)}]`, /not YAML: aliases exceeded/],
  ['deep lists', '['.repeat(100_000), /not YAML: nesting exceeded/],
  [
    'deep lines',
    Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    /nesting exceeded/,
  ],
  [
    'merges of merges',
    `a: &a {${Array.from({ length: 2_000 }, (_, i) => `k${i}: 1`).join(', ')}}\nb:\n${'  - <<: *a\n'.repeat(900)}`,
    /aliases stand for more than/,
  ],
  [
    'a text of ten megabytes',
    `a: ${'x'.repeat(10_000_000)}`,
    /has 10000003 characters, and more than \d+ are not read/,
  ],
  ['no YAML with a long line', `{${'x'.repeat(1_000_000)}`, /^not YAML: .{0,300}$/],
])('%s: it is told in a line and at once', (_, text, says) => {
  const start = process.cpuUsage();
  expect(() => yamlDocuments(text)).toThrow(says);
  expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
});

test('aliases are what they stand for', () => {
  expect(yamlDocuments('a: &a [1, 2]\nb: *a\n---\nc: 3')).toEqual([{ a: [1, 2], b: [1, 2] }, { c: 3 }]);
});

test('many documents are read', () => {
  expect(yamlDocuments('a: 1\n---\n'.repeat(10_000))).toHaveLength(10_001);
});
