import type { Contact, FlowEnd } from '@margay/flows';
import { expect, test } from 'vitest';
import { computeReport } from '../index.ts';
import { reportType } from '../report-types.ts';
import { history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const VERSIONS = history(
  [
    make.pod('shop/web-1', { app: 'web' }, { generateName: 'web-' }),
    make.pod('shop/db', { app: 'db' }),
    make.hostEndpoint('h'),
  ].map((object) => ({ at: 0, object })),
);
const end = (type: FlowEnd['type'], name: string, namespace = ''): FlowEnd => ({
  type,
  namespace,
  name,
  nameIsPrefix: name.endsWith('*'),
});
const pod = (name: string, namespace = 'shop'): FlowEnd => end('pod', name, namespace);
const PUBLIC = end('network', 'pub');
const flow = (source: FlowEnd, destination: FlowEnd, more: Partial<Contact> = {}): Contact => ({
  startAt: 150,
  endAt: 160,
  action: 'allow',
  source,
  destination,
  ...more,
});

function peers(flows: Contact[], endpoint: string): string[] | undefined {
  const spec = { reportType: 'network-access' };
  const report = computeReport({ name: 'r', spec, window: WINDOW, versions: VERSIONS, flows });
  const file = reportType('network-access').downloads.find(({ name }) => name === 'endpoints.csv');
  const lines = [...(file?.render(report) ?? [])].filter((line) => line.startsWith(`${endpoint},`));
  return lines[0]?.trimEnd().split(',').slice(-3, -1);
}

const DB = 'Pod.v1(shop/db)';

test.each<[why: string, flows: Contact[], endpoint: string, senders: string, receivers: string]>([
  ['by aggregation prefix', [flow(pod('web-*'), pod('db'))], DB, 'Pod.v1(shop/web-*)', ''],
  ['the other way round', [flow(pod('web-*'), pod('db'))], 'Pod.v1(shop/web-1)', '', DB],
  ['by exact name', [flow(pod('web-1'), pod('db'))], 'Pod.v1(shop/web-1)', '', DB],
  [
    'by both names',
    [flow(pod('web-*'), pod('x')), flow(pod('web-1'), pod('y'))],
    'Pod.v1(shop/web-1)',
    '',
    'Pod.v1(shop/x);Pod.v1(shop/y)',
  ],
  ['a pod of the name in another namespace', [flow(pod('x'), pod('db', 'pay'))], DB, '', ''],
  ['denied', [flow(pod('x'), pod('db'), { action: 'deny' })], DB, '', ''],
  [
    'each peer once',
    [flow(pod('x'), pod('db')), flow(pod('x'), pod('db'), { startAt: 170, endAt: 180 })],
    DB,
    'Pod.v1(shop/x)',
    '',
  ],
  ['that ended at the start', [flow(pod('x'), pod('db'), { startAt: 90, endAt: 100 })], DB, '', ''],
  ['that began at the end', [flow(pod('x'), pod('db'), { startAt: 200, endAt: 210 })], DB, '', ''],
  [
    'that overlaps the start',
    [flow(pod('x'), pod('db'), { startAt: 90, endAt: 101 })],
    DB,
    'Pod.v1(shop/x)',
    '',
  ],
  [
    'of no length, at the start',
    [flow(pod('x'), pod('db'), { startAt: 100, endAt: 100 })],
    DB,
    'Pod.v1(shop/x)',
    '',
  ],
  [
    'from everywhere',
    [
      flow(PUBLIC, pod('db')),
      flow(end('network', 'pvt'), pod('db')),
      flow(end('networkSet', 'partners', 'shop'), pod('db')),
      flow(end('networkSet', 'g'), pod('db')),
      flow(end('hostEndpoint', 'n'), pod('db')),
    ],
    DB,
    'GlobalNetworkSet(g);HostEndpoint(n);NetworkSet(shop/partners);Private;Public',
    '',
  ],
  [
    'of a host endpoint, by its node',
    [flow(pod('x'), end('hostEndpoint', 'host-h'))],
    'HostEndpoint(h)',
    'Pod.v1(shop/x)',
    '',
  ],
  [
    'of a host endpoint, by its name',
    [flow(end('hostEndpoint', 'h'), PUBLIC)],
    'HostEndpoint(h)',
    '',
    'Public',
  ],
])('a flow %s', (_, flows, endpoint, senders, receivers) => {
  expect(peers(flows, endpoint)).toEqual([senders, receivers]);
});

test('rows are pairs with an end in scope, sorted, with what was a prefix', () => {
  const flows = [
    flow(pod('web-*'), pod('db')),
    flow(PUBLIC, pod('db')),
    flow(pod('a', 'other'), pod('b', 'other')),
  ];
  const report = computeReport({
    name: 'r',
    spec: { reportType: 'network-access' },
    window: WINDOW,
    versions: VERSIONS,
    flows,
  });
  expect(report.flows).toEqual([
    {
      source: { kind: 'Pod', namespace: 'shop', name: 'web-*', nameIsAggregationPrefix: true },
      destination: { kind: 'Pod', namespace: 'shop', name: 'db', nameIsAggregationPrefix: false },
    },
    {
      source: { kind: 'Public', namespace: '', name: '', nameIsAggregationPrefix: false },
      destination: { kind: 'Pod', namespace: 'shop', name: 'db', nameIsAggregationPrefix: false },
    },
  ]);
  const none = computeReport({
    name: 'r',
    spec: { reportType: 'inventory' },
    window: WINDOW,
    versions: VERSIONS,
    flows,
  });
  expect(none.flows).toEqual([]);
});
