import { expect, test } from 'vitest';
import { readGlobalReport } from './index.ts';

const manifest = (spec: unknown, name: unknown = 'daily') => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalReport',
  metadata: { name, labels: { deployment: 'production' } },
  spec,
});

test('a whole manifest', () => {
  const spec = {
    reportType: 'network-access',
    endpoints: {
      selector: "app == 'web'",
      namespaces: { names: ['shop'], selector: 'has(env)' },
      serviceAccounts: { names: ['default'], selector: '!has(robot)' },
    },
    schedule: '0 0 * * *',
    jobNodeSelector: { 'kubernetes.io/os': 'linux' },
    suspend: true,
  };
  expect(readGlobalReport(manifest(spec))).toEqual({ report: { name: 'daily', spec } });
});

test.each([
  ['only a type', { reportType: 'inventory' }],
  ['an empty scope', { reportType: 'inventory', endpoints: {} }],
  [
    'empty conditions',
    { reportType: 'inventory', endpoints: { namespaces: {}, serviceAccounts: { names: [] } } },
  ],
  ['an empty selector', { reportType: 'inventory', endpoints: { selector: '' } }],
  [
    'a choice of clusters',
    { reportType: 'inventory', clusters: { selector: "env == 'prod'" }, schedule: '0 * * * *' },
  ],
])('%s is enough', (_, spec) => {
  expect(readGlobalReport(manifest(spec))).toEqual({ report: { name: 'daily', spec } });
});

test('nulls of YAML keys without value are as if not given', () => {
  expect(readGlobalReport(manifest({ reportType: 'inventory', endpoints: null }))).toEqual({
    report: { name: 'daily', spec: { reportType: 'inventory' } },
  });
});

const inventory = (more: object) => manifest({ reportType: 'inventory', ...more });
const over = (clusters: unknown, more: object = {}) =>
  inventory({ clusters, schedule: '0 0 * * *', ...more });

test.each<[manifest: unknown, problems: string[]]>([
  [undefined, ['manifest: is not an object.']],
  [
    { ...inventory({}), kind: 'GlobalReportType' },
    ['kind: is "GlobalReportType". Write kind: GlobalReport.'],
  ],
  [manifest({ reportType: 'inventory' }, 'Daily'), ['metadata.name: is "Daily". Use lower-case letters']],

  [{ kind: 'GlobalReport', spec: { reportType: 'inventory' } }, ['metadata.name: is not given.']],
  [manifest(undefined), ['spec: is not given. Give at least spec.reportType.']],
  [
    manifest({}),
    ['spec.reportType: is not given. Use one of inventory, network-access, policy-audit, protection-audit.'],
  ],
  [manifest({ reportType: 'cis-benchmark' }), ['spec.reportType: is "cis-benchmark". Use one of']],
  [
    inventory({ schedule: '*/5 * * * *' }),
    ['spec.schedule: has 12 values in the minute field; at most 2 are allowed.'],
  ],
  [inventory({ schedule: 'daily' }), ['spec.schedule: not a cron expression of five fields:']],
  [inventory({ schedule: 5 }), ['spec.schedule: is 5.']],
  [inventory({ suspend: 'yes' }), ['spec.suspend: is "yes". Write true or false.']],
  [inventory({ jobNodeSelector: { zone: 1 } }), ['spec.jobNodeSelector: is {"zone":1}.']],
  [inventory({ cis: {} }), ['spec.cis: is for reports of type cis-benchmark']],
  [inventory({ endpoint: {} }), ['spec.endpoint: is not a field of a GlobalReport.']],
  [inventory({ endpoints: [] }), ['spec.endpoints: is [].']],
  [inventory({ endpoints: { selector: 'app = web' } }), ['spec.endpoints.selector: ']],
  [inventory({ endpoints: { selector: true } }), ['spec.endpoints.selector: is true.']],
  [
    inventory({ endpoints: { namespaces: { names: 'shop' } } }),
    ['spec.endpoints.namespaces.names: is "shop".'],
  ],
  [
    inventory({ endpoints: { namespaces: { label: 'x' } } }),
    ['spec.endpoints.namespaces.label: is not a field'],
  ],
  [
    inventory({ endpoints: { serviceAccounts: { selector: ')' } } }),
    ['spec.endpoints.serviceAccounts.selector: '],
  ],
  [
    inventory({ clusters: { selector: 'all()' } }),
    ['spec.schedule: is not given, and runs over many clusters'],
  ],
  [over({}), ['spec.clusters.selector: is not given. Write all() for every cluster.']],
  [over('all()'), ['spec.clusters: is "all()". Give a selector.']],
  [over({ selector: 'env = prod' }), ['spec.clusters.selector: ']],
  [over({ selector: { matchLabels: { env: 'prod' } } }), ['spec.clusters.selector: is an object of']],
  [
    over({ matchLabels: { env: 'prod' } }),
    ['spec.clusters.matchLabels: is not a field of a GlobalReport.', 'spec.clusters.selector: is not given.'],
  ],
  [over({ selector: 'all()' }, { jobNodeSelector: {} }), ['spec.jobNodeSelector: chooses nodes']],
  [
    inventory({ schedule: 'x', suspend: 1, endpoints: { selector: '(' } }),
    ['spec.schedule: ', 'spec.suspend: ', 'spec.endpoints.selector: '],
  ],
])('%j is refused, and says where, why and what to do', (given, starts) => {
  const read = readGlobalReport(given);
  const problems = 'problems' in read ? read.problems.map(String) : [];
  expect(problems).toHaveLength(starts.length);
  for (const [i, start] of starts.entries()) expect(problems[i]?.slice(0, start.length)).toBe(start);
});
