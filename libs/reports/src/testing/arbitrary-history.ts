import type { KubernetesObject } from '@margay/ground';
import type { Scope } from '@margay/policy';
import fc from 'fast-check';
import { type Fact, uidOf } from './history.ts';
import * as make from './objects.ts';

/** Small pools, so that things meet. */
const spaces = fc.constantFrom('n1', 'n2');
const names = fc.constantFrom('a', 'b', 'c');
const inSpace = fc.tuple(spaces, names).map((parts) => parts.join('/'));
const values = fc.constantFrom('x', 'y');
const labels = fc.dictionary(fc.constantFrom('app', 'env'), values, { maxKeys: 2 });
const addresses = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3');
const selector = fc.constantFrom(
  "app == 'x'",
  "app == 'y'",
  "app in {'x', 'y'}",
  'has(env)',
  '!has(env)',
  "env != 'x'",
  'all()',
  "app == 'x' || env == 'y'",
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const pods = fc
  .tuple(
    inSpace,
    labels,
    fc.record({
      serviceAccount: names,
      ip: addresses,
      generateName: fc.constantFrom('', 'g-'),
      sidecar: fc.constantFrom(true, true, false),
      phase: fc.constantFrom(...Array<string>(9).fill('Running'), 'Succeeded'),
      hostNetwork: fc.constantFrom(...Array<boolean>(9).fill(false), true),
    }),
  )
  .map((parts) => make.pod(...parts));

const nets = fc.subarray(['10.0.0.0/8', '8.8.8.0/24'], { minLength: 1 });
const side = fc.oneof(
  fc.constant({}),
  fc.record({ nets }),
  fc.record(
    {
      selector,
      namespaceSelector: fc.oneof(selector, fc.constant('global()')),
      nets,
      services: fc.record({ name: names, namespace: spaces }),
    },
    { requiredKeys: [] },
  ),
);
const rules = fc.array(
  fc.record({ action: fc.constantFrom('Allow', 'Allow', 'Deny'), source: side, destination: side }),
  { maxLength: 2 },
);
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
const calico = fc.record(
  {
    selector,
    namespaceSelector: rarely(selector),
    serviceAccountSelector: rarely(rarely(selector)),
    types: fc.subarray(['Ingress', 'Egress'], { minLength: 1 }),
    tier: fc.constantFrom('default', 'security'),
    ingress: rules,
    egress: rules,
  },
  { requiredKeys: ['types', 'namespaceSelector', 'serviceAccountSelector'] },
);
const podSelector = fc.record({ matchLabels: fc.dictionary(fc.constant('app'), values, { maxKeys: 1 }) });
const kubernetes = fc.record({
  podSelector,
  policyTypes: fc.subarray(['Ingress', 'Egress'], { minLength: 1 }),
  ingress: fc.array(
    fc.record({
      from: fc.array(
        fc.oneof(
          fc.record({ podSelector }),
          fc.record({ namespaceSelector: podSelector }),
          fc.record({ ipBlock: fc.record({ cidr: fc.constantFrom('10.0.0.0/8', '0.0.0.0/0') }) }),
        ),
        { maxLength: 1 },
      ),
    }),
    { maxLength: 1 },
  ),
});

const targetRef = fc
  .tuple(inSpace, maybe(fc.constantFrom(1, 2)), fc.constantFrom('Pod', 'Pod', 'Pod', 'Node'))
  .map(([path, nth, kind]) => {
    const [namespace, name] = path.split('/');
    return { kind, namespace, name, ...(nth && { uid: uidOf(make.pod(path), nth) }) };
  });
const sliceEndpoint = fc.record(
  {
    addresses: fc.array(addresses, { minLength: 1, maxLength: 1 }),
    targetRef,
    conditions: fc.constantFrom({ ready: true }, { ready: false }, {}),
  },
  { requiredKeys: ['addresses'] },
);
const address = fc.record({ ip: addresses, targetRef }, { requiredKeys: ['ip'] });

const namespaces = fc.tuple(spaces, labels).map((parts) => make.namespace(...parts));
const calicoPolicies = fc
  .tuple(fc.oneof(inSpace, names), calico, fc.constantFrom(false, false, true))
  .map((parts) => make.calicoPolicy(...parts));
const kubernetesPolicies = fc.tuple(inSpace, kubernetes).map((parts) => make.kubernetesPolicy(...parts));
const policies = fc.oneof(calicoPolicies, kubernetesPolicies);
const slices = fc
  .tuple(inSpace, names, fc.array(sliceEndpoint, { maxLength: 3 }))
  .map((parts) => make.slice(...parts));
const endpointsObjects = fc
  .tuple(inSpace, fc.array(address, { maxLength: 2 }))
  .map((parts) => make.endpoints(...parts));
const networkSets = fc
  .tuple(fc.oneof(inSpace, names), fc.subarray(['10.1.0.0/16', '8.8.8.8']), labels)
  .map((parts) => make.networkSet(...parts));

const objects: fc.Arbitrary<KubernetesObject> = fc.oneof(
  { weight: 8, arbitrary: pods },
  { weight: 1, arbitrary: fc.tuple(names, labels).map((parts) => make.hostEndpoint(...parts)) },
  { weight: 3, arbitrary: namespaces },
  { weight: 2, arbitrary: fc.tuple(inSpace, labels).map((parts) => make.serviceAccount(...parts)) },
  { weight: 3, arbitrary: fc.tuple(inSpace, maybe(labels)).map(([path, by]) => make.service(path, by)) },
  { weight: 4, arbitrary: slices },
  { weight: 2, arbitrary: endpointsObjects },
  { weight: 2, arbitrary: networkSets },
  { weight: 8, arbitrary: policies },
);

/** The window that generated histories are about: things happen before, at, in and after it. */
export const WINDOW = { start: 10, end: 20 };

const fact = (at: fc.Arbitrary<number>, object: fc.Arbitrary<KubernetesObject>): fc.Arbitrary<Fact> =>
  fc.record({
    at,
    object,
    what: fc.constantFrom('present' as const, 'present' as const, 'gone' as const, 'again' as const),
  });
const before = fc.nat(WINDOW.start);
const anyTime = fc.oneof(fc.nat(24), fc.constantFrom(9, 10, 11, 19, 20));
const many = { size: 'max' } as const;

/** What happened in a cluster: things are there, change, go and come again, many at one instant. */
export const facts: fc.Arbitrary<Fact[]> = fc
  .tuple(
    fc.array(fc.record({ at: before, object: fc.oneof(pods, namespaces, policies) }), {
      minLength: 8,
      maxLength: 16,
      ...many,
    }),
    fc.array(fact(anyTime, objects), { maxLength: 40, ...many }),
  )
  .map((parts) => parts.flat());

/** A scope: none, or one that leaves some endpoints out. */
export const scopes: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant({}),
  fc.record({ selector }),
  fc.record({ namespaces: fc.record({ selector }) }),
  fc.record({ namespaces: fc.record({ names: fc.constantFrom(['n1'], ['n1', 'n2']) }) }),
  fc.record(
    {
      selector,
      serviceAccounts: fc.record({ names: fc.subarray(['a', 'b']), selector }, { requiredKeys: [] }),
    },
    { requiredKeys: ['serviceAccounts'] },
  ),
);
