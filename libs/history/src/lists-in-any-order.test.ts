import { SECOND, type KubernetesObject } from '@margay/ground';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { judgeByList } from './absences.ts';
import { foldKey } from './fold.ts';
import { askedList, endByList, instantOf, notListed, type ObjectList } from './not-listed.ts';
import { anyLives, type Lived } from './testing/lived.ts';
import { validAt } from './version.ts';

/** A cluster, what its log lost, and when all of a kind was listed, in seconds. */
interface Story {
  readonly lives: readonly Lived[];
  readonly lost: { readonly from: number; readonly to: number };
  readonly lists: readonly number[];
}

/** What comes to whoever keeps the history: something that the log tells, or a list with what it shows. */
type Arrival = { readonly told: Change } | { readonly list: ObjectList; readonly shown: readonly Change[] };

const KEY = { group: '', resource: 'pods', namespace: 'shop' };
const END = 620;
const at = (second: number) => second * SECOND;
const content = (name: string, at: number): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { at: String(at) } },
});

function change({ uid, name }: Lived, what: 'present' | 'gone', second: number, source: string): Change {
  const id = `${source}/${uid}/${what}/${second}`;
  return {
    ...KEY,
    name,
    id,
    eventId: id,
    what,
    uid,
    at: at(second),
    receivedAt: at(second),
    origin: { source, position: second },
    ...(source === 'audit.log' && { actor: { user: 'controller' } }),
  };
}

const sight = (one: Lived, second: number, source: string): Change => ({
  ...change(one, 'present', second, source),
  resourceVersion: String(1_000 + (source === 'audit.log' ? second : one.born)),
  content: content(one.name, source === 'audit.log' ? second : one.born),
});

/** What the log tells: that objects were made, and ended, but for what it lost. */
const toldBy = ({ lives, lost }: Story): Change[] =>
  lives.flatMap((one) => {
    const isTold = (second: number) => second < END && (second < lost.from || second >= lost.to);
    return [
      ...(isTold(one.born) ? [{ ...sight(one, one.born, 'audit.log'), created: true }] : []),
      ...(isTold(one.gone) ? [change(one, 'gone', one.gone, 'audit.log')] : []),
    ];
  });

function listedAt({ lives }: Story, second: number): Arrival {
  const there = lives.filter(({ born, gone }) => born < second && second < gone);
  return {
    list: {
      group: '',
      resource: 'pods',
      at: at(second),
      resourceVersion: String(1_000 + second),
      isWhole: true,
      uids: there.map(({ uid }) => uid),
    },
    shown: there.map((one) => sight(one, second, 'watch/pods')),
  };
}

/** Keeps what arrives as it comes, as services do: what a list shows is there before it is held against the history. */
class Keeper {
  readonly #byName = new Map<string, Change[]>();
  readonly #lists: ObjectList[] = [];

  keep(arrival: Arrival): void {
    if ('told' in arrival) return this.#judge(this.#add(arrival.told));
    const { list, shown } = arrival;
    for (const one of shown) this.#judge(this.#add(one));
    this.#lists.push(list);
    this.#lists.sort((a, b) => a.at - b.at);
    const asked = askedList(list);
    const endOf = endByList(asked, { watched: [], isSure: true });
    for (const changes of this.#byName.values())
      for (const version of notListed(asked, validAt(foldKey(changes), instantOf(list))))
        changes.push(...endOf(version, changes));
  }

  versions() {
    return [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, changes]) => foldKey(changes));
  }

  #add(change: Change): Change[] {
    const changes = this.#byName.get(change.name) ?? [];
    this.#byName.set(change.name, changes);
    changes.push(change);
    return changes;
  }

  #judge(changes: Change[]): void {
    for (const list of this.#lists)
      changes.push(...judgeByList(askedList(list), { watched: [], isSure: true }, changes).ends);
  }
}

function versionsOf(arrivals: readonly Arrival[]) {
  const keeper = new Keeper();
  for (const one of arrivals) keeper.keep(one);
  return keeper.versions();
}

const anyStory: fc.Arbitrary<Story> = fc.record({
  // Nothing happens within the time by which clocks may differ, or at an instant at which something is asked.
  lives: anyLives(29, (turn) => turn * 20 + 10),
  lost: fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 15 }))
    .map(([from, length]) => ({ from: from * 20, to: (from + length) * 20 })),
  lists: fc
    .uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 })
    .map((turns) => turns.map((turn) => turn * 20).sort((a, b) => a - b)),
});

/** A story, what comes of it in order, and the same as it may come. */
const anyArrivals = anyStory.chain((story) => {
  const lists = story.lists.map((second) => listedAt(story, second));
  const inOrder: Arrival[] = [...toldBy(story).map((told) => ({ told })), ...lists];
  return fc.record({
    story: fc.constant(story),
    inOrder: fc.constant(inOrder),
    asItMayCome: fc.shuffledSubarray(inOrder, { minLength: inOrder.length }),
  });
});

test('the history is the same whether a log is read before lists are taken, between them or afterwards', () => {
  fc.assert(
    fc.property(anyArrivals, ({ inOrder, asItMayCome }) => {
      expect(versionsOf(asItMayCome)).toEqual(versionsOf(inOrder));
    }),
    { numRuns: 300 },
  );
});

test('what a log tells late is there no longer than it was, and what is not known is said', () => {
  fc.assert(
    fc.property(anyArrivals, ({ story, asItMayCome }) => {
      const versions = versionsOf(asItMayCome);
      for (const { name } of story.lives)
        for (let second = 0; second <= END; second += 20) {
          const valid = validAt(versions, at(second)).filter((one) => one.name === name);
          const said = valid.some(({ doubt }) => doubt) ? '?' : valid.map(({ uid }) => uid).join();
          expect(mayBeSaid(story, name, second), `${name} at ${second}`).toContain(said);
        }
    }),
    { numRuns: 300 },
  );
});

/** What may be said of a name at an instant: the truth, and what the log and the lists leave open; never that something is there that no list has. */
function mayBeSaid({ lives, lost, lists }: Story, name: string, second: number): string[] {
  const ofName = lives.filter((one) => one.name === name);
  const isLost = (instant: number) => instant >= lost.from && instant < lost.to;
  const there = ofName.find(({ born, gone }) => born <= second && second < gone);
  const said = [there?.uid ?? ''];
  // Whoever was made without being told of is not known before a list shows it.
  if (there !== undefined && isLost(there.born)) said.push('', '?');
  // Whose end is lost is in doubt since it was seen last, until a list or another object of the name tells that it is gone.
  for (const { uid, born, gone } of ofName)
    if (isLost(gone) && born <= second) {
      const next = ofName.find((one) => one.born >= gone && !isLost(one.born));
      const list = lists.find((one) => one > gone) ?? Infinity;
      if (second < Math.max(gone, Math.min(list, next?.born ?? Infinity))) said.push('?');
      // Nobody can tell where no list follows, and another object is the next that is heard of.
      if (Math.min(list, END) >= (next?.born ?? END) && second < (next?.born ?? Infinity)) said.push(uid);
    }
  return said;
}
