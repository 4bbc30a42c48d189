import { expect, test } from 'vitest';
import { DISTRIBUTED, EMBEDDED, renderedObjects, type ChartValues } from './chart-rendering.ts';

test('no two releases have an object outside their namespaces of one name, however they are called', () => {
  const namespaces = ['a', 'a-b', 'margay', 'a-margay', 'margay-api'];
  const releases = ['margay', 'b-margay', 'a-margay', 'margay-api'];
  const rbac = { aggregate: true, reportNames: ['daily'] };
  const crds = { enabled: false };
  const owners = new Map<string, Set<string>>();
  for (const namespace of namespaces)
    for (const release of releases)
      for (const values of [EMBEDDED, DISTRIBUTED])
        for (const { kind, metadata } of renderedObjects({ ...values, rbac, crds }, release, namespace)) {
          if (metadata.namespace === namespace) continue;
          const object = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
          owners.set(object, (owners.get(object) ?? new Set()).add(`${namespace}/${release}`));
        }
  expect(owners.size).toBeGreaterThan(100);
  expect([...owners].filter(([, each]) => each.size > 1).map(([object]) => object)).toEqual([]);
});

test('roles that people are bound to keep their names where a release is called as its namespace', () => {
  const names = renderedObjects(EMBEDDED, 'margay', 'margay').map(({ metadata }) => metadata.name);
  expect(names).toEqual(expect.arrayContaining(['margay-manage-reports', 'margay-export-reports']));
});

test('there is an account of the notifier where there is one', () => {
  const accounts = (values: ChartValues) =>
    renderedObjects(values)
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => metadata.name);
  expect(accounts(DISTRIBUTED)).not.toContain('margay-notifier');
  expect(accounts({ ...DISTRIBUTED, notifier: { url: 'https://hooks.example.com' } })).toContain(
    'margay-notifier',
  );
});
