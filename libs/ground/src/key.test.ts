import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, keyText, type Key } from './key.ts';
import { KINDS } from './kinds.ts';

test.each<[Key, string]>([
  [{ group: '', resource: 'pods', namespace: 'shop', name: 'web-1' }, 'pods/shop/web-1'],
  [
    { group: 'projectcalico.org', resource: 'tiers', namespace: '', name: 'sec' },
    'tiers.projectcalico.org//sec',
  ],
])('%j is written %s', (key, written) => expect(keyText(key)).toBe(written));

const key: fc.Arbitrary<Key> = fc
  .tuple(
    fc.constantFrom(...KINDS),
    fc.constantFrom('', 'a', 'b'),
    fc.constantFrom('a', 'a-b', 'a.b', '😀', '｡'),
  )
  .map(([{ group, resource }, namespace, name]) => ({ group, resource, namespace, name }));

test('two keys have one text, and one place, only where they are one', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(keyText(a) === keyText(b)).toBe(same);
      expect(compareKeys(a, b) === 0).toBe(same);
      expect(Math.sign(compareKeys(a, b))).toBe(0 - Math.sign(compareKeys(b, a)));
    }),
  );
});

test('keys are ordered part by part', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const bytes = (it: Key) => Buffer.from([it.group, it.resource, it.namespace, it.name].join('\0'));
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(bytes(a), bytes(b)));
    }),
  );
});
