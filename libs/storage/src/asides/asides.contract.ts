import type { AsideMessage } from '@margay/coverage';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';

const aside = (place: string, after: number): AsideMessage => ({
  place,
  topic: 'margay.resource-changes',
  what: 'everything',
  after,
  before: after + 1,
});

/** What every store of what was set aside must do. `open` gives the empty stores of a cluster. */
export function asidesContract(name: string, open: () => Promise<Stores>) {
  describe(`asides contract: ${name}`, () => {
    const [a, b] = [aside('t/0@1/5', 10), aside('t/0@2/5', 20)];

    test('what was set aside is open once, however often it is told, until it is settled', async () => {
      const { asides } = await open();
      const places = async () => (await asides.open()).map(({ place }) => place).sort();
      expect(await asides.open()).toEqual([]);
      await asides.append([a]);
      await asides.append([a, b]);
      await asides.append([]);
      expect(await asides.open()).toEqual(expect.arrayContaining([a, b]));
      expect(await places()).toEqual([a.place, b.place]);
      await asides.settle([]);
      await asides.settle(['t/0@7/5', a.place]);
      await asides.settle([a.place]);
      await asides.append([a]);
      expect(await places()).toEqual([b.place]);
    });

    test('the deliveries say what is open, and nothing of what was settled', async () => {
      const { asides, coverage } = await open();
      const openIn = async (until?: number) =>
        (await coverage.deliveries(until)).flatMap(({ source, unread }) =>
          unread.map(({ after, before }) => [source, after, before]),
        );
      await asides.append([a, { ...aside('t/0@9/5', 900_000_000), what: 'trail' }]);
      const everything = ['lost/everything:set aside of margay.resource-changes', 10, 11];
      const trail = ['lost/trail:set aside of margay.resource-changes', 900_000_000, 900_000_001];
      expect(await openIn()).toEqual([everything, trail]);
      expect(await openIn(100_000_000)).toEqual([everything]);
      await asides.settle([a.place]);
      expect(await openIn()).toEqual([trail]);
    });
  });
}
