import { fields, type Fields, isFields, list, nonEmptyText } from '@margay/ground';
import type { Origin } from './change.ts';
import { readEvent } from './read-event.ts';
import type { Reading } from './reading.ts';

/**
 * Reads one line or message of a log: a bare audit event, an EventList or a JSON array of events, any of these in the
 * envelope of a forwarder (Fluent Bit, Vector, Filebeat, CloudWatch, Azure Event Hubs), or several lines of them. An
 * empty line is nothing.
 *
 * Never throws: what is no JSON is unusable. Events of one line share its origin.
 */
export function readLine(line: string, origin: Origin): Reading[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (line.trim() === '') return [];
    const lines = line.split('\n').filter((part) => part.trim() !== '');
    return lines.length > 1
      ? lines.flatMap((part) => readLine(part, origin))
      : [notJson(line, error as Error)];
  }
  return isEvent(value)
    ? [readEvent(value, origin)]
    : eventsIn(value, 0).map((event) => (event instanceof Read ? event.reading : readEvent(event, origin)));
}

/** A part of an envelope that was read already: it holds no event. */
class Read {
  readonly reading: Reading;

  constructor(reading: Reading) {
    this.reading = reading;
  }
}

/** How deep envelopes may stand in each other. */
const ENVELOPES_MAX = 6;

const isEvent = (value: unknown): value is Fields =>
  isFields(value) && nonEmptyText(value['verb']) !== undefined && nonEmptyText(value['stage']) !== undefined;

/** The events in a value, unwrapped; a value without any is one event that turns out to be none. */
function eventsIn(value: unknown, depth: number): unknown[] {
  if (depth > ENVELOPES_MAX || isEvent(value)) return [value];
  if (Array.isArray(value)) return value.flatMap((element) => eventsIn(element, depth + 1));
  if (!isFields(value)) return [value];
  if (Array.isArray(value['items']) && (value['kind'] === 'EventList' || value['kind'] === undefined)) {
    return value['items'].flatMap((item) => eventsIn(item, depth + 1));
  }
  if (Array.isArray(value['records'])) {
    return value['records'].flatMap((record) => azureRecord(fields(record), depth));
  }
  if (Array.isArray(value['logEvents'])) {
    if (value['messageType'] === 'CONTROL_MESSAGE') return [NO_AUDIT_LOG];
    return list(value['logEvents']).flatMap((event) => inside(fields(event)['message'], depth));
  }
  if (isFields(value['properties']) && value['properties']['log'] !== undefined) {
    return azureRecord(value, depth);
  }
  const wrapped = value['log'] ?? value['message'] ?? fields(value['event'])['original'];
  return wrapped === undefined ? [value] : inside(wrapped, depth);
}

/** Something that forwarders deliver beside the audit log. */
const NO_AUDIT_LOG = new Read({ kind: 'ignored', reason: 'out-of-kind' });

/** One hub carries several categories of logs, most of them plain text. */
function azureRecord(record: Fields, depth: number): unknown[] {
  const category = nonEmptyText(record['category']);
  if (category !== undefined && !category.startsWith('kube-audit')) return [NO_AUDIT_LOG];
  const { log } = fields(record['properties']);
  return log === undefined ? [record] : inside(log, depth);
}

function inside(wrapped: unknown, depth: number): unknown[] {
  if (typeof wrapped !== 'string') return eventsIn(wrapped, depth + 1);
  try {
    return eventsIn(JSON.parse(wrapped), depth + 1);
  } catch (error) {
    return [new Read(notJson(wrapped, error as Error))];
  }
}

function notJson(line: string, error: Error): Reading {
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  if (line.endsWith('[Truncated...]')) {
    return {
      kind: 'unusable',
      reason: 'truncated',
      message: `The line was cut off by whoever delivered it: ${shown}`,
    };
  }
  const message = line.includes(' AUDIT: id=')
    ? `The log is in the legacy format, which has no bodies: start the API server with --audit-log-format=json: ${shown}`
    : `Not JSON (${error.message.slice(0, 120)}): ${shown}`;
  return { kind: 'unusable', reason: 'not-json', message };
}
