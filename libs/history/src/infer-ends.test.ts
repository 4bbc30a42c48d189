import { type Instant, SECOND } from '@margay/ground';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsOf, inferEnds, type End } from './infer-ends.ts';
import type { DoubtSince } from './object-doubt.ts';
import type { Version } from './version.ts';

/** `pods shop/web [1,5)`, `tiers.projectcalico.org /t [1,)`. */
function version(text: string, more: Partial<Version> = {}): Version {
  const [plural = '', place = '', interval = ''] = text.split(' ');
  const [resource = '', ...group] = plural.split('.');
  const [namespace = '', name = ''] = place.split('/');
  const [from = '', to = ''] = interval.slice(1, -1).split(',');
  return {
    group: group.join('.'),
    resource,
    namespace,
    name,
    uid: 'u',
    resourceVersion: '1',
    validFrom: Number(from),
    ...(to !== '' && { validTo: Number(to) }),
    content: { apiVersion: 'v1', kind: 'X', metadata: { name } },
    ...more,
  };
}
const namespaceEnd = (name: string, at: number): End => ({
  resource: 'namespaces',
  namespace: '',
  name,
  at,
  since: at,
});
const definitionEnd = (name: string, at: number): End => ({
  resource: 'customresourcedefinitions',
  namespace: '',
  name,
  at,
  since: at,
});
const serviceEnd = (name: string, at: number, since = at): End => ({
  resource: 'services',
  namespace: 'shop',
  name,
  at,
  since,
});

test.each<[string, string, End[], number | undefined, string | undefined]>([
  [
    'nothing is left in a namespace that is gone',
    'pods shop/web [1,)',
    [namespaceEnd('shop', 5)],
    5,
    'namespace',
  ],
  [
    'what began while a successor may have been there is left as it is',
    'pods shop/web [3,)',
    [{ ...namespaceEnd('shop', 5), since: 2 }],
    undefined,
    undefined,
  ],
  [
    'even if something was heard of it later',
    'pods shop/web [1,9)',
    [namespaceEnd('shop', 5)],
    5,
    'namespace',
  ],
  ['what had ended before had its own end', 'pods shop/web [1,4)', [namespaceEnd('shop', 5)], 4, undefined],
  ['another namespace is none of it', 'pods shop/web [1,)', [namespaceEnd('db', 5)], undefined, undefined],
  [
    'what begins with the end belongs to the next namespace',
    'pods shop/web [5,)',
    [namespaceEnd('shop', 5)],
    undefined,
    undefined,
  ],
  [
    'which ends in its turn',
    'pods shop/web [5,)',
    [namespaceEnd('shop', 9), namespaceEnd('shop', 5)],
    9,
    'namespace',
  ],
  [
    'a cluster-scoped object is in no namespace',
    'namespaces /shop [1,)',
    [namespaceEnd('shop', 5)],
    undefined,
    undefined,
  ],
  [
    'objects go with their definition',
    'tiers.projectcalico.org /t [1,)',
    [definitionEnd('tiers.projectcalico.org', 5)],
    5,
    'definition',
  ],
  [
    'not with that of what backs them: they may have moved',
    'tiers.projectcalico.org /t [1,)',
    [definitionEnd('tiers.crd.projectcalico.org', 5)],
    undefined,
    undefined,
  ],
  ['endpoints go with their service', 'endpoints shop/web [1,)', [serviceEnd('web', 5)], 5, 'service'],
  [
    'slices do not: the garbage collector removes them',
    'endpointslices.discovery.k8s.io shop/web [1,)',
    [serviceEnd('web', 5)],
    undefined,
    undefined,
  ],
  [
    'the first end counts',
    'endpoints shop/web [1,)',
    [namespaceEnd('shop', 7), serviceEnd('web', 5)],
    5,
    'service',
  ],
])('%s', (_, text, ends, validTo, endedBy) => {
  const [found] = inferEnds([version(text)], ends);
  expect([found?.validTo, found?.endedBy]).toEqual([validTo, endedBy]);
});

/** The next namespace shop began 200 ms before the end of the one before was told, with resourceVersion 20. */
const told = 60 * SECOND;
const ms = (n: number) => told + n * 1_000;
const nextBegan: End = { ...namespaceEnd('shop', told), next: '20' };
test.each<[string, number, string, boolean]>([
  ['was written after the next namespace, although it was told before the end', ms(-60), '21', false],
  ['was written before the next namespace', ms(-60), '19', true],
  ['has a version with fewer digits than the next namespace', ms(-60), '9', true],
  ['has a version with more digits than the next namespace', ms(-60), '100', false],
  ['says no version', ms(-60), '', true],
  [
    'began long before, whatever its counter says: a store that was restored counts anew',
    ms(-5_001),
    '21',
    true,
  ],
])('what %s, ends with it: %#', (_, from, resourceVersion, isEnded) => {
  const [found] = inferEnds([version(`pods shop/web [${from},)`, { resourceVersion })], [nextBegan]);
  expect(found?.validTo).toBe(isEnded ? told : undefined);
});

test('what another API server may keep by a counter of its own ends by clocks', () => {
  const policy = version(`networkpolicies.projectcalico.org shop/web [${ms(-60)},)`, {
    resourceVersion: '21',
  });
  expect(inferEnds([policy], [nextBegan])[0]?.validTo).toBe(told);
});

test('it goes on to the end of its own namespace', () => {
  const pod = version(`pods shop/web [${ms(-60)},)`, { resourceVersion: '21' });
  const [found] = inferEnds([pod], [nextBegan, namespaceEnd('shop', ms(900))]);
  expect([found?.validTo, found?.endedBy]).toEqual([ms(900), 'namespace']);
});

test.each<[string, Partial<Version>, number, string | undefined]>([
  ['that comes at once is what it is told apart by', { uid: 'v' }, 4 * SECOND, '20'],
  ['that comes later needs no telling apart', { uid: 'v' }, 6 * SECOND, undefined],
  ['that nobody saw says nothing', { uid: '', resourceVersion: '' }, 0, undefined],
  ['that is the same one tells nothing apart', { uid: 'u' }, 0, undefined],
])('of an end, the next object %s', (_, more, later, next) => {
  const gone = version(`namespaces /shop [0,${told}]`, { endedBy: 'event' });
  const after = version(`namespaces /shop [${told + later},)`, { resourceVersion: '20', ...more });
  const other = version(`namespaces /db [${told},)`, { resourceVersion: '19', uid: 'w' });
  expect(endsOf([gone, other, after])).toEqual([
    { ...namespaceEnd('shop', told), ...(next !== undefined && { next }) },
  ]);
});

test('ends are those of objects, not of versions', () => {
  expect(
    endsOf([
      version('namespaces /shop [1,3)'),
      version('namespaces /shop [3,5)', { endedBy: 'event' }),
      version('namespaces /db [3,)'),
      version('services shop/web [1,4)', { endedBy: 'successor' }),
      version('pods shop/web [1,4)', { endedBy: 'event' }),
    ]),
  ).toEqual([namespaceEnd('shop', 5), serviceEnd('web', 4, 1)]);
});

const late = (more: Partial<DoubtSince> = {}): DoubtSince => ({
  reason: 'told-late',
  may: 'be-gone',
  message: 'It was told late.',
  since: 2 * SECOND,
  answeredAt: 60 * SECOND,
  source: 'watch/endpoints',
  ...more,
});
const actor = { user: 'endpoint-controller' };

/** Endpoints that a watch told late to be gone at 60 s, whose Service went at some time. */
test.each<[string, Partial<Version>, End, Instant | undefined]>([
  ['whose writes a log tells went with their service', { doubt: late(), actor }, serviceEnd('web', 40), 40],
  [
    'so they did where their watch was told a moment before the answer',
    { doubt: late(), actor },
    serviceEnd('web', 64),
    64,
  ],
  ['that were gone long before', { doubt: late(), actor }, serviceEnd('web', 66), undefined],
  ['that only watches tell of', { doubt: late() }, serviceEnd('web', 40), undefined],
  [
    'of which more is open',
    { doubt: late({ message: 'It was told late. There are more doubts about it.' }), actor },
    serviceEnd('web', 40),
    undefined,
  ],
  [
    'that may be other ones',
    { doubt: late({ may: 'be-anything' }), actor },
    serviceEnd('web', 40),
    undefined,
  ],
  [
    'that something else leaves open',
    { doubt: late({ reason: 'outcome-unknown' }), actor },
    serviceEnd('web', 40),
    undefined,
  ],
  ['whose service went nobody knows when', { doubt: late(), actor }, serviceEnd('web', 40, 10), undefined],
])('endpoints %s', (_, more, end, refuted) => {
  const inSeconds = (one: End): End => ({ ...one, at: one.at * SECOND, since: one.since * SECOND });
  const [found] = inferEnds(
    [version(`endpoints shop/web [${5 * SECOND},${60 * SECOND})`, more)],
    [inSeconds(end)],
  );
  expect(found?.doubt?.refutedAt).toBe(refuted && refuted * SECOND);
});

/** A pod that a list at 60 s does not show. */
test.each<[string, Partial<DoubtSince>, number, number | undefined, boolean]>([
  ['went with its namespace before, is there until then', {}, 40, undefined, false],
  ['was there when its namespace went, may have gone since that list', {}, 70, undefined, true],
  ['went with a namespace nobody knows when, may have gone before', {}, 40, 20, true],
  [
    'is open for more, stays so',
    { message: 'It is not listed. There are more doubts about it.' },
    40,
    undefined,
    true,
  ],
  ['a watch told late to be gone, stays in doubt', { reason: 'told-late' }, 40, undefined, true],
])('what %s', (_, more, at, since = at, isOpen) => {
  const doubt = late({ reason: 'not-listed', source: 'watch/pods', ...more });
  const [found] = inferEnds(
    [version(`pods shop/web [${30 * SECOND},${80 * SECOND})`, { doubt })],
    [{ ...namespaceEnd('shop', at * SECOND), since: since * SECOND }],
  );
  const isEnded = since > 30;
  expect([found?.validTo, found?.doubt !== undefined]).toEqual([(isEnded ? at : 80) * SECOND, isOpen]);
});

test('concluding twice is concluding once, and nothing ever lasts longer for it', () => {
  const versions = fc.array(
    fc
      .record({
        what: fc.constantFrom(
          'pods shop/web',
          'endpoints shop/web',
          'tiers.projectcalico.org /t',
          'pods db/x',
        ),
        from: fc.integer({ min: 0, max: 20 }),
        length: fc.option(fc.integer({ min: 1, max: 20 })),
      })
      .map(({ what, from, length }) => version(`${what} [${from},${length === null ? '' : from + length})`)),
  );
  const ends = fc.array(
    fc
      .record({
        of: fc.constantFrom(
          namespaceEnd('shop', 0),
          serviceEnd('web', 0),
          definitionEnd('tiers.projectcalico.org', 0),
        ),
        at: fc.integer({ min: 0, max: 40 }),
      })
      .map(({ of, at }) => ({ ...of, at })),
  );
  fc.assert(
    fc.property(versions, ends, (all, some) => {
      const once = inferEnds(all, some);
      expect(inferEnds(once, some)).toEqual(once);
      expect(inferEnds(all, some.toReversed())).toEqual(once);
      for (const [i, { validFrom, validTo = Infinity }] of once.entries()) {
        expect(validFrom).toBe(all[i]?.validFrom);
        expect(validTo).toBeGreaterThan(validFrom);
        expect(validTo).toBeLessThanOrEqual(all[i]?.validTo ?? Infinity);
      }
    }),
    { numRuns: 1_000 },
  );
});
