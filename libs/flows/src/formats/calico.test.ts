import { expect, test } from 'vitest';
import { readFlowText } from '../read-flow.ts';

const record = (fields: object = {}): string =>
  JSON.stringify({
    start_time: 1_700_000_000,
    end_time: 1_700_000_300,
    action: 'allow',
    reporter: 'src',
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: '-',
    source_name_aggr: 'web-54c9f7f49f-*',
    source_ip: null,
    source_port: null,
    dest_type: 'net',
    dest_namespace: '-',
    dest_name: '-',
    dest_name_aggr: 'pub',
    dest_ip: null,
    dest_port: 443,
    proto: 'tcp',
    num_flows: 3,
    policies: { all_policies: ['0|__PROFILE__|__PROFILE__.kns.shop|allow|0'] },
    ...fields,
  });

const web = { type: 'pod', namespace: 'shop', name: 'web-54c9f7f49f-*', nameIsPrefix: true };
const internet = { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false };

test.each<[string, object, object]>([
  [
    'pods by their prefix, addresses as the internet',
    {},
    { action: 'allow', reporter: 'src', source: web, destination: internet },
  ],
  ['times are whole seconds', {}, { startAt: 1_700_000_000_000_000, endAt: 1_700_000_300_000_000 }],
  [
    'times as texts',
    { start_time: '1700000000', end_time: '1700000300' },
    { startAt: 1_700_000_000_000_000 },
  ],
  ['an interval lasts at least an instant', { end_time: 1_700_000_000 }, { endAt: 1_700_000_000_000_001 }],
  [
    'a pod by its name',
    { source_name: 'web-54c9f7f49f-abcde' },
    { source: { ...web, name: 'web-54c9f7f49f-abcde', nameIsPrefix: false } },
  ],
  [
    'a pod that has no prefix',
    { source_name_aggr: 'db-0' },
    { source: { ...web, name: 'db-0', nameIsPrefix: false } },
  ],
  ['names that are absent', { source_name: undefined }, { source: web }],
  ['a private network', { dest_name_aggr: 'pvt' }, { destination: { ...internet, name: 'pvt' } }],
  [
    'a host',
    { dest_type: 'hep', dest_name_aggr: 'node-1' },
    { destination: { type: 'hostEndpoint', namespace: '', name: 'node-1', nameIsPrefix: false } },
  ],
  [
    'a network set',
    { dest_type: 'ns', dest_namespace: 'shop', dest_name_aggr: 'office' },
    { destination: { type: 'networkSet', namespace: 'shop', name: 'office', nameIsPrefix: false } },
  ],
  [
    'a global one',
    { dest_type: 'ns', dest_name_aggr: 'office' },
    { destination: { type: 'networkSet', namespace: '', name: 'office', nameIsPrefix: false } },
  ],
  ['denied', { action: 'deny', reporter: 'dst' }, { action: 'deny', reporter: 'dst' }],
  ['forwarded by a host', { reporter: 'fwd' }, { reporter: 'fwd' }],
  ['what shippers add', { '@timestamp': 'x', cluster: 'c', host: 'node-1', id: 'x' }, { source: web }],
])('%s', (_, fields, expected) => {
  expect(readFlowText(record(fields))).toMatchObject([{ kind: 'flow', flow: expected }]);
});

test.each<[string, string, string]>([
  ['half a line', record().slice(0, 50), 'not-json'],
  ['no object', '5', 'not-a-flow'],
  ['an audit event', '{"kind":"Event","verb":"get"}', 'not-a-flow'],
  ['no start', record({ start_time: undefined }), 'no-timestamp'],
  ['an empty start', record({ start_time: '' }), 'no-timestamp'],
  ['milliseconds', record({ end_time: 1_700_000_300_000 }), 'no-timestamp'],
  ['a date', record({ start_time: '2026-11-24T01:02:03Z' }), 'no-timestamp'],
  ['an unknown action', record({ action: 'log' }), 'unreadable'],
  ['an unknown reporter', record({ reporter: 'x' }), 'unreadable'],
  ['an unknown type', record({ dest_type: 'svc' }), 'unreadable'],
  ['a type named as a property of every object is', record({ dest_type: 'constructor' }), 'unreadable'],
  ['no name', record({ source_name_aggr: '-' }), 'unreadable'],
])('%s is unusable', (_, line, reason) => {
  expect(readFlowText(line)).toMatchObject([{ kind: 'unusable', reason }]);
});

test('an empty line is nothing', () => {
  expect(readFlowText('')).toEqual([]);
  expect(readFlowText(' \r')).toEqual([]);
});

test('who talked to whom in which interval is one flow, however often and in how many parts it is told', () => {
  const id = (fields: object) => {
    const [reading] = readFlowText(record(fields));
    return reading?.kind === 'flow' ? reading.flow.id : undefined;
  };
  expect(id({})).toMatch(/^[0-9a-f]{32}$/);
  expect(id({ dest_port: 80, num_flows: 9, proto: 'udp' })).toBe(id({}));
  for (const other of [
    { action: 'deny' },
    { reporter: 'dst' },
    { start_time: 1_700_000_001 },
    { source_namespace: 'db' },
  ]) {
    expect(id(other)).not.toBe(id({}));
  }
});
