import { markOf } from '@margay/coverage';
import { expect, test } from 'vitest';
import { coverageOf } from './coverage.ts';

test('what has no time counts, although no bar of the drawing has it', () => {
  const reading = { kind: 'unusable', reason: 'not-json', message: 'It is no JSON.' } as const;
  const mark = markOf('audit.log', 1, 3, [
    { position: 1, reading },
    { position: 2, reading },
  ]);
  const [source] = coverageOf([mark]).sources;
  expect(source).toMatchObject({ timeless: { unusable: 2, kept: 0 }, problems: { total: 2 } });
});
