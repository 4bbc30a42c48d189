import { expect, test } from 'vitest';
import { lateWords } from './late.ts';

test.each([
  [{ events: 0, flows: 0, deliveries: 0 }, 'nothing came later'],
  [{ events: 3, flows: 0, deliveries: 2 }, '3 events came later'],
  [{ events: 1, flows: 1, deliveries: 2 }, '1 event and 1 flow came later'],
  [{ events: 0, flows: 1_200, deliveries: 0 }, '1,200 flows came later'],
  [{ events: 0, flows: 0, deliveries: 1 }, '1 delivery without changes came later'],
])('%o', (late, words) => expect(lateWords(late)).toBe(words));
