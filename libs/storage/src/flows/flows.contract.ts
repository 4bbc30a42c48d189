import type { Contact, Flow, FlowEnd } from '@margay/flows';
import { describe, expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import type { Flows } from './flows.ts';

const web: FlowEnd = { type: 'pod', namespace: 'shop', name: 'web-54c9f7f49f-*', nameIsPrefix: true };
const db: FlowEnd = { type: 'pod', namespace: 'shop', name: 'db-0', nameIsPrefix: false };
const outside: FlowEnd = { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false };

const flow = (id: string, startAt: number, endAt: number, more: Partial<Flow> = {}): Flow => ({
  id,
  startAt,
  endAt,
  reporter: 'dst',
  action: 'allow',
  source: web,
  destination: db,
  ...more,
});

const texts = (contacts: readonly Contact[]) =>
  contacts.map(({ source, destination, action, startAt, endAt }) =>
    [source.name, destination.name, action, startAt, endAt].join(' '),
  );

/** What all flows must do. `open` gives empty ones. */
export function flowsContract(name: string, open: () => Promise<Flows>) {
  describe(`flows contract: ${name}`, () => {
    const read = async (flows: Flows, start: number, end: number) => collect(flows.between({ start, end }));

    test('flows are contacts with their times, as they were', async () => {
      const flows = await open();
      const base = 1_764_000_000_000_000;
      expect(
        await flows.append([flow('a', base, base + 5), flow('b', base, base + 5, { source: outside })]),
      ).toBe(2);
      const found = await read(flows, base, base + 1);
      expect(found).toHaveLength(2);
      expect(found).toEqual(
        expect.arrayContaining([
          { source: web, destination: db, action: 'allow', startAt: base, endAt: base + 5 },
          { source: outside, destination: db, action: 'allow', startAt: base, endAt: base + 5 },
        ]),
      );
    });

    test('a flow known already does nothing', async () => {
      const flows = await open();
      await flows.append([flow('a', 10, 20)]);
      expect(await flows.append([flow('a', 10, 20), flow('b', 10, 20), flow('b', 10, 20)])).toBe(1);
      expect(await flows.append([])).toBe(0);
    });

    test('the same told by both ends and by many flows is one contact', async () => {
      const flows = await open();
      await flows.append([
        flow('a', 10, 20),
        flow('b', 10, 20, { reporter: 'src' }),
        flow('c', 20, 30),
        flow('d', 12, 18),
      ]);
      expect(texts(await read(flows, 0, 100))).toEqual(['web-54c9f7f49f-* db-0 allow 10 30']);
    });

    test('silence in between divides the times, and another action is another contact', async () => {
      const flows = await open();
      await flows.append([
        flow('c', 40, 50),
        flow('a', 10, 20),
        flow('b', 21, 30),
        flow('d', 15, 45, { action: 'deny' }),
      ]);
      const found = texts(await read(flows, 0, 100));
      expect(found.filter((text) => text.includes('allow'))).toEqual([
        'web-54c9f7f49f-* db-0 allow 10 20',
        'web-54c9f7f49f-* db-0 allow 21 30',
        'web-54c9f7f49f-* db-0 allow 40 50',
      ]);
      expect(found.filter((text) => text.includes('deny'))).toEqual(['web-54c9f7f49f-* db-0 deny 15 45']);
    });

    test.each`
      start | end    | inside   | why
      ${0}  | ${10}  | ${false} | ${'ends where the flow begins'}
      ${0}  | ${11}  | ${true}  | ${'has its first instant'}
      ${19} | ${100} | ${true}  | ${'has its last instant'}
      ${20} | ${100} | ${false} | ${'begins where the flow ends'}
      ${12} | ${13}  | ${true}  | ${'lies within'}
    `(
      'a window [$start, $end) that $why',
      async ({ start, end, inside }: { start: number; end: number; inside: boolean }) => {
        const flows = await open();
        await flows.append([flow('a', 10, 20)]);
        expect(texts(await read(flows, start, end))).toEqual(
          inside ? ['web-54c9f7f49f-* db-0 allow 10 20'] : [],
        );
      },
    );

    test('many flows come page after page, in the same order every time', async () => {
      const flows = await open();
      const many = Array.from({ length: 3_000 }, (_, i) =>
        flow(`f${i}`, 100 + i, 101 + i, { source: { ...db, name: `client-${i % 500}` } }),
      );
      await flows.append(many);
      const found = await read(flows, 0, 10_000);
      expect(found).toHaveLength(3_000);
      expect(new Set(found.map(({ source }) => source.name)).size).toBe(500);
      expect(await read(flows, 0, 10_000)).toEqual(found);
    });
  });
}
