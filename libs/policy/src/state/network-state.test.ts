import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asServed, type Key, keyOf, keyText, type KubernetesObject } from '@margay/ground';
import { type EndpointView, NetworkState } from '../index.ts';
import { anyObject } from '../testing/arbitrary.ts';
import { naive, type NaiveEndpoint } from '../testing/naive.ts';

const RUNS = Number(process.env['STATE_RUNS'] ?? 700);

type Step = { readonly upsert: KubernetesObject } | { readonly remove: Key } | { readonly look: true };

/** Objects that come, some of them more than once, some that go, and moments at which someone looks. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.tuple(anyObject, fc.constantFrom('upsert', 'upsert', 'upsert', 'remove', 'look')), {
    maxLength: 40,
    size: 'max',
  })
  .map((all) =>
    all.map(([object, what]): Step => {
      if (what === 'look') return { look: true };
      const key = keyOf(asServed(object));
      return what === 'remove' && key !== undefined ? { remove: key } : { upsert: object };
    }),
  );

/** What is there after the steps. */
function left(all: readonly Step[]): KubernetesObject[] {
  const objects = new Map<string, KubernetesObject>();
  for (const step of all) {
    if ('upsert' in step) objects.set(keyText(keyOf(step.upsert) as Key), step.upsert);
    if ('remove' in step) objects.delete(keyText(step.remove));
  }
  return [...objects.values()];
}

function play(state: NetworkState, all: readonly Step[]): void {
  for (const step of all) {
    if ('upsert' in step) state.upsert(step.upsert);
    else if ('remove' in step) state.remove(step.remove);
    else for (const view of state.endpoints()) void view.flags;
  }
}

const shown = (view: EndpointView): NaiveEndpoint => ({
  flags: view.flags,
  applied: view
    .applied()
    .map(({ key }) => keyText(key))
    .sort(),
  selectedBy: [...view.selectedBy()].map(keyText).sort(),
});
const shownState = (state: NetworkState) =>
  new Map([...state.endpoints()].map((view) => [keyText(view.key), shown(view)]));
const inOrder = (state: NetworkState) =>
  new Map(
    [...state.endpoints()].map((view) => [
      keyText(view.key),
      { ...shown(view), applied: view.applied(), inScope: view.inScope },
    ]),
  );

test('the state is always what the naive evaluator says', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const state = new NetworkState();
      play(state, all);
      expect(shownState(state)).toEqual(naive(left(all)));
    }),
    { numRuns: RUNS },
  );
});

const SCOPE = { selector: "!has(app) || app != 'y'", namespaces: { selector: "!has(env) || env == 'x'" } };

test('the state after any sequence is the state built from scratch, in any order and with repeats', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (all, random) => {
      const state = new NetworkState({ scope: SCOPE });
      play(state, all);
      const scratch = new NetworkState({ scope: SCOPE });
      const objects = left(all);
      const shuffled = [...objects, ...objects.filter((_, i) => i % 2 === 0)]
        .map((object) => ({ object, at: random.next().value }))
        .sort((a, b) => a.at - b.at);
      for (const { object } of shuffled) scratch.upsert(object);
      expect(inOrder(state)).toEqual(inOrder(scratch));
      expect(state.problems()).toEqual(scratch.problems());
    }),
    { numRuns: RUNS },
  );
});

test('flush names every endpoint that came, went or changed', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const state = new NetworkState({ scope: SCOPE });
      let before = inOrder(state);
      for (const step of all) {
        play(state, [step]);
        if (!('look' in step)) continue;
        const changed = state.flush();
        const now = inOrder(state);
        for (const text of new Set([...before.keys(), ...now.keys()])) {
          if (!changed.has(text)) expect(now.get(text)).toEqual(before.get(text));
        }
        before = now;
      }
    }),
    { numRuns: RUNS },
  );
});
