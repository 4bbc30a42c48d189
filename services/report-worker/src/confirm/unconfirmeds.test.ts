import { expect, test } from 'vitest';
import { Unconfirmeds } from './unconfirmeds.ts';

const confirmer = (by: string, kind: 'cosignature' | 'timestamp') => ({
  by,
  keptAs: by,
  kind,
  confirm: () => Promise.reject(new Error('nobody asks')),
});
const three = ['a', 'b', 'c'].map((by) => confirmer(by, 'cosignature'));

test.each([
  [3, [], 0],
  [3, [['a', 10]], 90],
  [2, [['a', 10]], 0],
  [
    2,
    [
      ['a', 10],
      ['b', 40],
    ],
    60,
  ],
  [
    1,
    [
      ['a', 10],
      ['b', 40],
    ],
    0,
  ],
  [
    1,
    [
      ['b', 40],
      ['c', 90],
      ['a', 10],
    ],
    10,
  ],
] as const)(
  'with %i of three needed, and without those since then: %j, it is so for %i seconds',
  (witnessesNeeded, lacking, seconds) => {
    const unconfirmeds = new Unconfirmeds({ all: three, witnessesNeeded });
    for (const [by, since] of lacking) unconfirmeds.add('c', by, since * 1_000);
    expect(unconfirmeds.ages('c', 100_000)).toEqual([{ by: 'witnesses', seconds }]);
    expect(unconfirmeds.ages('another', 100_000)).toEqual([{ by: 'witnesses', seconds: 0 }]);
  },
);

test('a timestamp is told of beside witnesses, and who has said nothing yet has no words', () => {
  const unconfirmeds = new Unconfirmeds({ all: [...three, confirmer('t', 'timestamp')], witnessesNeeded: 3 });
  unconfirmeds.add('c', 't', 40_000);
  unconfirmeds.add('c', 't', 50_000);
  expect(unconfirmeds.ages('c', 100_000)).toEqual([
    { by: 'witnesses', seconds: 0 },
    { by: 'timestamp', seconds: 60 },
  ]);
  expect(unconfirmeds.words()).toEqual([]);
  expect(unconfirmeds.explain('c', 't', 'it is away')).toBe(true);
  expect(unconfirmeds.explain('c', 't', 'it is away')).toBe(false);
  expect(unconfirmeds.words()).toEqual([
    't has not confirmed the head of the log of c since 1970-01-01T00:00:40.000Z: it is away.',
  ]);
  expect(unconfirmeds.delete('c', 't')).toBe(true);
  expect(unconfirmeds.delete('c', 't')).toBe(false);
  expect(unconfirmeds.words()).toEqual([]);
});
