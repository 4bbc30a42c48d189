import { fileSource, flowSource, markOf } from '@margay/coverage';
import { expect, test } from 'vitest';
import { unreadableLines } from './unreadable.ts';

const unusable = (position: number, message: string) => ({
  position,
  reading: { kind: 'unusable' as const, reason: 'not-json', message },
});
const kept = (position: number) => ({ position, reading: { kind: 'changes' as const, at: 7 } });

test('of each audit log the first that cannot be read is said with its reason, and how many there are', () => {
  const [one, other] = [fileSource('a.log', '0'.repeat(16)), fileSource('b.log', '1'.repeat(16))];
  const marks = [
    markOf(one, 1, 3, [kept(1), unusable(2, 'Not JSON: x')]),
    markOf(one, 3, 4, [unusable(3, 'Not JSON: y')]),
    markOf(other, 1, 2, [unusable(1, 'Not JSON: z')]),
    markOf(fileSource('c.log', '2'.repeat(16)), 1, 2, [kept(1)]),
    markOf(flowSource(one), 1, 2, [unusable(1, 'told with the flows')]),
  ];
  expect(unreadableLines(marks)).toEqual([
    'a.log:2: Not JSON: x (the first of 2 that cannot be read)',
    'b.log:1: Not JSON: z',
  ]);
});
