import { MINUTE, SECOND, type Instant } from '@margay/ground';
import * as fc from 'fast-check';
import type { Change } from '../change.ts';

/** One thing that is done in a cluster. */
export interface Act {
  /** Seconds since the one before, in tenths. */
  readonly after: number;
  /** `else` is a write of something that nobody tells here, which is counted like all. */
  readonly what: 'create' | 'update' | 'delete' | 'list' | 'else';
  readonly kind: 'pods' | 'services' | 'networkpolicies';
  /** Which of those that are there. */
  readonly which: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  after: fc.integer({ min: 1, max: 600 }),
  what: fc.constantFrom('create', 'create', 'update', 'delete', 'list', 'else'),
  kind: fc.constantFrom('pods', 'services', 'networkpolicies'),
  which: fc.nat(30),
});

export const acts = (max: number): fc.Arbitrary<Act[]> =>
  fc.array(act, { minLength: Math.floor(max / 3), maxLength: max, size: 'max' });

interface Stored {
  readonly kind: Act['kind'];
  readonly name: string;
  readonly uid: string;
  readonly number: number;
}

/** What a cluster's store has, and how far it has counted. */
export interface Store {
  readonly number: number;
  readonly objects: readonly Stored[];
}

export const EMPTY: Store = { number: 100, objects: [] };

/**
 * What is told of a cluster that goes on from a state of its store from an instant on, and the state after each act. Written from what
 * Kubernetes and etcd do: each write takes the next number of the store.
 *
 * @param clocks what the clocks of its API servers are ahead by, in microseconds: each act goes through one of them.
 */
export function live(
  who: string,
  from: Store,
  start: Instant,
  done: readonly Act[],
  clocks: readonly number[] = [0],
) {
  let { number } = from;
  let now = start;
  const objects = [...from.objects];
  const told: Change[] = [];
  const states: { readonly at: Instant; readonly store: Store }[] = [{ at: start, store: from }];
  for (const [i, { after, what, kind, which }] of done.entries()) {
    now += after * (SECOND / 10);
    const id = `${who}-${start}-${i}`;
    const at = now + clocks[i % clocks.length]!;
    const own = objects.filter((one) => one.kind === kind);
    const one = own[which % Math.max(1, own.length)];
    if (what === 'create') {
      const stored = { kind, name: `${who}${i}`, uid: `uid-${id}`, number: ++number };
      objects.push(stored);
      told.push(sight(stored, at, `${id}.create.a`, true));
    } else if (what === 'else') number++;
    else if (what === 'list')
      for (const seen of own) {
        const { actor: _, ...shown } = sight(seen, at, `${id}.list.${seen.uid}`);
        told.push(shown);
      }
    else if (one !== undefined) {
      const place = objects.indexOf(one);
      const written = { ...one, number: ++number };
      if (what === 'update') objects[place] = written;
      else objects.splice(place, 1);
      told.push(
        what === 'update'
          ? sight(written, at, `${id}.update.a`)
          : { ...sight(one, at, `${id}.delete.a`), what: 'gone' },
      );
    }
    states.push({ at: now, store: { number, objects: [...objects] } });
  }
  return { told, states };
}

function sight(
  { kind, name, uid, number }: Stored,
  at: Instant,
  id: string,
  created = false,
): Change & { readonly what: 'present' } {
  const isPolicy = kind === 'networkpolicies';
  return {
    id,
    eventId: id,
    what: 'present',
    group: isPolicy ? 'networking.k8s.io' : '',
    resource: kind,
    namespace: 'shop',
    name,
    uid,
    resourceVersion: String(number),
    at,
    receivedAt: at - 1_000,
    content: { apiVersion: 'v1', kind: 'Any', metadata: { name, namespace: 'shop' } },
    ...(created && { created }),
    actor: { user: 'admin' },
    origin: { source: id.split('-')[0]!, position: at },
  };
}

/** What becomes of a store: one that is moved to another one keeps its objects, and counts anew. */
const moved = ({ objects }: Store): Store => ({
  number: objects.length,
  objects: objects.map((one, i) => ({ ...one, number: i + 1 })),
});

/** What its cluster has counted by the time that it is moved: more than is counted afterwards here. */
const OLD: Store = { number: 1_000_000, objects: [] };

interface Clocks {
  /** Microseconds that each API server's clock is ahead by. */
  readonly clocks: fc.Arbitrary<number[]>;
  /** Seconds from the last write before a restore to the first one after it, at the least. */
  readonly pause: number;
  /** How often the store is restored or moved, at the most. */
  readonly times: number;
}

/**
 * A cluster whose store is restored, up to three times, or moved: each time what had come since a backup was lost. Caches that are
 * stale go on showing it.
 */
const restoredBy = ({ clocks, pause: least, times }: Clocks): fc.Arbitrary<Change[]> =>
  fc
    .record({
      parts: fc.array(
        fc.record({
          done: acts(40),
          backup: fc.nat(40),
          pause: fc.integer({ min: least, max: least + 9_000 }),
          isMoved: fc.boolean(),
          stale: fc.integer({ min: 0, max: 2_000 }),
        }),
        { minLength: 1, maxLength: times + 1 },
      ),
      ahead: clocks,
    })
    .map(({ parts, ahead }) => {
      let [store, now] = [OLD, 1_000 * MINUTE];
      return parts.flatMap(({ done, backup, pause, isMoved, stale }) => {
        const { told, states } = live('a', store, now, done, ahead);
        const last = states.at(-1)!;
        // A store that counts anew since a short time has no number that would come too soon.
        store =
          isMoved && last.store.number > OLD.number
            ? moved(last.store)
            : states[backup % states.length]!.store;
        now = last.at + pause * SECOND;
        const lists = last.store.objects.map((one) => {
          const {
            actor: _,
            created: __,
            ...shown
          } = sight(one, now + stale * SECOND, `stale-${now}-${one.uid}`);
          return shown;
        });
        return [...told, ...lists];
      });
    });

/** By clocks half a minute apart. */
export const restoredOften = restoredBy({
  clocks: fc.array(fc.integer({ min: -30 * SECOND, max: 30 * SECOND }), { minLength: 1, maxLength: 3 }),
  pause: 122,
  times: 3,
});

/** Once, by clocks of which one is wrong by up to an hour; the store is not restored within that time. */
export const restoredByWrongClock = restoredBy({
  clocks: fc.integer({ min: -60 * MINUTE, max: 60 * MINUTE }).map((ahead) => [0, ahead, 0]),
  pause: 3_700,
  times: 1,
});

/** A cluster, and another one made of a snapshot of it, which both go on. */
export const copied: fc.Arbitrary<{
  readonly original: readonly Change[];
  readonly copy: readonly Change[];
  readonly begun: Instant;
}> = fc
  .record({ first: acts(90), second: acts(90), backup: fc.nat(60), late: fc.integer({ min: 1, max: 600 }) })
  .map(({ first, second, backup, late }) => {
    const { told: original, states } = live('a', EMPTY, 1_000 * MINUTE, first);
    const snapshot = states[backup % states.length]!;
    const begun = snapshot.at + late * SECOND;
    return { original, copy: live('b', snapshot.store, begun, second).told, begun };
  });
