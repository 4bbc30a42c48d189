import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Fields, type Instant, isFields, nonEmptyText } from '@margay/ground';
import type { Origin } from './change.ts';
import type { UnusableReason } from './reading.ts';

export type FlowEndType = 'pod' | 'hostEndpoint' | 'networkSet' | 'network';

/** One end of a flow, as precise as the flow log is. */
export interface FlowEnd {
  readonly type: FlowEndType;
  /** Empty where the end is in no namespace. */
  readonly namespace: string;
  /** A pod's name or its prefix with `*`, a host's, a set's; `pub` or `pvt` for addresses outside the cluster. */
  readonly name: string;
  /** True for `web-54c9f7f49f-*`: any pod of that prefix. */
  readonly nameIsPrefix: boolean;
}

/** Who talked to whom in an interval, as a node reported it. */
export interface Flow {
  /** Deterministic: the same record has the same id. */
  readonly id: string;
  readonly startAt: Instant;
  readonly endAt: Instant;
  /** Which end's node reported it: the same connection can be reported by both. */
  readonly reporter: 'src' | 'dst' | 'fwd';
  readonly action: 'allow' | 'deny';
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
}

export type FlowReading =
  | { readonly kind: 'flow'; readonly flow: Flow }
  | { readonly kind: 'unusable'; readonly reason: UnusableReason; readonly message: string };

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

/**
 * Reads one line of Calico's JSON flow log (fields `start_time`, `source_type`, `source_name_aggr` …, times in whole
 * seconds). Never throws. An empty line gives undefined.
 */
export function readFlow(line: string, _origin?: Origin): FlowReading | undefined {
  if (line.trim() === '') return undefined;
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    return unusable('not-json', `Not JSON (${(error as Error).message.slice(0, 120)}): ${line.slice(0, 80)}`);
  }
  if (!isFields(record) || nonEmptyText(record['action']) === undefined) {
    return unusable('not-an-audit-event', 'It has no action: not a Calico flow log record.');
  }
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
    );
  }
  const flow = {
    startAt: start,
    endAt: Math.max(end, start + 1),
    reporter,
    action,
    source,
    destination,
  } as const;
  const id = bytesToHex(sha256(utf8ToBytes(JSON.stringify(flow)))).slice(0, 32);
  return { kind: 'flow', flow: { id, ...flow } };
}

const unusable = (reason: UnusableReason, message: string): FlowReading => ({
  kind: 'unusable',
  reason,
  message,
});

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

/** `-` stands for nothing. */
const given = (value: unknown) => (value === '-' ? undefined : nonEmptyText(value));

function seconds(value: unknown): Instant | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 && number < 1e11
    ? Math.round(number * 1_000_000)
    : undefined;
}
