import type { PolicyEvent } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import type { Trail } from './trail.ts';

const event = (eventId: string, at: number, more: Partial<PolicyEvent> = {}): PolicyEvent => ({
  eventId,
  at,
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'deny-all',
  verb: 'update',
  actor: { user: 'anna', impersonated: 'bot' },
  outcome: 'done',
  event: { auditID: eventId, verb: 'update', requestObject: { spec: { podSelector: {} } } },
  ...more,
});

/** What every trail must do. `open` gives an empty one. */
export function trailContract(name: string, open: () => Promise<Trail>) {
  describe(`trail contract: ${name}`, () => {
    test('events come back as they were, by instant and id', async () => {
      const trail = await open();
      const { actor: _, ...anonymous } = event('a', 20, { outcome: 'refused' });
      const events = [
        event('c', 20),
        event('b', 10, { outcome: 'unsettled' }),
        anonymous,
        event('d', 1_764_000_000_123_456),
      ];
      expect(await trail.append(events)).toBe(4);
      expect(await collect(trail.between({ start: 0, end: 2e15 }))).toEqual([
        events[1],
        events[2],
        events[0],
        events[3],
      ]);
    });

    test('an event known already does nothing', async () => {
      const trail = await open();
      await trail.append([event('a', 10)]);
      expect(await trail.append([event('a', 10), event('a', 99), event('b', 11), event('b', 11)])).toBe(1);
      expect((await collect(trail.between({ start: 0, end: 100 }))).map(({ eventId }) => eventId)).toEqual([
        'a',
        'b',
      ]);
    });

    test.each`
      at    | inside   | why
      ${9}  | ${false} | ${'before the start'}
      ${10} | ${true}  | ${'the start belongs to the window'}
      ${19} | ${true}  | ${'the last instant'}
      ${20} | ${false} | ${'the end belongs to the next window'}
    `('an event at $at: $why', async ({ at, inside }: { at: number; inside: boolean }) => {
      const trail = await open();
      await trail.append([event('a', at)]);
      expect(await collect(trail.between({ start: 10, end: 20 }))).toHaveLength(inside ? 1 : 0);
    });

    test('events of some resources only', async () => {
      const trail = await open();
      await trail.append([event('a', 10), event('b', 11, { group: '', resource: 'pods' }), event('c', 12)]);
      const read = async (...resources: string[]) =>
        (await collect(trail.between({ start: 0, end: 100 }, resources))).map(({ eventId }) => eventId);
      expect(await read('networkpolicies')).toEqual(['a', 'c']);
      expect(await read('pods', 'tiers')).toEqual(['b']);
      expect(await read()).toEqual([]);
    });

    test('events of one object, and of all of its namespace or of all namespaces', async () => {
      const trail = await open();
      await trail.append([
        event('a', 10),
        event('b', 11, { name: '' }),
        event('c', 12, { name: 'other' }),
        event('d', 13, { namespace: 'pay' }),
        event('e', 14, { namespace: '', name: '' }),
        event('f', 15, { resource: 'pods' }),
      ]);
      const found = trail.between({ start: 0, end: 100 }, ['networkpolicies'], {
        namespace: 'shop',
        name: 'deny-all',
      });
      expect((await collect(found)).map(({ eventId }) => eventId)).toEqual(['a', 'b', 'e']);
    });

    test('appending nothing is fine', async () => {
      const trail = await open();
      expect(await trail.append([])).toBe(0);
      expect(await collect(trail.between({ start: 0, end: 100 }))).toEqual([]);
    });

    test('many events come page after page', async () => {
      const trail = await open();
      const many = Array.from({ length: 2_500 }, (_, i) =>
        event(`e${String(i).padStart(5, '0')}`, 100 + (i % 7)),
      );
      await trail.append(many);
      const read = await collect(trail.between({ start: 100, end: 107 }));
      expect(read).toEqual(many.toSorted((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1)));
    });
  });
}
