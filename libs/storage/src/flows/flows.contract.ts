import type { Flow } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import type { Flows } from './flows.ts';

const flow = (id: string, startAt: number, endAt: number): Flow => ({
  id,
  startAt,
  endAt,
  reporter: 'src',
  action: 'allow',
  source: { type: 'pod', namespace: 'shop', name: 'web-*', nameIsPrefix: true },
  destination: { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false },
});

/** What every store of flows must do. `open` gives an empty one. */
export function flowsContract(name: string, open: () => Promise<Flows>) {
  describe(`flows contract: ${name}`, () => {
    test('flows come back as they were, by start and id, each once', async () => {
      const flows = await open();
      expect(await flows.append([flow('b', 10, 20), flow('a', 10, 20), flow('c', 5, 20)])).toBe(3);
      expect(await flows.append([flow('a', 10, 20), flow('d', 30, 31), flow('d', 30, 31)])).toBe(1);
      expect(await collect(flows.between({ start: 0, end: 100 }))).toEqual([
        flow('c', 5, 20),
        flow('a', 10, 20),
        flow('b', 10, 20),
        flow('d', 30, 31),
      ]);
    });

    test.each`
      startAt | endAt | inside   | why
      ${0}    | ${10} | ${false} | ${'ends where the window starts'}
      ${0}    | ${11} | ${true}  | ${'reaches into it'}
      ${19}   | ${99} | ${true}  | ${'begins in its last instant'}
      ${20}   | ${21} | ${false} | ${'begins where it ends'}
      ${0}    | ${99} | ${true}  | ${'was there throughout'}
    `(
      '[$startAt, $endAt) $why',
      async ({ startAt, endAt, inside }: { startAt: number; endAt: number; inside: boolean }) => {
        const flows = await open();
        await flows.append([flow('a', startAt, endAt)]);
        expect(await collect(flows.between({ start: 10, end: 20 }))).toHaveLength(inside ? 1 : 0);
      },
    );
  });
}
