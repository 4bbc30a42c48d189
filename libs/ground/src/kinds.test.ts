import { expect, test } from 'vitest';
import {
  AUDITED_RESOURCES,
  isPolicy,
  keyOf,
  KEPT_KINDS,
  KINDS,
  kindOf,
  kindOfObject,
  resourcesOf,
  shownApiVersion,
  type Kind,
  TRAIL_RESOURCES,
} from './kinds.ts';

test('no two rows are about one kind', () => {
  expect(new Set(KINDS.map(({ group, resource }) => `${group}/${resource}`)).size).toBe(KINDS.length);
  expect(new Set(KINDS.map(({ group, kind }) => `${group}/${kind}`)).size).toBe(KINDS.length);
});

test.each(KINDS)('$kind of "$group" is found by its resource and by its objects', (kind) => {
  expect(kindOf(kind)).toBe(kind);
  for (const apiVersion of kind.apiVersions) expect(kindOfObject({ apiVersion, kind: kind.kind })).toBe(kind);
  const metadata = { name: 'a', namespace: 'n' };
  const key = keyOf({ apiVersion: [...kind.apiVersions][0]!, kind: kind.kind, metadata });
  expect(key).toEqual({
    group: kind.group,
    resource: kind.resource,
    namespace: kind.namespaced ? 'n' : '',
    name: 'a',
  });
  expect(kind.apiVersions).toContain(shownApiVersion(kind, undefined));
});

test.each(KINDS)('$kind of "$group": policies have a form and are kept, and others have none', (kind) => {
  expect(kind.form !== undefined).toBe(kind.role === 'policy');
  if (kind.role === 'policy') expect(KEPT_KINDS).toContain(kind);
});

test('resources are plurals in small letters', () => {
  for (const { resource, kind } of KINDS)
    expect(resource).toBe(
      kind
        .toLowerCase()
        .replace(/^multi/, 'multi-')
        .replace(/(?<!s)$/, 's')
        .replace(/ys$/, 'ies'),
    );
});

/** Of kinds that restrict traffic and are not understood. */
const FOREIGN = [
  'ciliumnetworkpolicies',
  'ciliumclusterwidenetworkpolicies',
  'egressfirewalls',
  'securitygrouppolicies',
  'applicationnetworkpolicies',
  'fqdnnetworkpolicies',
  'authorizationpolicies',
  'peerauthentications',
  'serverauthorizations',
  'servers',
  'multi-networkpolicies',
];

test.each<[trail: Kind['trail'], resources: string[]]>([
  [
    'whole',
    [
      'hostendpoints',
      'namespaces',
      ...AUDITED_RESOURCES,
      ...FOREIGN,
      'networksets',
      'globalnetworksets',
      'tiers',
      'services',
    ],
  ],
  ['metadata', ['pods', 'serviceaccounts', 'customresourcedefinitions']],
  ['nothing', ['profiles', 'endpoints', 'endpointslices', 'daemonsets', 'configmaps']],
])('the trail has %s of %j', (trail, resources) => {
  const having = KINDS.filter((kind) => kind.trail === trail).map(({ resource }) => resource);
  expect([...new Set(having)]).toEqual(resources);
  for (const resource of resources) expect(TRAIL_RESOURCES.includes(resource)).toBe(trail !== 'nothing');
});

test('what is audited are the policies of Calico and of Kubernetes', () => {
  expect(AUDITED_RESOURCES).toEqual([
    'globalnetworkpolicies',
    'networkpolicies',
    'stagedglobalnetworkpolicies',
    'stagednetworkpolicies',
    'stagedkubernetesnetworkpolicies',
    'adminnetworkpolicies',
    'baselineadminnetworkpolicies',
    'clusternetworkpolicies',
  ]);
});

test.each<[{ group?: unknown; resource?: unknown }, string | undefined, string]>([
  [{ group: 'crd.projectcalico.org', resource: 'networkpolicies' }, 'NetworkPolicy', 'the storage group'],
  [{ group: undefined, resource: 'pods' }, 'Pod', 'an objectRef without a group'],
  [{ group: 'apps', resource: 'pods' }, undefined, 'another group'],
  [{ group: '', resource: 5 }, undefined, 'rubbish'],
  [{}, undefined, 'nothing'],
])('%j is %s: %s', (reference, kind) => expect(kindOf(reference)?.kind).toBe(kind));

test('parts are asked by name', () => {
  expect(resourcesOf('endpoint', 'tier')).toEqual(['pods', 'hostendpoints', 'tiers']);
  expect(isPolicy({ group: 'networking.k8s.io', resource: 'networkpolicies' })).toBe(true);
  expect(isPolicy({ group: '', resource: 'networkpolicies' })).toBe(false);
});

test('objects of one shape are shown in one version, others in their own', () => {
  expect(shownApiVersion(kindOf({ group: 'discovery.k8s.io', resource: 'endpointslices' })!, 'x')).toBe(
    'discovery.k8s.io/v1',
  );
  const admin = kindOf({ group: 'policy.networking.k8s.io', resource: 'adminnetworkpolicies' })!;
  expect(shownApiVersion(admin, 'policy.networking.k8s.io/v1')).toBe('policy.networking.k8s.io/v1');
  expect(shownApiVersion(admin, undefined)).toBe('policy.networking.k8s.io/v1alpha1');
});
