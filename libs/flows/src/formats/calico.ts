import { nonEmptyText, type Fields, type Instant } from '@margay/ground';
import { flowOf, type Flow, type FlowEnd, type FlowEndType } from '../flow.ts';
import { unusable, type FlowReading } from '../reading.ts';
import type { FlowFormat } from './format.ts';

const TYPES: ReadonlyMap<unknown, FlowEndType> = new Map([
  ['wep', 'pod'],
  ['hep', 'hostEndpoint'],
  ['ns', 'networkSet'],
  ['net', 'network'],
]);
const REPORTERS: ReadonlyMap<unknown, Flow['reporter']> = new Map([
  ['src', 'src'],
  ['dst', 'dst'],
  ['fwd', 'fwd'],
]);

/** Source: Calico Enterprise's documentation, “Flow log data types”. Times are whole seconds; `-` stands for nothing. */
export const CALICO: FlowFormat = {
  name: 'calico',
  title: 'Calico flow logs',
  description:
    'As Calico Enterprise and Calico Cloud write them and ship them to a file, S3, Syslog or Elasticsearch. Used are the times, the reporter, the action, and type, namespace and name of both ends: exact where they are told, else the aggregated name.',
  recognisedBy: '`action`',
  recognises: ({ action }) => nonEmptyText(action) !== undefined,
  read: readCalico,
};

function readCalico(record: Fields): FlowReading {
  const start = seconds(record['start_time']);
  const end = seconds(record['end_time']);
  if (start === undefined || end === undefined) {
    return unusable('no-timestamp', 'start_time and end_time are not whole seconds since 1970.');
  }
  const source = endOf(record, 'source');
  const destination = endOf(record, 'dest');
  const reporter = REPORTERS.get(record['reporter']);
  const action = record['action'];
  if (!source || !destination || !reporter || (action !== 'allow' && action !== 'deny')) {
    return unusable(
      'unreadable',
      'A type is not wep, hep, ns or net, a name is missing, the reporter is not src, dst or fwd, or the action is ' +
        'neither allow nor deny.',
      start,
    );
  }
  const flow = flowOf({ startAt: start, endAt: end, reporter, action, source, destination });
  return { kind: 'flow', at: flow.startAt, flow };
}

function endOf(record: Fields, side: 'source' | 'dest'): FlowEnd | undefined {
  const type = TYPES.get(record[`${side}_type`]);
  const exact = given(record[`${side}_name`]);
  const aggregated = given(record[`${side}_name_aggr`]);
  const name = exact ?? aggregated;
  if (type === undefined || name === undefined) return undefined;
  return {
    type,
    namespace: given(record[`${side}_namespace`]) ?? '',
    name,
    nameIsPrefix: exact === undefined && type === 'pod' && name.endsWith('*'),
  };
}

const given = (value: unknown): string | undefined =>
  value === '-' ? undefined : nonEmptyText(value)?.toWellFormed();

function seconds(value: unknown): Instant | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 && number < 1e11
    ? Math.round(number * 1_000_000)
    : undefined;
}
