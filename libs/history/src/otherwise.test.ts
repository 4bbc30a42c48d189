import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inferEnds, endsOf } from './infer-ends.ts';
import { otherwise } from './otherwise.ts';
import { restoreDoubts } from './restores.ts';
import { overlapping, type Version } from './version.ts';

const version = (facts: Partial<Version> & Pick<Version, 'validFrom'>): Version => ({
  group: '',
  resource: 'pods',
  namespace: 'shop',
  name: 'web',
  uid: 'a',
  resourceVersion: '1',
  content: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } },
  ...facts,
});

/** The last instant of all that is made up here. */
const LAST = 8;

/** What follows one after the other, with gaps, and how each ended. */
const versions = (of: Partial<Version>) =>
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: LAST }), { maxLength: 6 }),
      fc.array(
        fc.record({ uid: fc.constantFrom('a', 'b'), seenMidLife: fc.boolean(), ended: fc.boolean() }),
        {
          minLength: 3,
          maxLength: 3,
        },
      ),
    )
    .map(([instants, how]) => {
      const bounds = instants.toSorted((a, b) => a - b);
      return how.flatMap(({ uid, seenMidLife, ended }, i): Version[] => {
        const [validFrom, validTo] = bounds.slice(2 * i, 2 * i + 2);
        if (validFrom === undefined) return [];
        return [
          version({
            ...of,
            validFrom,
            uid,
            ...(seenMidLife && { seenMidLife }),
            ...(validTo !== undefined && { validTo, endedBy: ended ? 'event' : 'successor' }),
          }),
        ];
      });
    });

const windows = Array.from({ length: LAST + 3 }, (_, start) =>
  Array.from({ length: LAST + 3 - start }, (__, i) => ({ start, end: start + i + 1 })),
).flat();

/** What a report over the window is told of the versions: what ends behind it is current. */
const told = (all: readonly Version[], window: { readonly start: number; readonly end: number }) =>
  overlapping(all, window).map(({ validTo, endedBy, ...version }) => ({
    ...version,
    ...(validTo !== undefined && validTo < window.end && { validTo, endedBy }),
  }));

const concerns = (before: readonly Version[], after: readonly Version[]) => {
  const times = otherwise(before, after);
  return windows.filter(({ start, end }) => times.some((time) => time.start < end && time.end > start));
};

test('the windows that are concerned are those that are told something else', () => {
  fc.assert(
    fc.property(versions({}), versions({}), (before, after) => {
      const differ = windows.filter(
        (window) => JSON.stringify(told(before, window)) !== JSON.stringify(told(after, window)),
      );
      expect(concerns(before, after)).toEqual(differ);
    }),
    { numRuns: 500 },
  );
});

test('every window is concerned in which something else ends with a namespace', () => {
  const namespace = { resource: 'namespaces', namespace: '', name: 'shop' };
  fc.assert(
    fc.property(versions(namespace), versions(namespace), versions({}), (before, after, pods) => {
      const concerned = concerns(before, after);
      for (const window of windows) {
        const [then, now] = [before, after].map((own) => told(inferEnds(pods, endsOf(own)), window));
        if (JSON.stringify(then) !== JSON.stringify(now)) expect(concerned).toContainEqual(window);
      }
    }),
    { numRuns: 500 },
  );
});

test.each<[string, Partial<Version>]>([
  [
    'its content',
    { content: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', labels: { a: 'b' } } } },
  ],
  ['its resourceVersion', { resourceVersion: '2' }],
  ['who wrote it', { actor: { user: 'alice' } }],
  [
    'what is open of it',
    { doubt: { reason: 'r', may: 'differ', message: 'm', since: 2, answeredAt: 3, source: 'log' } },
  ],
])('%s is something that a version says, while it is valid', (_, facts) => {
  const was = version({ validFrom: 2, validTo: 5 });
  expect(otherwise([was], [{ ...was, ...facts }])).toEqual([{ start: 2, end: 5 }]);
  expect(otherwise([was], [{ ...was }])).toEqual([]);
});

test('that the counter of a cluster went back concerns all from then on', () => {
  const was = version({ validFrom: 6 });
  const is = { ...was, restored: { start: 3, end: 6 } };
  expect(restoreDoubts([is])).toMatchObject([{ validFrom: 3 }]);
  expect(otherwise([was], [is])).toEqual([{ start: 3, end: Infinity }]);
});
