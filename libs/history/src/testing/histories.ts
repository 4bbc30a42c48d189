import { SECOND } from '@margay/ground';
import * as fc from 'fast-check';
import type { Change } from '../change.ts';
import { story } from './stories.ts';

const when = { took: fc.integer({ min: 0, max: 6 }), at: fc.integer({ min: 10, max: 40 }) };

/** One word of a story about objects A, B and C of one name; instants are few, so that they often meet. */
const fact = fc
  .record({
    ...when,
    sign: fc.constantFrom('', '', '', '', '+', '-', '-'),
    uid: fc.constantFrom('A', 'B', 'C'),
    named: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    how: fc.constantFrom('=', '=', '=', '~'),
    label: fc.constantFrom('x', 'y', 'z', 'held'),
    shown: fc.boolean(),
    // Mostly in step with time, as clocks are mostly right.
    version: fc.option(fc.integer({ min: 8, max: 42 }), { freq: 3 }),
    generation: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 1 }),
    basedOn: fc.option(fc.integer({ min: 8, max: 42 }), { freq: 1 }),
  })
  .map(({ sign, uid, named, how, label, shown, took, at, version, generation, basedOn }) => {
    const more = `${generation === null ? '' : `%${generation}`}${basedOn === null ? '' : `<${basedOn}`}`;
    if (sign !== '-') return `${sign}${uid}${how}${label}@${at - took}..${at}#${version ?? at}${more}`;
    return `-${named ? uid : ''}${named && shown ? `=${label}` : ''}@${at - took}..${at}`;
  });

const doubt = fc
  .record({
    ...when,
    what: fc.constantFrom('?', '?', '?+'),
    uid: fc.constantFrom('', '', 'A', 'B', 'C'),
    may: fc.constantFrom('gone', 'ended', 'differs', 'unknown'),
    made: fc.constantFrom('differs', 'unknown'),
  })
  .map(({ what, uid, may, made, took, at }) =>
    what === '?' ? `?${uid}:${may}@${at - took}..${at}` : `?+:${made}@${at - took}..${at}`,
  );

const patch = fc
  .record({ ...when, uid: fc.constantFrom('', 'A', 'B', 'C'), label: fc.constantFrom('x', 'y') })
  .map(({ uid, label, took, at }) => `*${uid}=${label}@${at - took}..${at}`);

const witness = fc
  .record({ ...when, what: fc.constantFrom('!', '&') })
  .map(({ what, took, at }) => `${what}@${at - took}..${at}`);

const storyOf = (word: fc.Arbitrary<string>) =>
  fc.array(word, { maxLength: 14 }).map((words) => story(words.join(' ')));

/** Any facts about one name, however absurd. */
export const anyFacts: fc.Arbitrary<Change[]> = storyOf(fact);

/** Any facts about one name, whole and in parts, and any doubts about it. */
export const anyChanges: fc.Arbitrary<Change[]> = fc.oneof(
  anyFacts,
  storyOf(fc.oneof({ weight: 3, arbitrary: fact }, { weight: 1, arbitrary: doubt })),
  storyOf(fc.oneof({ weight: 3, arbitrary: fact }, { weight: 1, arbitrary: witness })),
  storyOf(
    fc.oneof(
      { weight: 6, arbitrary: fact },
      { weight: 1, arbitrary: doubt },
      { weight: 3, arbitrary: patch },
      { weight: 2, arbitrary: witness },
    ),
  ),
);

/** The same, over minutes instead of microseconds, in which the cluster's counter may go back. */
export const anyEpochs: fc.Arbitrary<Change[]> = anyChanges.map((changes) =>
  changes.map((change) => ({
    ...change,
    at: change.at * 5 * SECOND,
    receivedAt: change.receivedAt * 5 * SECOND,
  })),
);

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
