import type { TellerFact } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import { FIRST_OBJECT } from '@margay/history';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';
import { clusterUidOf } from './cluster-uid.ts';

const sorted = (facts: readonly TellerFact[]): string[] =>
  facts
    .map((fact) =>
      JSON.stringify(Object.fromEntries(Object.entries(fact).toSorted(([a], [b]) => compareTexts(a, b)))),
    )
    .sort();

/** `a` tells of the cluster `1`; of which `b` does, nobody knows. */
const FACTS: readonly TellerFact[] = [
  { what: 'first', teller: 'a' },
  { what: 'is', uid: '1', at: 10 },
  { what: 'ours', teller: 'a', at: 10 },
  { what: 'says', teller: 'a', uid: '1', at: 10 },
  { what: 'says', teller: 'a', uid: '2', at: 30, since: 20 },
  { what: 'seen', teller: 'a', at: 20 },
  { what: 'tells', teller: 'b', source: 'webhook:kube/1', at: 15 },
  { what: 'tells', teller: 'b', source: 'webhook:kube/1', at: 12 },
  { what: 'tied', teller: 'c', to: 'b', at: 12 },
];

/** What every store of who tells must do. `open` gives the empty stores of a cluster. */
export function tellersContract(name: string, open: () => Promise<Stores>) {
  describe(`tellers contract: ${name}`, () => {
    test('facts are kept once, however often they come', async () => {
      const { tellers } = await open();
      expect(await tellers.facts()).toEqual([]);
      await tellers.append(FACTS.slice(0, 5));
      await tellers.append(FACTS);
      await tellers.append([]);
      expect(sorted(await tellers.facts())).toEqual(sorted(FACTS));
    });

    test('who told first, and which cluster it is, is what was kept first, also of several who keep it at once', async () => {
      const { tellers } = await open();
      const names = ['a', 'b', 'c', 'd'];
      await Promise.all(
        names.map((teller, i) =>
          tellers.append([
            { what: 'first', teller },
            { what: 'is', uid: `${teller}-uid`, at: i },
          ]),
        ),
      );
      const kept = await tellers.facts();
      expect(kept.map(({ what }) => what).sort()).toEqual(['first', 'is']);
      await tellers.append([
        { what: 'first', teller: 'e' },
        { what: 'is', uid: 'e-uid', at: 0 },
      ]);
      expect(sorted(await tellers.facts())).toEqual(sorted(kept));
    });

    test('when one was seen last is the last instant, in whatever order they come', async () => {
      const { tellers } = await open();
      for (const at of [20, 30, 10]) await tellers.append([{ what: 'seen', teller: 'a', at }]);
      await tellers.append([{ what: 'seen', teller: 'b', at: 5 }]);
      expect(sorted(await tellers.facts())).toEqual(
        sorted([
          { what: 'seen', teller: 'a', at: 30 },
          { what: 'seen', teller: 'b', at: 5 },
        ]),
      );
    });

    test('that two tell of one cluster is kept of each pair once', async () => {
      const { tellers } = await open();
      const tied = (teller: string, to: string, at: number): TellerFact => ({ what: 'tied', teller, to, at });
      for (const at of [20, 10]) await tellers.append([tied('a', 'b', at)]);
      await tellers.append([tied('a', 'c', 30)]);
      expect(sorted(await tellers.facts())).toEqual(sorted([tied('a', 'b', 20), tied('a', 'c', 30)]));
    });

    test('of which times one told is one span for each slot, also of several who keep it at once, and begins anew where the former is known to be of the cluster', async () => {
      const { tellers } = await open();
      const told = (
        start: number,
        end: number,
        more: { seen?: number; until?: number } = {},
      ): TellerFact => ({
        what: 'told',
        teller: 'a',
        begun: 0,
        slot: 0,
        seen: 5,
        until: 20,
        start,
        end,
        ...more,
      });
      const aside = (start: number, end: number): TellerFact => ({
        what: 'aside',
        teller: 'a',
        at: 7,
        start,
        end,
      });
      await Promise.all([
        tellers.append([told(10, 12), told(4, 6), aside(9, 10)]),
        tellers.append([told(11, 13)]),
        tellers.append([aside(3, 4), told(8, 9)]),
      ]);
      const others: TellerFact[] = [
        { what: 'times', at: 3 },
        { ...(told(1, 2) as TellerFact & { what: 'told' }), slot: 1 },
        { ...(told(1, 2) as TellerFact & { what: 'told' }), begun: 9 },
        { what: 'aside', teller: 'a', at: 8, start: 1, end: 2 },
      ];
      await tellers.append([...others, { what: 'times', at: 2 }]);
      expect(sorted(await tellers.facts())).toEqual(sorted([told(4, 13), aside(3, 10), ...others]));
      // What was published since it was seen last is not known to be of the cluster.
      await tellers.append([told(30, 32, { seen: 19, until: 40 })]);
      expect(sorted(await tellers.facts())).toEqual(
        sorted([told(4, 32, { until: 40 }), aside(3, 10), ...others]),
      );
      await tellers.append([told(50, 52, { seen: 40, until: 60 })]);
      expect(sorted(await tellers.facts())).toEqual(
        sorted([told(50, 52, { seen: 40, until: 60 }), aside(3, 10), ...others]),
      );
    });

    test('of an object the first is kept who told of it', async () => {
      const { tellers } = await open();
      const of = (teller: string, uid: string): TellerFact => ({ what: 'object', teller, uid });
      expect(await tellers.tellersOf(['x'])).toEqual(new Map());
      await tellers.append([of('a', 'x'), of('b', 'x/1'), of('b', 'x')]);
      await tellers.append([of('b', 'x'), of('c', 'y')]);
      expect(await tellers.tellersOf(['x', 'x/1', 'x', 'z', 'y'])).toEqual(
        new Map([
          ['x', 'a'],
          ['x/1', 'b'],
          ['y', 'c'],
        ]),
      );
      expect(await tellers.tellersOf([])).toEqual(new Map());
      expect(await tellers.facts()).toEqual([]);
    });

    test('what is open since nobody knows of which cluster one tells is in what was delivered, until it is known', async () => {
      const { tellers, coverage } = await open();
      const about = async (until?: number) =>
        (await coverage.deliveries(until)).map(({ source, unread }) => [source, unread[0]?.after]);
      await coverage.append([
        { source: 'z', from: 0, to: 1, buckets: [], timeless: {}, problems: [], problemsTotal: 0 },
      ]);
      await tellers.append(FACTS.filter(({ what }) => what === 'tells'));
      expect(await about()).toEqual([
        ['lost/everything:whose b', 12],
        ['z', undefined],
      ]);
      await tellers.append([{ what: 'ours', teller: 'b', at: 40 }]);
      expect(await about()).toEqual([['z', undefined]]);
    });

    test('that a source is retired is in what was delivered of it, whatever was said before', async () => {
      const { tellers, coverage } = await open();
      const retired = { source: 'z', at: 30, by: 'ann', because: 'it is gone' };
      await coverage.append(
        ['y', 'z'].map((source) => ({
          source,
          from: 0,
          to: 1,
          buckets: [],
          timeless: {},
          problems: [],
          problemsTotal: 0,
          // Whoever tells of a source cannot retire it.
          retired: [{ source, from: 0, said: 0, by: 'a source', because: '' }],
        })),
      );
      const facts: readonly TellerFact[] = [
        { what: 'retired', ...retired, said: 40 },
        { what: 'retired', ...retired, said: 50 },
        { what: 'taken-back', source: 'z', said: 45, by: 'ben', because: 'it is not' },
      ];
      await tellers.append(facts);
      await tellers.append(facts);
      expect(sorted(await tellers.facts())).toEqual(sorted(facts));
      const [y, z] = await coverage.deliveries(20);
      expect(y?.retired).toBeUndefined();
      const { at: from, ...said } = retired;
      expect(z?.retired?.toSorted((a, b) => a.said - b.said)).toEqual([
        { ...said, from, said: 40, takenBack: { said: 45, by: 'ben', because: 'it is not' } },
        { ...said, from, said: 50 },
      ]);
    });

    test('the uid of a cluster is that of what its name stands for, and not known while the kube-system that was shown may be another’s', async () => {
      const stores = await open();
      const { tellers, history } = stores;
      expect(await clusterUidOf(stores)).toBeUndefined();
      await history.append([
        {
          id: 'e#0',
          eventId: 'e',
          what: 'present',
          ...FIRST_OBJECT,
          uid: '2',
          resourceVersion: '1',
          at: 10,
          receivedAt: 10,
          content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
          origin: { source: 'audit.log', position: 1 },
        },
      ]);
      const steps: [TellerFact, string | undefined][] = [
        [{ what: 'first', teller: 'a' }, '2'],
        [{ what: 'tells', teller: 'b', source: 'webhook:kube/1', at: 10 }, undefined],
        [{ what: 'ours', teller: 'b', at: 20 }, '2'],
        [{ what: 'tells', teller: 'c', source: 'webhook:kube/2', at: 30 }, undefined],
        [{ what: 'is', uid: '1', at: 40 }, '1'],
      ];
      expect(await clusterUidOf(stores)).toBe('2');
      for (const [fact, uid] of steps) {
        await tellers.append([fact]);
        expect(await clusterUidOf(stores)).toBe(uid);
      }
    });
  });
}
