import { parseInstant } from '@margay/ground';
import { describe, expect, test } from 'vitest';
import { baselineOf } from './baseline.ts';
import type { Version } from './version.ts';

const AT = parseInstant('2026-03-01T12:00:00Z')!;
const EARLIER = AT - 3_600_000_000;

const item = (kind: string, name: string, more: object = {}, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  },
});
const listOf = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });

const version = (name: string, more: Partial<Version> = {}): Version => ({
  group: '',
  resource: 'pods',
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
  resourceVersion: '5',
  validFrom: EARLIER,
  content: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } },
  ...more,
});

const taken = (texts: readonly unknown[], versions: readonly Version[] = [], listed: string[] = []) =>
  baselineOf(texts, { source: 'baseline b.json', at: AT, listed, versions });

test('what it has is there, and what the history has of its kinds and it has not is gone', () => {
  const { changes, kinds } = taken(
    [listOf(item('Pod', 'web'), item('ConfigMap', 'other'))],
    [version('web'), version('lost'), version('svc', { resource: 'services' })],
  );
  expect(changes.map(({ what, name, at }) => [what, name, at])).toEqual([
    ['present', 'web', AT],
    ['gone', 'lost', AT],
  ]);
  expect(kinds).toEqual([{ group: '', resource: 'pods' }]);
});

test('the lists that an API server itself gives are read too', () => {
  const { kind: _, apiVersion: __, ...bare } = item('Pod', 'web');
  const { changes } = taken([{ apiVersion: 'v1', kind: 'PodList', items: [bare] }]);
  expect(changes).toMatchObject([{ what: 'present', resource: 'pods', name: 'web' }]);
});

describe('which kinds were listed', () => {
  const definition = item(
    'CustomResourceDefinition',
    'tiers.crd.projectcalico.org',
    {},
    'apiextensions.k8s.io/v1',
  );
  const names = (...of: Parameters<typeof taken>) => taken(...of).kinds.map(({ resource }) => resource);

  test('those of which something is there, and those that are named', () => {
    expect(names([listOf(item('Pod', 'web'))], [], ['networkpolicies.networking.k8s.io'])).toEqual([
      'pods',
      'networkpolicies',
    ]);
  });

  test('those that no definition lets be, where definitions were listed', () => {
    const found = names([listOf(definition)]);
    expect(found).toContain('ciliumnetworkpolicies');
    expect(found).not.toContain('tiers');
    expect(found).not.toContain('services');
  });
});

test.each<[string, readonly unknown[], Version[], RegExp]>([
  ['no list', [{ kind: 'Pod' }], [], /no list of objects/],
  ['an object without a uid', [listOf(item('Pod', 'web', { uid: undefined }))], [], /pods web has no uid/],
  [
    'later than it is said to be',
    [listOf(item('Pod', 'web', { creationTimestamp: '2026-03-01T12:00:01Z' }))],
    [],
    /written after 2026-03-01T12:00:00/,
  ],
  [
    'written to later',
    [listOf(item('Pod', 'web', { managedFields: [{ time: '2026-03-02T00:00:00Z' }] }))],
    [],
    /written after/,
  ],
  [
    'of another cluster',
    [listOf(item('Namespace', 'kube-system', { namespace: undefined }))],
    [version('kube-system', { resource: 'namespaces', namespace: '', uid: 'other' })],
    /of another cluster: its namespace kube-system/,
  ],
  [
    'of another time',
    [listOf(item('Pod', 'web'))],
    [version('web', { uid: 'other' })],
    /other objects \(by uid\) of the names pods shop\/web/,
  ],
  [
    'without what the log shows before and after',
    [listOf(item('Pod', 'web'))],
    [version('db', { validTo: AT + 5 }), version('db', { validFrom: AT + 5 })],
    /lacks pods shop\/db, which the log shows before and after/,
  ],
])('a baseline that is %s is refused in words', (_, texts, versions, words) => {
  expect(() => taken(texts, versions)).toThrow(words);
});

const nameless = (more: Partial<Version> = {}): Version =>
  version('', {
    uid: '',
    doubt: {
      reason: 'r',
      may: 'be-anything',
      message: 'm',
      since: EARLIER,
      answeredAt: EARLIER + 9,
      source: '',
    },
    ...more,
  });

test.each<[why: string, known: Version[], isRefused: boolean]>([
  ['nothing is missing', [version('web', { uid: 'other' })], true],
  ['one of the kind may have come', [version('web', { uid: 'other' }), nameless()], false],
  [
    'one of another kind may have come',
    [version('web', { uid: 'other' }), nameless({ resource: 'services' })],
    true,
  ],
  [
    'the store was restored',
    [version('web', { uid: 'other' }), nameless({ resource: '', namespace: '' })],
    false,
  ],
  [
    'it was seen after the store was restored',
    [version('web', { uid: 'other', validFrom: EARLIER + 9 }), nameless({ resource: '', namespace: '' })],
    true,
  ],
])('another object of the name than the log has: %s', (_, known, isRefused) => {
  const take = () => taken([listOf(item('Pod', 'web'))], known);
  if (isRefused) expect(take).toThrow(/other objects/);
  else expect(take().changes).toMatchObject([{ what: 'present', uid: 'uid-web' }]);
});

test('what a gap of the log may hide is no contradiction, and another cluster is one all the same', () => {
  const options = { source: 'b', at: AT, isOpen: () => true };
  const other = [version('web', { uid: 'other' })];
  expect(() => baselineOf([listOf(item('Pod', 'web'))], { ...options, versions: other })).not.toThrow();
  const first = item('Namespace', 'kube-system', { namespace: undefined });
  const versions = [version('kube-system', { resource: 'namespaces', namespace: '', uid: 'other' })];
  expect(() => baselineOf([listOf(first)], { ...options, versions })).toThrow(/of another cluster/);
});

test('what nobody saw, and may have come, did not if it is not listed', () => {
  const { changes } = taken([listOf(item('Pod', 'web'))], [{ ...nameless(), name: 'maybe' }]);
  expect(changes.map(({ what, name, uid }) => [what, name, uid])).toEqual([
    ['present', 'web', 'uid-web'],
    ['gone', 'maybe', undefined],
  ]);
});
