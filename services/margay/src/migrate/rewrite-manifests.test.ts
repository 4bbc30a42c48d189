import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import { rewriteManifests } from './rewrite-manifests.ts';

const GROUP = 'margay.io';
const SAMPLES = new URL('../../../../test/kubernetes/samples/', import.meta.url);
const rewritten = (text: string) => rewriteManifests(text, GROUP);

test.each(readdirSync(SAMPLES))('the documented sample %s changes by its group alone', (name) => {
  const text = readFileSync(new URL(name, SAMPLES), 'utf8');
  const objects = (from: string) => parseAllDocuments(from).map((one) => one.toJS() as unknown);
  const { text: moved, changed } = rewritten(text);
  expect(changed.length).toBeGreaterThan(0);
  // Every mention of the group in the samples is one of ours.
  expect(objects(moved)).toEqual(objects(text.replaceAll('projectcalico.org', GROUP)));
  expect(rewritten(moved)).toEqual({ text: moved, changed: [] });
});

const role = (rules: string, version = 'v1') =>
  `apiVersion: rbac.authorization.k8s.io/${version}\nkind: ClusterRole\nmetadata:\n  name: r\nrules:\n${rules}`;
const rulesOf = (text: string) =>
  (parseAllDocuments(text)[0]!.toJS() as { rules: { apiGroups: string[]; resources: string[] }[] }).rules.map(
    ({ apiGroups, resources }) => `${apiGroups.join()}: ${resources.join()}`,
  );

test.each([
  [
    'one about reports',
    'apiGroups: [projectcalico.org], resources: [globalreports/status]',
    [`${GROUP}: globalreports/status`],
  ],
  [
    'one about reports and tiers',
    'apiGroups: [projectcalico.org], resources: [tiers, globalreports]',
    ['projectcalico.org: tiers', `${GROUP}: globalreports`],
  ],
  [
    'one about everything in the group',
    "apiGroups: [projectcalico.org], resources: ['*']",
    [
      'projectcalico.org: *',
      `${GROUP}: globalreports,globalreports/status,globalreporttypes,globalreporttypes/status`,
    ],
  ],
  [
    'one about two groups',
    'apiGroups: [apps, projectcalico.org], resources: [deployments, globalreports]',
    ['apps,projectcalico.org: deployments,globalreports', `${GROUP}: globalreports`],
  ],
])('a rule: %s', (_, rule, expected) => {
  const { text } = rewritten(role(`  - { ${rule}, verbs: [get], resourceNames: [a] }\n`));
  expect(rulesOf(text)).toEqual(expected);
  expect(text.match(/resourceNames/g)).toHaveLength(expected.length);
  expect(rewritten(text).changed).toEqual([]);
});

test.each([
  ['rules of Calico', role('  - { apiGroups: [projectcalico.org], resources: [tiers], verbs: [get] }\n')],
  ['rules of every group', role("  - { apiGroups: ['*'], resources: [globalreports], verbs: [get] }\n")],
  [
    'policies of Calico',
    'apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: { name: a }\n',
  ],
  ['reports in another group', 'apiVersion: other.org/v3\nkind: GlobalReport\nmetadata: { name: a }\n'],
  ['nothing', '# only a comment\n'],
])('%s stay as they are, to the letter', (_, text) => expect(rewritten(text)).toEqual({ text, changed: [] }));

test('roles and bindings of v1beta1 become v1', () => {
  const binding =
    'apiVersion: rbac.authorization.k8s.io/v1beta1\nkind: ClusterRoleBinding\nmetadata: { name: b }\n';
  expect(rewritten(binding)).toEqual({
    text: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: b }\n',
    changed: ['ClusterRoleBinding b'],
  });
});

test('comments and quotes stay', () => {
  const text =
    "# Every day.\napiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata:\n  name: daily # ours\nspec:\n  schedule: '0 0 * * *'\n";
  expect(rewritten(text).text).toBe(text.replace('projectcalico.org', GROUP));
});

test('what kubectl printed can be applied', () => {
  const printed = JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReportList',
    metadata: { resourceVersion: '9' },
    items: [
      {
        apiVersion: 'projectcalico.org/v3',
        kind: 'GlobalReport',
        metadata: { name: 'daily', uid: 'u', resourceVersion: '7', generation: 2, labels: { a: 'b' } },
        spec: { reportType: 'inventory' },
        status: { observedGeneration: 2 },
      },
    ],
  });
  expect(JSON.parse(rewritten(printed).text)).toEqual({
    apiVersion: 'margay.io/v3',
    kind: 'GlobalReportList',
    metadata: {},
    items: [
      {
        apiVersion: 'margay.io/v3',
        kind: 'GlobalReport',
        metadata: { name: 'daily', labels: { a: 'b' } },
        spec: { reportType: 'inventory' },
      },
    ],
  });
});

test('what is no YAML is refused, with the line', () => {
  expect(() => rewritten('a: [b\nc: d\n')).toThrow(/line/);
});
