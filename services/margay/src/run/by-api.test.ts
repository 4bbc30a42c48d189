import { expect, test } from 'vitest';
import { saidOf } from './by-api.ts';

const run = { revision: 1, supersedes: null, unchanged: null, digest: 'd' } as const;

test.each([
  ['as it is', { words: 'gaps' }, 'Evidence: gaps. SHA-256 d'],
  [
    'not as unknown, where one may have a report run and not export it',
    null,
    'Evidence: told to who may export the report. SHA-256 d',
  ],
])('of an archived run its evidence is told %s', (_, evidence, line) => {
  expect(saidOf({ ...run, evidence })).toEqual([line]);
});
