import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatExplanation, NetworkState, parseSelector } from '../index.ts';
import { anyObject, selectorText } from '../testing/arbitrary.ts';
import {
  globalPolicy,
  kubernetesPolicy,
  namespace,
  networkPolicy,
  networkSet,
  pod,
  serviceAccount,
  staged,
  tier,
} from '../testing/cluster.ts';
import { whyMatches } from './why-matches.ts';

const state = new NetworkState();
for (const object of [
  namespace('shop', { env: 'prod' }),
  serviceAccount('shop/web', { role: 'front' }),
  pod('shop/web-1', { app: 'web' }, 'web'),
  tier('security', 100),
  networkSet('outside', { zone: 'out' }, ['8.8.8.8']),
  globalPolicy('security.pci', {
    tier: 'security',
    order: 10,
    selector: "app == 'web' || has(x)",
    namespaceSelector: "env in {'prod'} && !has(test)",
    types: ['Ingress', 'Egress'],
    egress: [{ action: 'Allow', destination: { selector: "zone == 'out'" } }],
  }),
  kubernetesPolicy('shop/web', {
    podSelector: {},
    ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
  }),
  staged(networkPolicy('shop/later', { serviceAccountSelector: "role == 'front'" })),
]) {
  state.upsert(object);
}

test('says which policies apply, why, and what makes each flag true', () => {
  const explanation = state.explain('pods/shop/web-1');
  expect(explanation).toMatchObject({ name: 'Pod.v1(shop/web-1)', serviceAccount: 'web', inScope: true });
  expect(explanation?.applied.map(({ name }) => name)).toEqual([
    'GlobalNetworkPolicy(security.pci)',
    'NetworkPolicy.networking.k8s.io/v1(shop/web)',
  ]);
  expect(explanation?.applied[0]?.because).toEqual([
    { test: 'app == "web"', holds: true, label: 'app', value: 'web', from: { kind: 'own' } },
    {
      test: 'pcns.env in {"prod"}',
      holds: true,
      label: 'pcns.env',
      value: 'prod',
      from: { kind: 'namespace', name: 'shop' },
    },
    { test: 'has(pcns.test)', holds: false, label: 'pcns.test', value: undefined, from: undefined },
  ]);
  expect(explanation?.notEnforced).toMatchObject([
    { name: 'StagedNetworkPolicy(shop/default.later)', notEnforced: 'staged' },
  ]);
  expect(explanation?.flags.find(({ flag }) => flag === 'egressToInternet')?.causes).toEqual([
    {
      policy: 'GlobalNetworkPolicy(security.pci)',
      rule: 'spec.egress[0]',
      reason: {
        kind: 'network-set',
        set: { group: 'projectcalico.org', resource: 'globalnetworksets', namespace: '', name: 'outside' },
        holds: '8.8.8.8',
      },
    },
  ]);
});

test('reads well', () => {
  const explanation = state.explain('pods/shop/web-1');
  expect(explanation && formatExplanation(explanation)).toMatchInlineSnapshot(`
    "Pod.v1(shop/web-1)
      in scope, service account web

    Labels that selectors see
      app = "web"                               its own label
      pcns.env = "prod"                         from namespace shop
      pcns.projectcalico.org/name = "shop"      from namespace shop
      pcsa.projectcalico.org/name = "web"       from service account shop/web
      pcsa.role = "front"                       from service account shop/web
      projectcalico.org/namespace = "shop"      set by Calico
      projectcalico.org/orchestrator = "k8s"    set by Calico
      projectcalico.org/serviceaccount = "web"  set by Calico

    Policies that apply, in the order of evaluation
      1. GlobalNetworkPolicy(security.pci)
           tier security, order 10, governs ingress and egress
           selects  ((app == "web" || has(x)) && (pcns.env in {"prod"} && !has(pcns.test)))
           because  app == "web": app is "web", its own label
               and  pcns.env in {"prod"}: pcns.env is "prod", from namespace shop
               and  not has(pcns.test): there is no label pcns.test
      2. NetworkPolicy.networking.k8s.io/v1(shop/web)
           tier default, order 1000, governs ingress
           selects  (projectcalico.org/orchestrator == "k8s" && projectcalico.org/namespace == "shop")
           because  projectcalico.org/orchestrator == "k8s": projectcalico.org/orchestrator is "k8s", set by Calico
               and  projectcalico.org/namespace == "shop": projectcalico.org/namespace is "shop", set by Calico

    Policies that select it and are not enforced on it
      - StagedNetworkPolicy(shop/default.later)
           tier default, no order, governs ingress, staged
           selects  (projectcalico.org/namespace == "shop" && pcsa.role == "front")
           because  projectcalico.org/namespace == "shop": projectcalico.org/namespace is "shop", set by Calico
               and  pcsa.role == "front": pcsa.role is "front", from service account shop/web

    What follows from them
      ingress protected              yes
          GlobalNetworkPolicy(security.pci)
          NetworkPolicy.networking.k8s.io/v1(shop/web)
      egress protected               yes
          GlobalNetworkPolicy(security.pci)
      ingress from the internet      yes
          NetworkPolicy.networking.k8s.io/v1(shop/web) spec.ingress[0].from[0]: allows 0.0.0.0/0, which is not wholly private
      egress to the internet         yes
          GlobalNetworkPolicy(security.pci) spec.egress[0]: its selector matches GlobalNetworkSet(outside), which holds 8.8.8.8
      ingress from other namespaces  no
      egress to other namespaces     yes
          GlobalNetworkPolicy(security.pci) spec.egress[0]: a rule of a cluster-wide policy without networks
    "
  `);
});

test('there is nothing to explain about what is no endpoint', () => {
  expect(state.explain('pods/shop/none')).toBeUndefined();
});

test('a flag is true exactly where it has causes, for any cluster', () => {
  fc.assert(
    fc.property(fc.array(anyObject, { maxLength: 20 }), (objects) => {
      const any = new NetworkState();
      for (const object of objects) any.upsert(object);
      for (const { key, flags } of any.endpoints()) {
        const text =
          key.resource === 'pods'
            ? `pods/${key.namespace}/${key.name}`
            : `hostendpoints.projectcalico.org//${key.name}`;
        const explanation = any.explain(text);
        for (const { flag, holds, causes } of explanation?.flags ?? []) {
          expect(holds).toBe(flags[flag]);
          expect(causes.length > 0).toBe(holds);
        }
        expect(explanation && formatExplanation(explanation)).not.toContain('undefined');
      }
    }),
    { numRuns: 500 },
  );
});

test('the tests that decide agree with the selector, and alone decide the same', () => {
  const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'env'), fc.constantFrom('x', 'y', ''));
  fc.assert(
    fc.property(selectorText, labels, (text, record) => {
      const selector = parseSelector(text);
      const known = new Map(Object.entries(record));
      const { holds, tests } = whyMatches(selector.expression, known);
      expect(holds).toBe(selector.matches(known));
      for (const { test: one, holds: said } of tests) expect(parseSelector(one).matches(known)).toBe(said);
    }),
    { numRuns: 2_000 },
  );
});
