import type { ObjectList } from '@margay/history';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
/** The beginning of an hour, and of a month. */
const START = Date.UTC(2026, 9, 1) * 1_000;

const list = (minute: number, uids: readonly string[], more: Partial<ObjectList> = {}): ObjectList => ({
  group: '',
  resource: 'pods',
  at: START + minute * MINUTE,
  resourceVersion: String(1_000 + minute),
  isWhole: true,
  uids,
  ...more,
});
const sure = { isSure: true, teller: 'w/watch/pods', toldAt: START + 7 };
const open = { ...sure, isSure: false };
const PODS = { group: '', resource: 'pods' };
const POLICIES = { group: 'networking.k8s.io', resource: 'networkpolicies' };

/** What every store of lists must do. `opened` gives the empty stores of a cluster. */
export function listsContract(name: string, opened: () => Promise<Stores>) {
  describe(`lists contract: ${name}`, () => {
    test('a list is given with all that is said of it, and asked whether it shows an object', async () => {
      const { lists } = await opened();
      const uids = Array.from({ length: 3_000 }, (_, i) => `uid-${i}`);
      const [pods, none] = [list(5, uids), list(6, [], { ...POLICIES, isWhole: false, resourceVersion: '' })];
      expect(await lists.since(0, [PODS, POLICIES])).toEqual([]);
      await lists.append(pods, sure);
      await lists.append(none, open);
      const said = [pods, none].map(({ uids: _, ...rest }) => rest);
      const kept = await lists.since(START, [PODS, POLICIES]);
      expect(kept).toEqual([
        { ...said[0], ...sure },
        { ...said[1], ...open },
      ]);
      const [asked, nothing] = await Promise.all(kept.map(async (one) => lists.asked(one)));
      expect(uids.every((uid) => asked!(uid))).toBe(true);
      expect(['uid-3000', '', 'uid', 'UID-1'].filter((uid) => asked!(uid))).toEqual([]);
      expect(nothing!('uid-1')).toBe(false);
    });

    test('those of some kinds since an instant are given, oldest first', async () => {
      const { lists } = await opened();
      const some = [list(500, ['b']), list(5, ['a']), list(130, ['c']), list(131, [], POLICIES)];
      for (const one of some) await lists.append(one, sure);
      const minutes = async (since: number, kinds: Parameters<typeof lists.since>[1]) =>
        (await lists.since(START + since * MINUTE, kinds)).map(({ at }) => (at - START) / MINUTE);
      expect(await minutes(0, [PODS])).toEqual([5, 130, 500]);
      expect(await minutes(0, [POLICIES, PODS])).toEqual([5, 130, 131, 500]);
      expect(await minutes(130, [PODS])).toEqual([130, 500]);
      expect(await minutes(131, [PODS])).toEqual([500]);
      expect(await minutes(501, [PODS])).toEqual([]);
      expect(await minutes(0, [{ group: 'apps', resource: 'pods' }])).toEqual([]);
      expect(await minutes(0, [])).toEqual([]);
    });

    test.each([
      ['as they were taken', [0, 1, 2]],
      ['the other way round', [2, 1, 0]],
      ['twice', [1, 2, 0, 1, 2, 0]],
    ])('of an hour the last one is kept, told %s', async (_, order) => {
      const { lists } = await opened();
      const some = [list(5, ['a']), list(30, ['b']), list(59, ['c'])];
      for (const place of order) await lists.append(some[place]!, sure);
      await lists.append(list(60, ['d']), sure);
      const kept = await lists.since(START, [PODS]);
      expect(kept.map(({ at }) => at - START)).toEqual([59 * MINUTE, HOUR]);
      const has = await lists.asked(kept[0]!);
      expect(['a', 'b', 'c', 'd'].filter((uid) => has!(uid))).toEqual(['c']);
      expect(await lists.asked({ ...kept[0]!, at: some[0]!.at })).toBeUndefined();
    });

    test('one that may be of another cluster, or lack something, takes the place of none that is sure', async () => {
      const { lists } = await opened();
      await lists.append(list(5, ['a']), sure);
      await lists.append(list(6, ['b']), open);
      expect((await lists.since(START, [PODS])).map(({ isSure }) => isSure)).toEqual([true, false]);
    });
  });
}
