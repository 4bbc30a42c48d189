import { expect, test } from 'vitest';
import { type Fields, kindOf } from '@margay/ground';
import { project } from './project.ts';

const projected = (group: string, resource: string, object: Fields, options = {}) => {
  const found = project(kindOf({ group, resource })!, object, options);
  if ('lacks' in found) throw new Error(`lacks ${found.lacks}`);
  return found;
};
const UID = '0f10aa01-80ff-4c03-b3ff-fe7f80c0a055';
const FLIPPED = 'f0085580-01ff-4cc0-b3ff-7ffe010305aa';

/** What Calico's API server keeps for the policy `web`. */
const stored = (metadata: Fields, spec: Fields = {}) => ({
  apiVersion: 'crd.projectcalico.org/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default.web', namespace: 'shop', uid: UID, resourceVersion: '7', ...metadata },
  spec,
});
const real = (metadata: Fields) => ({
  annotations: { 'projectcalico.org/metadata': JSON.stringify(metadata) },
});

test.each<[string, Fields, Fields, string, Fields | undefined]>([
  ['the tier is no part of the name', {}, {}, 'web', undefined],
  ['nor where it is named', {}, { tier: 'default' }, 'web', undefined],
  ['but it is in other tiers', { name: 'sec.web' }, { tier: 'sec' }, 'sec.web', undefined],
  [
    'even one whose name begins alike',
    { name: 'default.web' },
    { tier: 'default.web' },
    'default.web',
    undefined,
  ],
  ['the real metadata counts', real({ name: 'other', labels: { a: 'b' } }), {}, 'other', { a: 'b' }],
  [
    'and its absence of labels',
    { ...real({ name: 'web' }), labels: { kept: 'by Calico' } },
    {},
    'web',
    undefined,
  ],
  [
    'what is not its annotation does not',
    { annotations: { 'projectcalico.org/metadata': '{' }, labels: { a: 'c' } },
    {},
    'web',
    { a: 'c' },
  ],
])('crd.projectcalico.org: %s', (_, metadata, spec, name, labels) => {
  const found = projected('crd.projectcalico.org', 'networkpolicies', stored(metadata, spec));
  expect(found).toMatchObject({ name, namespace: 'shop', uid: FLIPPED, resourceVersion: '7' });
  expect(found.content).toMatchObject({ apiVersion: 'projectcalico.org/v3', kind: 'NetworkPolicy' });
  expect(found.content.metadata).toEqual({ name, namespace: 'shop', ...(labels && { labels }) });
});

test('both faces of one policy are one object with one content', () => {
  const spec = { tier: 'default', selector: "a == 'b'", types: ['Ingress'], order: 5 };
  const front = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: { name: 'web', namespace: 'shop', uid: FLIPPED, resourceVersion: '7', labels: { x: 'y' } },
    spec: { types: ['Ingress'], order: 5, selector: "a == 'b'", tier: 'default' },
  };
  const back = stored(real({ name: 'web', labels: { x: 'y' } }), spec);
  expect(projected('crd.projectcalico.org', 'networkpolicies', back)).toEqual(
    projected('projectcalico.org', 'networkpolicies', front),
  );
});

test('metadata alone does not say which group it is of', () => {
  const metadataOnly = { ...stored({}), apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' };
  const found = projected('crd.projectcalico.org', 'networkpolicies', metadataOnly, {
    metadataOnly: true,
    storageForm: true,
  });
  expect(found).toMatchObject({ name: 'web', uid: FLIPPED });
  expect(found.content).toMatchObject({ apiVersion: 'projectcalico.org/v3', metadataOnly: true });
  const wide = { apiVersion: 'meta.k8s.io/v1', metadata: { name: 'x', uid: 'u', resourceVersion: '7' } };
  expect(
    projected('policy.networking.k8s.io', 'adminnetworkpolicies', wide, { metadataOnly: true }).content
      .apiVersion,
  ).toBe('policy.networking.k8s.io/v1alpha1');
});

test.each<[string, Fields, string]>([
  ['metadata', {}, 'name'],
  ['uid', { metadata: { name: 'x', resourceVersion: '7' } }, 'uid'],
  ['resourceVersion', { metadata: { name: 'x', uid: 'u' } }, 'resourceVersion'],
  [
    'a resourceVersion that is a number',
    { metadata: { name: 'x', uid: 'u', resourceVersion: '-7' } },
    'resourceVersion',
  ],
  ['a name that is a text', { metadata: { name: 5, uid: 'u', resourceVersion: '7' } }, 'name'],
])('an object without %s is none', (_, object, lacks) => {
  expect(project(kindOf({ resource: 'pods' })!, object)).toEqual({ lacks });
});

test('a pod is what reports read of it', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: 'p1',
      resourceVersion: '7',
      generateName: 'web-',
      labels: { b: '2', a: '1', not: 5 },
      annotations: { 'cni.projectcalico.org/podIP': '10.0.0.1/32', other: 'x' },
      managedFields: [{}],
    },
    spec: {
      nodeName: 'n1',
      hostNetwork: true,
      serviceAccountName: 'web',
      volumes: [{}],
      containers: [{ name: 'app', image: 'app:1', env: [{ name: 'SECRET', value: 'x' }] }],
      initContainers: [{ name: 'proxy', image: 'p', restartPolicy: 'Always' }],
    },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      conditions: [{ type: 'Ready' }],
    },
  };
  expect(projected('', 'pods', pod).content).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      labels: { a: '1', b: '2' },
      annotations: { 'cni.projectcalico.org/podIP': '10.0.0.1/32' },
      generateName: 'web-',
    },
    spec: {
      nodeName: 'n1',
      hostNetwork: true,
      serviceAccountName: 'web',
      containers: [{ name: 'app' }],
      initContainers: [{ name: 'proxy', restartPolicy: 'Always' }],
    },
    status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
  });
});

test('the order of fields, and whichever client asked, make no difference', () => {
  const slice = (apiVersion: string, endpoint: Fields) => ({
    apiVersion,
    kind: 'EndpointSlice',
    metadata: { name: 's', namespace: 'shop', uid: 'u', resourceVersion: '7' },
    endpoints: [endpoint],
  });
  const one = slice('discovery.k8s.io/v1', {
    addresses: ['10.0.0.1'],
    conditions: { ready: true, serving: true },
  });
  const other = slice('discovery.k8s.io/v1beta1', {
    topology: {},
    conditions: { ready: true },
    addresses: ['10.0.0.1'],
  });
  const text = (object: Fields) =>
    JSON.stringify(projected('discovery.k8s.io', 'endpointslices', object).content);
  expect(text(one)).toBe(text(other));
});

test('fields of the wrong type are as if they were not there', () => {
  const content = projected('', 'services', {
    metadata: { name: 'x', uid: 'u', resourceVersion: '7', labels: ['a'], annotations: 5 },
    spec: { selector: null, type: 'ClusterIP' },
  }).content;
  expect(content).toEqual({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'x' },
    spec: { type: 'ClusterIP' },
  });
});
