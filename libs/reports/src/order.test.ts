import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byCodePoint, sortedOnce } from './order.ts';

test('the order is that of code points', () => {
  const points = (text: string): number[] => Array.from(text, (c) => c.codePointAt(0) ?? 0);
  const naive = (a: string, b: string): number => {
    const [x, y] = [points(a), points(b)];
    const i = x.findIndex((point, at) => point !== y[at]);
    if (i < 0) return x.length - y.length;
    return (x[i] ?? 0) - (y[i] ?? -1);
  };
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '｡', '😀', '\uffff', '퟿') });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(naive(a, b)));
    }),
  );
});

test('a list has each text once', () => {
  expect(sortedOnce(['😀', 'b', '｡', 'b', 'a-b', 'a'])).toEqual(['a', 'a-b', 'b', '｡', '😀']);
});
