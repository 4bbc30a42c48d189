import { compareTexts, SECOND } from '@margay/ground';
import type { Change, ObjectList } from '@margay/history';
import { openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { LateEnds } from './late-ends.ts';

const at = (second: number) => second * SECOND;
const HOUR = 3_600;

/** What a log tells of a pod. */
const told = (
  name: string,
  what: 'present' | 'gone',
  second: number,
  more: Partial<Change> = {},
): Change => ({
  id: `${name} ${what} ${second}`,
  eventId: `${name} ${what} ${second}`,
  what,
  group: '',
  resource: 'pods',
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
  at: at(second),
  receivedAt: at(second),
  origin: { source: 'audit.log', position: second },
  ...(what === 'present' && {
    resourceVersion: String(1_000 + second),
    created: true,
    content: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } },
  }),
  ...more,
});
const list = (second: number, names: readonly string[], more: Partial<ObjectList> = {}): ObjectList => ({
  group: '',
  resource: 'pods',
  at: at(second),
  resourceVersion: String(1_000 + second),
  isWhole: true,
  uids: names.map((name) => `uid-${name}`),
  ...more,
});

/** Stores with lists, and who keeps what is told then. */
async function keeper(lists: readonly ObjectList[], { isSure = true, isOurs = false } = {}) {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  for (const one of lists)
    await stores.lists.append(one, { isSure: isSure && one.isWhole, teller: 'w', toldAt: 1 });
  let lateEnds = new LateEnds(async () => isOurs);
  return {
    stores,
    restart: () => (lateEnds = new LateEnds(async () => isOurs)),
    keep: async (...changes: Change[]): Promise<readonly Change[]> => {
      await stores.history.append(changes);
      const ends = await lateEnds.of('c', stores, changes);
      await stores.history.append(ends);
      return ends;
    },
  };
}

/** Which pods there are at an instant, with `?` those that may be gone. */
async function podsAt({ history }: Stores, second: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, doubt } of history.versions({ start: at(second), end: at(second) + 1 }))
    found.push(doubt === undefined ? name : `${name}?`);
  return found.sort(compareTexts);
}

test('what a log tells after a list was taken, and the list does not show, is in doubt until the list, and then gone', async () => {
  const { stores, keep } = await keeper([list(100, ['kept'])]);
  await keep(told('ghost', 'present', 20), told('kept', 'present', 30), told('later', 'present', 200));
  expect(await podsAt(stores, 19)).toEqual([]);
  expect(await podsAt(stores, 50)).toEqual(['ghost?', 'kept']);
  expect(await podsAt(stores, 100)).toEqual(['kept']);
  expect(await podsAt(stores, 300)).toEqual(['kept', 'later']);
});

test('of several lists the first one that it can be in ends it, also after a restart', async () => {
  const lists = [list(100, []), list(HOUR, []), list(2 * HOUR, []), list(3 * HOUR, [])];
  const { stores, keep, restart } = await keeper(lists);
  await keep(told('ghost', 'present', HOUR + 10));
  restart();
  await keep(told('ghost', 'present', HOUR + 60, { created: false }));
  expect(await podsAt(stores, HOUR + 30)).toEqual(['ghost']);
  expect(await podsAt(stores, HOUR + 61)).toEqual(['ghost?']);
  expect(await podsAt(stores, 2 * HOUR)).toEqual([]);
});

test('one that a list shows, and the last one does not, is ended by that', async () => {
  const { stores, keep } = await keeper([list(100, ['ghost']), list(HOUR, ['ghost']), list(2 * HOUR, [])]);
  await keep(told('ghost', 'present', 20));
  expect(await podsAt(stores, HOUR)).toEqual(['ghost?']);
  expect(await podsAt(stores, 2 * HOUR)).toEqual([]);
});

test('when it was deleted counts where the log tells it afterwards, and so does who had the name next', async () => {
  const { stores, keep } = await keeper([list(100, [])]);
  await keep(told('ghost', 'present', 20), told('other', 'present', 20));
  await keep(told('ghost', 'gone', 40));
  await keep(
    told('other', 'present', 50, { uid: 'uid-next' }),
    told('other', 'gone', 60, { uid: 'uid-next' }),
  );
  expect(await podsAt(stores, 39)).toEqual(['ghost', 'other?']);
  expect(await podsAt(stores, 40)).toEqual(['other?']);
  expect(await podsAt(stores, 50)).toEqual(['other']);
  expect(await podsAt(stores, 60)).toEqual([]);
});

test.each<[what: string, lists: ObjectList[], known: object, expected: string[]]>([
  ['is known by now to be of the cluster', [list(100, [])], { isSure: false, isOurs: true }, []],
  ['may be of another one', [list(100, []), list(HOUR, [])], { isSure: false }, ['ghost?']],
  ['showed what has no uid', [list(100, [], { isWhole: false })], { isOurs: true }, ['ghost?']],
  ['is of another kind', [list(100, [], { resource: 'services' })], {}, ['ghost']],
  ['was taken before', [list(10, [])], {}, ['ghost']],
])('a list that %s', async (_, lists, known, expected) => {
  const { stores, keep } = await keeper(lists, known);
  const ends = await keep(told('ghost', 'present', 20));
  expect(ends.length).toBe(expected[0] === 'ghost' ? 0 : 1);
  expect(await podsAt(stores, 2 * HOUR)).toEqual(expected);
});
