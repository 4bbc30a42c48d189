import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asServed } from './as-served.ts';
import type { KubernetesObject } from './object.ts';
import { servedApiVersion, servedGroup, servedMetadata, servedUid } from './storage-form.ts';

test('a uid in storage is shown with the bits of its bytes reversed, and back', () => {
  expect(servedUid('0f10aa01-80ff-4c03-b3ff-fe7f80c0a055')).toBe('f0085580-01ff-4cc0-b3ff-7ffe010305aa');
  expect(servedUid('not-a-uid')).toBe('not-a-uid');
  fc.assert(
    fc.property(fc.uuid(), (uid) => {
      expect(servedUid(servedUid(uid))).toBe(uid);
    }),
  );
});

test('the storage group stands for the group that users know', () => {
  expect(servedGroup('crd.projectcalico.org')).toBe('projectcalico.org');
  expect(servedGroup('')).toBe('');
  expect(servedApiVersion('crd.projectcalico.org/v1')).toBe('projectcalico.org/v3');
  expect(servedApiVersion('networking.k8s.io/v1')).toBe('networking.k8s.io/v1');
});

const annotation = (json: string) => ({ annotations: { 'projectcalico.org/metadata': json } });

test.each([
  ['the tier is no part of the name', { name: 'default.web' }, {}, 'web', undefined],
  ['nor where it is named', { name: 'default.web' }, { tier: 'default' }, 'web', undefined],
  ['an empty tier is the default one', { name: 'default.web' }, { tier: '' }, 'web', undefined],
  ['another tier is', { name: 'sec.web' }, { tier: 'sec' }, 'sec.web', undefined],
  [
    'the annotation counts',
    annotation('{"name":"default.web","labels":{"a":"b"}}'),
    {},
    'default.web',
    { a: 'b' },
  ],
  [
    'without a name, the own one counts',
    { name: 'default.web', ...annotation('{}') },
    {},
    'default.web',
    undefined,
  ],
  [
    'where it has no labels there are none',
    { name: 'web', labels: { kept: 'by Calico' }, ...annotation('{"name":"web"}') },
    {},
    'web',
    undefined,
  ],
  [
    'a damaged one says nothing',
    { name: 'default.web', labels: { a: 'c' }, ...annotation('{') },
    {},
    'web',
    { a: 'c' },
  ],
  [
    'nor does a list',
    { name: 'default.web', labels: { a: 'c' }, ...annotation('[]') },
    {},
    'web',
    { a: 'c' },
  ],
])('of a policy in storage, %s', (_, metadata, spec, name, labels) => {
  expect(servedMetadata({ metadata, spec }, true)).toMatchObject({ name, labels });
});

test('only names of policies have a tier in front', () => {
  expect(servedMetadata({ metadata: { name: 'default.set' } }, false).name).toBe('default.set');
});

test('an object of any other group is as it is', () => {
  const object: KubernetesObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'default.web' } };
  expect(asServed(object)).toBe(object);
});
