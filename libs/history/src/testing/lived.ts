import * as fc from 'fast-check';

/** What an object was by a test's own record, in seconds: the objects of a name come one after the other. */
export interface Lived {
  readonly uid: string;
  readonly name: string;
  readonly born: number;
  readonly gone: number;
}

/**
 * The lives of up to three names, that do not overlap.
 *
 * @param turns how many there are, at each of which an object may begin or end. @param secondOf when that is.
 */
export const anyLives = (turns: number, secondOf: (turn: number) => number): fc.Arbitrary<Lived[]> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.uniqueArray(fc.integer({ min: 1, max: turns }), { minLength: 1, maxLength: 5 }),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((named): Lived[] =>
      [...new Map(named)].flatMap(([name, some]) => {
        const seconds = some.map(secondOf).sort((a, b) => a - b);
        return seconds.flatMap((born, i) =>
          i % 2 === 1 ? [] : [{ uid: `${name}-${i}`, name, born, gone: seconds[i + 1] ?? Infinity }],
        );
      }),
    );
