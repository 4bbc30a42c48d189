import { expect, test } from 'vitest';
import { isLate, lateWords } from './late.ts';

test.each([
  [{ events: 0, derivedAnew: 0, flows: 0, deliveries: 0, opened: [] }, 'nothing came later'],
  [{ events: 3, derivedAnew: 0, flows: 0, deliveries: 2, opened: [] }, '3 events came later'],
  [{ events: 1, derivedAnew: 0, flows: 1, deliveries: 2, opened: [] }, '1 event and 1 flow came later'],
  [{ events: 0, derivedAnew: 0, flows: 1_200, deliveries: 0, opened: [] }, '1,200 flows came later'],
  [
    { events: 0, derivedAnew: 0, flows: 0, deliveries: 1, opened: [] },
    '1 delivery without changes came later',
  ],
  [{ events: 0, derivedAnew: 0, flows: 0, deliveries: 1, opened: ['a.log'] }, '1 gap was found later'],
  [
    { events: 2, derivedAnew: 0, flows: 0, deliveries: 1, opened: ['a.log', 'b.log'] },
    '2 events came later, 2 gaps were found later',
  ],
  [{ events: 0, derivedAnew: 1, flows: 0, deliveries: 0, opened: [] }, '1 name was derived otherwise later'],
  [
    { events: 1, derivedAnew: 2, flows: 0, deliveries: 0, opened: ['a.log'] },
    '1 event came later, 1 gap was found later, 2 names were derived otherwise later',
  ],
])('%o', (late, words) => {
  expect(lateWords(late)).toBe(words);
  expect(isLate(late)).toBe(words !== 'nothing came later');
});
