import type { Doubt } from '@margay/coverage';
import type { Window } from '@margay/ground';
import { changesIn, memoryHistory, readLine } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeReport, type EndpointRow, sightsToAsk } from '../index.ts';
import {
  type Act,
  ALL_ACTS,
  completionsOf,
  eventsOf,
  type Flags,
  flagsOf,
  SLOT,
  statesOf,
  type Telling,
  type World,
} from '../testing/small-worlds.ts';

/**
 * Brute force: everything that may have happened, listed. What a report says for sure has to be so in all of it; and where all of it
 * agrees, most has to be said.
 */
const RUNS = Number(process.env['COMPLETIONS_RUNS'] ?? 300);
const SLOTS = 6;
const FLAGS = ['ingressProtected', 'egressProtected', 'ingressFromInternet'] as const;

function rowOf(world: World, tellings: readonly Telling[], window: Window): EndpointRow | undefined {
  const history = memoryHistory();
  for (const [position, event] of eventsOf(world, tellings).entries())
    for (const reading of readLine(JSON.stringify(event), { source: 'log', position }))
      history.add(changesIn(reading));
  const doubts = tellings.flatMap((telling, slot): Doubt[] =>
    telling === 'gap'
      ? [
          {
            id: `gap-${slot}`,
            about: 'everything',
            since: slot * SLOT - 1_000,
            until: slot * SLOT + SLOT / 2,
            reason: 'gap',
            message: 'nothing was told',
            source: 'log',
          },
        ]
      : [],
  );
  const versions = history.versions();
  const sights = new Map(
    sightsToAsk({ versions, doubts, window }).map((from) => [
      from,
      history.firstSights({ from, before: window.end }),
    ]),
  );
  const report = computeReport({
    name: 'r',
    spec: { reportType: 'network-access' },
    window,
    versions,
    doubts,
    sights,
  });
  return report.endpoints.find(({ name }) => name === 'web');
}

/** Mostly things that can be done; the others are left out. */
const acts = fc.array(fc.constantFrom(...ALL_ACTS), { minLength: SLOTS * 2, maxLength: SLOTS * 2 });
const firsts = fc.constantFrom<Act>(
  ...ALL_ACTS.filter(({ object, verb }) => object === 'web' && verb === 'create'),
);
const tellings = fc.array(
  fc.constantFrom<Telling>(
    ...Array<Telling>(8).fill('whole'),
    ...(['body lost', 'body lost', 'outcome lost', 'outcome lost', 'gap'] as const),
    ...(['read p', 'read p', 'read q', 'read web', 'taken p', 'taken web'] as const),
  ),
  { minLength: SLOTS, maxLength: SLOTS },
);
const windows = fc
  .tuple(fc.integer({ min: 0, max: SLOTS }), fc.integer({ min: 1, max: 3 }))
  .map(([from, length]) => ({ start: from * SLOT + SLOT / 2, end: (from + length) * SLOT + SLOT / 2 }));
const undone = fc.array(fc.boolean(), { minLength: SLOTS, maxLength: SLOTS });

interface Case {
  readonly world: World;
  readonly told: readonly Telling[];
}

/** A world that can be, with as many losses as can be listed. */
function caseOf(
  first: Act,
  all: readonly Act[],
  wanted: readonly Telling[],
  undoneOf: readonly boolean[],
): Case {
  const world: Act[][] = [[first]];
  const told: Telling[] = ['whole'];
  let [next, lost] = [0, 0];
  for (let slot = 1; slot < SLOTS; slot++) {
    let telling = wanted[slot] ?? 'whole';
    const weight = telling === 'gap' ? 2 : telling.endsWith('lost') ? 1 : 0;
    if (lost + weight > 3) telling = 'whole';
    else lost += weight;
    const done = !(telling === 'outcome lost' && undoneOf[slot] === true);
    let chosen: Act[] = [];
    if (!telling.includes(' ') || telling.endsWith('lost')) {
      for (let tries = 0; tries < 4 && chosen.length === 0; tries++) {
        const act = { ...all[next++ % all.length]!, done };
        if (statesOf([...world, [{ ...act, done: true }]]) !== undefined) chosen = [act];
      }
    }
    const states = statesOf([...world, chosen])!;
    const isTaken =
      telling.startsWith('taken ') && states.at(-1)!.state[telling.slice(6) as 'p'] !== undefined;
    world.push(chosen);
    told.push(telling.startsWith('taken ') && !isTaken ? 'whole' : telling);
  }
  return { world, told };
}

test('what is said over everything is what the words of the flags mean', () => {
  fc.assert(
    fc.property(firsts, acts, windows, (first, all, window) => {
      const { world } = caseOf(first, all, [], []);
      const whole = world.map((): Telling => 'whole');
      const row = rowOf(world, whole, window);
      const flags = flagsOf(world, window.start, window.end);
      expect(row?.notKnown ?? []).toEqual([]);
      expect(row && Object.fromEntries(FLAGS.map((flag) => [flag, row[flag]]))).toEqual(flags);
    }),
    { numRuns: 300 },
  );
});

test('what is said for sure is so in every world that the evidence leaves, and most of what is so in all is said', () => {
  const count = { agreed: 0, said: 0, open: 0, worlds: 0, several: 0 };
  fc.assert(
    fc.property(firsts, acts, tellings, undone, windows, (first, all, wanted, undoneOf, window) => {
      const { world, told } = caseOf(first, all, wanted, undoneOf);
      const worlds = completionsOf(world, told).map((one) => flagsOf(one, window.start, window.end));
      const row = rowOf(world, told, window);
      expect(worlds.length).toBeGreaterThan(0);
      count.worlds += worlds.length;
      // A pod of which something is lost may also have finished, which these worlds leave out.
      const isPodLost = world.some(
        (all, slot) => told[slot] !== 'whole' && all.some(({ object }) => object === 'web'),
      );
      if (worlds.length > 1) count.several++;
      for (const flag of FLAGS) {
        const values = new Set(worlds.map((flags: Flags | undefined) => flags?.[flag]));
        const said = row === undefined ? undefined : row.notKnown.includes(flag) ? 'not known' : row[flag];
        // A pod that nobody saw is no row: that there may be some is said of the whole.
        if (row === undefined && told.includes('gap')) continue;
        if (said !== 'not known') expect([flag, said, [...values]]).toEqual([flag, said, [said]]);
        if (worlds.length === 1 || isPodLost) continue;
        if (values.size > 1) count.open++;
        else {
          count.agreed++;
          if (said !== 'not known') count.said++;
        }
      }
    }),
    { numRuns: RUNS },
  );
  console.log(
    `${count.several} cases with several worlds, ${count.worlds} worlds: of ${count.agreed} answers that are the same in all ${((100 * count.said) / count.agreed).toFixed(1)} % are said, ${count.open} are open`,
  );
  expect(count.said / count.agreed).toBeGreaterThanOrEqual(0.75);
});
