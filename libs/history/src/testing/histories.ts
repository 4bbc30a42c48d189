import * as fc from 'fast-check';
import type { Change } from '../change.ts';
import { story } from './stories.ts';

/** One word of a story about objects A, B and C of one name; instants are few, so that they often meet. */
const word = fc
  .record({
    sign: fc.constantFrom('', '', '', '', '+', '-', '-'),
    uid: fc.constantFrom('A', 'B', 'C'),
    named: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    how: fc.constantFrom('=', '=', '=', '~'),
    label: fc.constantFrom('x', 'y', 'z'),
    shown: fc.boolean(),
    took: fc.integer({ min: 0, max: 6 }),
    at: fc.integer({ min: 10, max: 40 }),
    // Mostly in step with time, as clocks are mostly right.
    version: fc.option(fc.integer({ min: 8, max: 42 }), { freq: 3 }),
  })
  .map(({ sign, uid, named, how, label, shown, took, at, version }) => {
    if (sign !== '-') return `${sign}${uid}${how}${label}@${at - took}..${at}#${version ?? at}`;
    return `-${named ? uid : ''}${named && shown ? `=${label}` : ''}@${at - took}..${at}`;
  });

/** Any facts about one name, however absurd. */
export const anyChanges: fc.Arbitrary<Change[]> = fc
  .array(word, { maxLength: 14 })
  .map((words) => story(words.join(' ')));

/** The same changes in another order, some of them again from another place. */
export const shuffledWithRepeats = (changes: readonly Change[]): fc.Arbitrary<Change[]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...changes], { minLength: changes.length }),
      fc.shuffledSubarray([...changes]),
      fc.nat(changes.length),
    )
    .map(([all, again, at]) => {
      const elsewhere = again.map((change) => ({ ...change, origin: { source: 'webhook', position: 1 } }));
      return [...all.slice(0, at), ...elsewhere, ...all.slice(at)];
    });
