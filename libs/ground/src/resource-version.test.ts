import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareResourceVersions } from './resource-version.ts';

test('resourceVersions are compared as numbers of any length', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 30n });
  const smaller = fc.bigInt({ min: 0n, max: 1_000n });
  fc.assert(
    fc.property(fc.oneof(number, smaller), fc.oneof(number, smaller), (a, b) => {
      expect(Math.sign(compareResourceVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(
    ['9007199254740993', '99', '100', '9007199254740992', '9'].toSorted(compareResourceVersions),
  ).toEqual(['9', '99', '100', '9007199254740992', '9007199254740993']);
});

test('an absent one comes first', () => {
  expect(compareResourceVersions(undefined, '0')).toBeLessThan(0);
  expect(compareResourceVersions('0', undefined)).toBeGreaterThan(0);
  expect(compareResourceVersions(undefined, undefined)).toBe(0);
});
