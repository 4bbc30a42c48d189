import { expect, test } from 'vitest';
import { baselineOf } from './baseline.ts';
import { readEvent } from './read-event.ts';
import { event } from './testing/events.ts';

/*
 * Of ConfigMaps, the few by which network plugins are set up are kept, and of these the keys that say whether policies are enforced.
 */
const ORIGIN = { source: 'audit.log', position: 1 };
const DATA = { 'enable-policy': 'never', 'bpf-map-dynamic-size-ratio': '0.0025', password: 'hidden' };
const configMap = (name: string, namespace = 'kube-system', data: object = DATA) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    resourceVersion: '7',
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"hidden"}}' },
  },
  data,
  binaryData: { blob: 'aGlkZGVu' },
});
const asked = (verb: string, name: string | undefined, namespace: string | undefined, more: object) =>
  readEvent(
    event({
      verb,
      objectRef: { apiVersion: 'v1', resource: 'configmaps', namespace, name },
      ...more,
    }),
    ORIGIN,
  );
const written = (name: string, namespace = 'kube-system') =>
  asked('update', name, namespace, {
    requestObject: configMap(name, namespace),
    responseObject: configMap(name, namespace),
  });
const contents = (reading: ReturnType<typeof readEvent>) =>
  (reading.changes ?? []).map(({ namespace, name, content }) => [`${namespace}/${name}`, content?.['data']]);

const KEPT = [['kube-system/cilium-config', { 'enable-policy': 'never' }]];

test('what sets up a plugin is kept, by the keys that matter', () => {
  const reading = written('cilium-config');
  expect(contents(reading)).toEqual(KEPT);
  expect(JSON.stringify(reading)).not.toMatch(/hidden|aGlkZGVu|ratio/);
});

test.each([
  ['app-config', 'kube-system'],
  ['cilium-config', 'shop'],
  ['coredns', 'kube-system'],
])('%s in %s is not', (name, namespace) => {
  expect(written(name, namespace)).toMatchObject({ kind: 'ignored', reason: 'out-of-kind' });
  for (const code of [504, 200]) {
    const blind = { level: 'Metadata', requestObject: undefined, responseObject: undefined };
    const reading = asked('patch', name, namespace, { ...blind, responseStatus: { code } });
    expect(reading).toMatchObject({ kind: 'ignored', reason: 'out-of-kind' });
  }
});

test('of a list and of a deletion of many, nothing of others is kept', () => {
  const items = [configMap('app-config'), configMap('cilium-config'), configMap('cilium-config', 'shop')];
  const list = { apiVersion: 'v1', kind: 'ConfigMapList', items };
  const listed = asked('list', undefined, undefined, { responseObject: list });
  expect(contents(listed)).toEqual(KEPT);
  const gone = asked('deletecollection', undefined, 'kube-system', {
    requestObject: { kind: 'DeleteOptions', apiVersion: 'v1' },
    responseObject: list,
  });
  expect(gone.changes?.flatMap(({ what, name }) => (what === 'gone' ? name : []))).toEqual(['cilium-config']);
  for (const reading of [listed, gone]) expect(JSON.stringify(reading)).not.toMatch(/hidden|app-config/);
});

test('a creation whose name the API server makes is about none of them', () => {
  const made = { ...configMap('x'), metadata: { generateName: 'x-', namespace: 'kube-system' } };
  const reading = asked('create', undefined, 'kube-system', {
    requestObject: made,
    responseObject: configMap('x-1'),
  });
  expect(reading).toMatchObject({ kind: 'ignored', reason: 'out-of-kind' });
});

test('secrets are none of it', () => {
  const secret = { ...configMap('cilium-config'), kind: 'Secret' };
  const reading = readEvent(
    event({
      verb: 'create',
      objectRef: { apiVersion: 'v1', resource: 'secrets', namespace: 'kube-system', name: 'cilium-config' },
      requestObject: secret,
      responseObject: secret,
    }),
    ORIGIN,
  );
  expect(reading).toMatchObject({ kind: 'ignored', reason: 'out-of-kind' });
});

test('a baseline gives those that are kept', () => {
  const items = [
    configMap('app-config'),
    configMap('cilium-config'),
    { ...configMap('y'), metadata: { name: 'y' } },
  ];
  const { changes } = baselineOf([{ kind: 'List', items }], { source: 'b', at: 5, versions: [] });
  expect(changes.map(({ namespace, name, content }) => [`${namespace}/${name}`, content?.['data']])).toEqual(
    KEPT,
  );
});

test.each([
  ['calico-node', 'calico-system', true],
  ['log-collector', 'calico-system', false],
])('of a DaemonSet %s in %s, what its pods are known by is kept: %s', (name, namespace, isKept) => {
  const responseObject = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, uid: 'd1', resourceVersion: '7' },
    spec: {
      template: {
        metadata: { labels: { 'k8s-app': name }, annotations: { note: 'hidden' } },
        spec: { containers: [{ name: 'main', env: [{ name: 'PASSWORD', value: 'hidden' }] }] },
      },
    },
  };
  const objectRef = { apiGroup: 'apps', apiVersion: 'v1', resource: 'daemonsets', namespace, name };
  const reading = readEvent(event({ objectRef, responseObject }), ORIGIN);
  expect(reading.changes?.map(({ content }) => content?.['spec'])).toEqual(
    isKept
      ? [
          {
            template: {
              metadata: { labels: { 'k8s-app': name } },
              spec: { containers: [{ name: 'main' }] },
            },
          },
        ]
      : undefined,
  );
  expect(JSON.stringify(reading)).not.toContain('hidden');
});
