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
  [
    'one about the status of everything in the group',
    "apiGroups: [projectcalico.org], resources: ['*/status']",
    ['projectcalico.org: */status', `${GROUP}: globalreports/status,globalreporttypes/status`],
  ],
  [
    'one about the status of everything, and reports',
    "apiGroups: [projectcalico.org], resources: ['*/status', globalreports]",
    ['projectcalico.org: */status', `${GROUP}: globalreports/status,globalreporttypes/status,globalreports`],
  ],
  [
    'one about both groups',
    `apiGroups: [${GROUP}, projectcalico.org], resources: [globalreports]`,
    [`${GROUP}: globalreports`],
  ],
  [
    'one that names the group twice',
    'apiGroups: [projectcalico.org, projectcalico.org], resources: [globalreports]',
    [`${GROUP}: globalreports`],
  ],
  [
    'one that names the group twice, about reports and tiers',
    'apiGroups: [projectcalico.org, projectcalico.org], resources: [tiers, globalreports]',
    ['projectcalico.org,projectcalico.org: tiers', `${GROUP}: globalreports`],
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
  ['rules of the scale of Calico', role("  - { apiGroups: [projectcalico.org], resources: ['*/scale'] }\n")],
  [
    'rules of every group and ours',
    role("  - { apiGroups: ['*', projectcalico.org], resources: [globalreports, tiers] }\n"),
  ],
  [
    'rules of both groups about everything',
    role(`  - { apiGroups: [projectcalico.org, ${GROUP}], resources: ['*'], verbs: [get] }\n`),
  ],
  ['rules that are none', role('  - { apiGroups: [projectcalico.org], resources: globalreports }\n')],
  ['anchors of others', 'kind: A\nx: &a [1]   # one\ny: *a\n'],
  ['an object of no version', 'apiVersion: projectcalico.org/v3/x\nkind: GlobalReport\n'],
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

test.each([
  [
    'no YAML, with templates',
    'metadata:\n  {{- if .Values.a }}\n  name: a\n  {{- end }}\n',
    /template.*\(line 2\).*helm template/,
  ],
  [
    'YAML, but for its values',
    'apiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata:\n  name: {{ .Values.name }}\n',
    /template.*\(line 4\)/,
  ],
  ['longer than any manifest', `# ${'x'.repeat(5_000_000)}`, /characters, and more than \d+ are not read/],
  ['deeper than any manifest', `a: ${'['.repeat(100_000)}`, /^it is nested more deeply than any manifest$/],
  ['deeper than any manifest', `{"a":`.repeat(5_000), /^it is nested more deeply than any manifest$/],
  [
    'more values than any manifest',
    `a: &a [${'1,'.repeat(1000)}]\nb: &b [${'*a,'.repeat(900)}]\n`,
    /aliases stand for more than/,
  ],
])('what is %s is refused in our words', (_, text, says) => expect(() => rewritten(text)).toThrow(says));

test('templates of reports, and of a text in quotes, are no templates of manifests', () => {
  const text = `apiVersion: projectcalico.org/v3\nkind: GlobalReportType\nmetadata: { name: "{{ a }}" }\nspec:\n  summary: |\n    {{ range .Endpoints }}\n`;
  expect(rewritten(text).text).toBe(text.replace('projectcalico.org', GROUP));
});

test('items of a list that do not say what they are get that from the list', () => {
  const printed = (group: string, what: object) => ({
    kind: 'GlobalReportList',
    apiVersion: `${group}/v3`,
    metadata: {},
    items: [{ ...what, metadata: { name: 'daily' }, spec: { reportType: 'inventory' } }],
  });
  const { text, changed } = rewritten(JSON.stringify(printed('projectcalico.org', {})));
  expect(JSON.parse(text)).toEqual(printed(GROUP, { apiVersion: `${GROUP}/v3`, kind: 'GlobalReport' }));
  expect(changed).toEqual(['GlobalReport daily']);
  const list = `kind: ClusterRoleList\napiVersion: rbac.authorization.k8s.io/v1\nitems:\n- metadata: { name: r }\n  rules:\n  - { apiGroups: [projectcalico.org], resources: [globalreports] }\n`;
  expect(rewritten(list)).toEqual({
    text: list.replace('projectcalico.org', GROUP),
    changed: ['ClusterRole r'],
  });
});

test.each([
  [
    'the version is said once, and a label is the same',
    'apiVersion: &v projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: a, labels: { v: *v } }\n',
    { metadata: { name: 'a', labels: { v: 'projectcalico.org/v3' } } },
  ],
  [
    'the version is what an annotation says',
    'metadata: { name: a, annotations: { v: &v projectcalico.org/v3 } }\napiVersion: *v\nkind: GlobalReport\n',
    { metadata: { name: 'a', annotations: { v: 'projectcalico.org/v3' } } },
  ],
  [
    'the version is taken from a part',
    'x: &x { apiVersion: projectcalico.org/v3, spec: 1 }\n<<: *x\nkind: GlobalReport\nmetadata: { name: a }\nspec: 2\n',
    { x: { apiVersion: 'projectcalico.org/v3', spec: 1 }, metadata: { name: 'a' }, spec: 2 },
  ],
])('where %s, only what was meant changes', (_, text, more) => {
  const { text: moved, changed } = rewritten(`# first\na: &a 1\nb: *a\n---\n${text}`);
  const [first, second] = parseAllDocuments(moved).map((one) => one.toJS() as unknown);
  expect(first).toEqual({ a: 1, b: 1 });
  expect(moved).toContain('# first\na: &a 1\nb: *a\n');
  expect(second).toEqual({ apiVersion: `${GROUP}/v3`, kind: 'GlobalReport', ...more });
  expect(changed).toEqual(['GlobalReport a']);
  expect(rewritten(moved)).toEqual({ text: moved, changed: [] });
});

test('a group that two rules say once is each rule’s own', () => {
  const { text } = rewritten(
    role(
      '  - { apiGroups: &g [projectcalico.org], resources: [globalreports] }\n  - { apiGroups: *g, resources: [tiers] }\n',
    ),
  );
  expect(rulesOf(text)).toEqual([`${GROUP}: globalreports`, 'projectcalico.org: tiers']);
});

test('a version that is written over lines, and a mark of the order of bytes, are read', () => {
  const folded = 'apiVersion: >-\n  projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: a }\n';
  expect(parseAllDocuments(rewritten(folded).text)[0]!.toJS()).toMatchObject({
    apiVersion: `${GROUP}/v3`,
    kind: 'GlobalReport',
  });
  const marked = '\ufeffapiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: a }\n';
  expect(rewritten(marked).text).toBe(marked.replace('projectcalico.org', GROUP));
});
