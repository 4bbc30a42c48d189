import { expect, test } from 'vitest';
import { NetworkState, type Scope, SelectorError } from '../index.ts';
import { hostEndpoint, namespace, pod, serviceAccount } from '../testing/cluster.ts';

const OBJECTS = [
  namespace('n', { env: 'x' }),
  namespace('m', { env: 'y' }),
  serviceAccount('n/web', { r: '1' }),
  pod('n/a', { app: 'a' }, 'web'),
  pod('n/b', { app: 'b' }),
  pod('m/c', { app: 'a' }, 'web'),
  hostEndpoint('h', { app: 'a' }),
];

function inScope(scope: Scope): string {
  const state = new NetworkState({ scope });
  for (const object of OBJECTS) state.upsert(object);
  return [...state.endpoints()]
    .filter((view) => view.inScope)
    .map(({ key }) => key.name)
    .sort()
    .join('');
}

test.each<[Scope, string, string]>([
  [{}, 'abch', 'everything'],
  [{ selector: '', namespaces: {}, serviceAccounts: { names: [] } }, 'abch', 'empty parts demand nothing'],
  [{ selector: "app == 'a'" }, 'ach', ''],
  [{ selector: "pcns.env == 'x'" }, 'ab', 'endpoint labels, inherited ones too'],
  [{ namespaces: { names: ['n'] } }, 'ab', ''],
  [{ namespaces: { names: ['n', 'm'] } }, 'abc', 'no host endpoints'],
  [{ namespaces: { selector: "env == 'y'" } }, 'c', ''],
  [{ namespaces: { selector: "env != 'y'" } }, 'ab', 'no host endpoints, though a policy would select them'],
  [{ namespaces: { selector: '!has(env)' } }, '', ''],
  [{ namespaces: { selector: "projectcalico.org/name == 'n'" } }, 'ab', ''],
  [{ namespaces: { names: ['n'], selector: "env == 'y'" } }, '', 'both must hold'],
  [{ serviceAccounts: { names: ['web'] } }, 'ac', 'by name, whether or not it has an object'],
  [{ serviceAccounts: { selector: "r == '1'" } }, 'a', ''],
  [{ serviceAccounts: { selector: '!has(r)' } }, 'bc', 'no host endpoints'],
  [{ selector: "app == 'a'", namespaces: { names: ['n'] }, serviceAccounts: { names: ['web'] } }, 'a', ''],
])('%j: %s %s', (scope, expected) => expect(inScope(scope)).toBe(expected));

test.each<[Scope, string]>([
  [{ selector: 'app =' }, 'spec.endpoints.selector'],
  [{ namespaces: { selector: '!' } }, 'spec.endpoints.namespaces.selector'],
  [{ serviceAccounts: { selector: '(' } }, 'spec.endpoints.serviceAccounts.selector'],
])('%j cannot be read: the field is named', (scope, field) => {
  expect(() => new NetworkState({ scope })).toThrow(SelectorError);
  expect(() => new NetworkState({ scope })).toThrow(field);
});

test('an endpoint comes into scope with a label of its namespace, and is told of', () => {
  const state = new NetworkState({ scope: { namespaces: { selector: "env == 'z'" } } });
  for (const object of OBJECTS) state.upsert(object);
  state.flush();
  state.upsert(namespace('m', { env: 'z' }));
  expect([...state.flush()]).toEqual(['pods/m/c']);
  expect(state.endpoint('pods/m/c')?.inScope).toBe(true);
  state.remove({ group: '', resource: 'namespaces', namespace: '', name: 'm' });
  expect([...state.flush()]).toEqual(['pods/m/c']);
  expect(state.endpoint('pods/m/c')?.inScope).toBe(false);
});
