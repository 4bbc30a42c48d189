import { readdirSync } from 'node:fs';
import { customResourceDefinitions, installReportTypes, predefinedReportTypes } from '@margay/kubernetes';
import { parseSelector } from '@margay/policy';
import { scheduleProblem } from '@margay/reports';
import { beforeAll, expect, test } from 'vitest';
import { admin, apply, applyDefinitions, complaintOf, CRDS, kubectl, SAMPLES } from './cluster.ts';

beforeAll(applyDefinitions);

const report = (spec: object): string =>
  JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalReport',
    metadata: { name: 'tried' },
    spec,
  });

const refusal = (spec: object): string => complaintOf(['apply', '--dry-run=server', '-f', '-'], report(spec));

test('definitions and the documented samples apply, and apply again without a change', () => {
  kubectl(['apply', '-f', SAMPLES]);
  const again = kubectl(['apply', '-f', CRDS, '-f', SAMPLES]).trim().split('\n');
  expect(again.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  expect(readdirSync(SAMPLES)).toHaveLength(6);
});

test('kubectl finds reports by every documented name and shows what counts', () => {
  kubectl(['apply', '-f', SAMPLES]);
  for (const name of [
    'globalreports.projectcalico.org',
    'globalreport.projectcalico.org',
    'globalreport.p',
    'gr',
  ]) {
    expect(kubectl(['get', name, '-o', 'name'])).toContain(
      'globalreport.projectcalico.org/weekly-full-inventory',
    );
  }
  const [head, row] = kubectl(['get', 'gr', 'weekly-full-inventory']).split('\n');
  expect(head?.split(/\s{2,}/).map((column) => column.trim())).toEqual([
    'NAME',
    'TYPE',
    'SCHEDULE',
    'SUSPENDED',
    'READY',
    'REASON',
    'LAST RUN',
    'NEXT RUN',
    'LAST RESULT',
    'AGE',
  ]);
  expect(row).toMatch(/^weekly-full-inventory +inventory +0 0 \* \* 0 /);
  expect(kubectl(['explain', 'globalreports.spec.schedule'])).toContain('UTC');
});

test('the predefined types are installed as objects, and again', async () => {
  const client = admin();
  await installReportTypes(client);
  const names = () => kubectl(['get', 'globalreporttypes', '-o', 'name']).trim().split('\n');
  expect(names()).toEqual(
    predefinedReportTypes().map(({ metadata }) => `globalreporttype.projectcalico.org/${metadata.name}`),
  );
  const version = () => kubectl(['get', 'grt', 'inventory', '-o', 'jsonpath={.metadata.resourceVersion}']);
  const before = version();
  await installReportTypes(client);
  expect(version()).toBe(before);
});

test.each([
  '0 0 * * *',
  '0 * * * *',
  '0,30 * * * *',
  '*/30 * * * *',
  '*/45 0 * * *',
  '5/30 * * * *',
  '58-59 * * * *',
  '7-7 1 1 1 1',
  '0-59/30 * * * *',
  '0-10/10 * * * *',
  '05 00 01 01 *',
  '0 0 * * MON-FRI',
  '0 9-17/2 1,15 JAN *',
  '  0   0 1 * * ',
  '@daily',
  '0 0 L * *',
  '* * * * *',
  '*/20 * * * *',
  '*/29 * * * *',
  '0,20,40 * * * *',
  '0-2 * * * *',
  '0-59 * * * *',
  '10/20 * * * *',
  '0-20/5 * * * *',
  '',
  ' ',
  '0 0 * *',
  '0 0 * * * *',
  'hourly',
  '60 * * * *',
  '*/0 * * * *',
  '0;0 * * * *',
  'every day at noon',
])('the schedule %j is admitted exactly where the scheduler takes it', (schedule) => {
  const wrong = scheduleProblem(schedule);
  const said = refusal({ reportType: 'inventory', schedule });
  expect({ schedule, refused: said !== '' }).toEqual({ schedule, refused: wrong !== undefined });
  if (wrong?.includes('at most')) expect(said).toContain('too often');
});

test.each([
  ['hours are left to the scheduler', '0 24 * * *'],
  ['so are days that no month has', '0 0 31 2 *'],
])('%s, which says so in a condition', (_, schedule) => {
  expect(refusal({ reportType: 'inventory', schedule })).toBe('');
  expect(scheduleProblem(schedule)).toBeDefined();
});

const GOOD = [
  '',
  '  ',
  'all()',
  'global()',
  'all( )',
  "deployment == 'production'",
  'a != "b"',
  'has(app) && !has( test )',
  '!(a == "x" || b in {"y", \'z\'})',
  "name contains 'a(b'",
  "a starts with 'x'",
  "a ends  with 'x'",
  "a not in {'x'}",
  'a in {}',
  'a in { "x" , }',
  '!!has(a)',
  '((has(a)))',
  "projectcalico.org/name == 'x'",
  "a == ''",
  'a == "it\'s"',
  "has == 'x'",
  "in in {'in'}",
  "a=='b'&&c!='d'",
  "a starts with'x'",
  "\ta == 'x'\t",
];
const BAD = [
  "a = 'b'",
  'a == b',
  "a == 'b",
  "a == 'b' &&",
  "&& a == 'b'",
  "a == 'b' & c == 'd'",
  "a == 'b' c == 'd'",
  "(a == 'b'",
  "a == 'b')",
  'has()',
  'has(a',
  'a',
  'a in "b"',
  "a in {'b' 'c'}",
  "a == 'b' and c == 'd'",
  'all',
  "a like 'b'",
  "a == 'b'\n&& c == 'd'",
  'ä == "b"',
  '((has(a)) || b == "("',
];

const parses = (selector: string): boolean => {
  try {
    parseSelector(selector);
    return true;
  } catch {
    return false;
  }
};

test.each([
  ...GOOD.map((selector) => [selector, true] as const),
  ...BAD.map((selector) => [selector, false] as const),
])('the selector %j is admitted: %s', (selector, good) => {
  expect(parses(selector)).toBe(good);
  expect(refusal({ reportType: 'inventory', endpoints: { selector } }) === '').toBe(good);
});

test.each([
  ['no type', { schedule: '0 0 * * *' }, 'spec.reportType: Required'],
  ['a name that no type can have', { reportType: 'In Ventory' }, 'not the name of a report type'],
  [
    'a selector of namespaces',
    { reportType: 'inventory', endpoints: { namespaces: { selector: 'x' } } },
    'not a selector',
  ],
  [
    'a selector of service accounts',
    { reportType: 'inventory', endpoints: { serviceAccounts: { selector: 'x' } } },
    'not a selector',
  ],
  [
    'a field that is not documented',
    { reportType: 'inventory', endpoint: {} },
    'unknown field "spec.endpoint"',
  ],
  [
    'a list of names as text',
    { reportType: 'inventory', endpoints: { namespaces: { names: 'shop' } } },
    'must be of type array',
  ],
  ['clusters without a selector', { reportType: 'inventory', clusters: {} }, 'spec.clusters.selector'],
  [
    'a selector of clusters that is none',
    { reportType: 'inventory', clusters: { selector: 'env = prod' } },
    'not a selector',
  ],
  [
    'a LabelSelector of clusters',
    { reportType: 'inventory', clusters: { selector: { matchLabels: { env: 'prod' } } } },
    'unknown field "spec.clusters.selector.matchLabels"',
  ],
  [
    'clusters and nodes',
    { reportType: 'inventory', clusters: { selector: 'all()' }, jobNodeSelector: { a: 'b' } },
    'jobNodeSelector chooses nodes of one cluster',
  ],
  [
    'clusters and no schedule',
    { reportType: 'inventory', clusters: { selector: 'all()' } },
    'runs over many clusters are begun by a schedule alone',
  ],
  [
    'thresholds beyond per cent',
    { reportType: 'cis-benchmark', cis: { highThreshold: 101 } },
    'less than or equal to 100',
  ],
])('a report with %s is refused at admission', (_, spec, said) => expect(refusal(spec)).toContain(said));

test('a report of a type of one’s own, and one for benchmarks, are admitted', () => {
  expect(refusal({ reportType: 'my.own-type' })).toBe('');
  expect(
    refusal({ reportType: 'inventory', schedule: '0 * * * *', clusters: { selector: "env == 'prod'" } }),
  ).toBe('');
  expect(
    refusal({
      reportType: 'cis-benchmark',
      cis: { highThreshold: 100, resultsFilters: [{ exclude: ['1.1'] }] },
    }),
  ).toBe('');
});

test('the same kinds can be served in another group beside it', () => {
  const definitions = customResourceDefinitions('reports.example.org');
  apply(...definitions);
  const names = definitions.map(({ metadata }) => `crd/${metadata.name}`);
  kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
  const manifest = report({ reportType: 'inventory' }).replace('projectcalico.org', 'reports.example.org');
  expect(complaintOf(['apply', '--dry-run=server', '-f', '-'], manifest)).toBe('');
  // An API server may take minutes for it where it was still making room for their objects.
  kubectl(['delete', '--wait=false', ...names]);
});
