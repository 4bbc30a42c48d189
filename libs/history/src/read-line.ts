import type { Origin } from './change.ts';
import { fields, isObject, list, text } from './fields.ts';
import { readEvent, type Reading } from './read-event.ts';

/**
 * Reads one line or message of a log: a bare audit event, an EventList or a JSON array of events, or any of these in
 * the envelope of a forwarder (Fluent Bit, Vector, Filebeat, CloudWatch, Azure Event Hubs). An empty line is nothing.
 *
 * Never throws: what is no JSON is unusable. Events of one line share its origin.
 */
export function readLine(line: string, origin: Origin): Reading[] {
  if (line.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return [notJson(line, error as Error)];
  }
  return eventsIn(value).map((event) => (event instanceof Broken ? event.reading : readEvent(event, origin)));
}

/** A part of an envelope that should hold an event and does not. */
class Broken {
  readonly reading: Reading;

  constructor(reading: Reading) {
    this.reading = reading;
  }
}

/** How deep envelopes may stand in each other. */
const DEPTH_MAX = 6;

/** The events in a value, unwrapped; a value without any is one event that turns out to be none. */
export function eventsIn(value: unknown, depth = 0): unknown[] {
  if (Array.isArray(value)) return value.flatMap((element) => eventsIn(element, depth + 1));
  if (!isObject(value) || depth > DEPTH_MAX) return [value];
  if (text(value['verb']) !== undefined && text(value['stage']) !== undefined) return [value];
  if (Array.isArray(value['items']) && (value['kind'] === 'EventList' || value['kind'] === undefined)) {
    return list(value['items']).flatMap((item) => eventsIn(item, depth + 1));
  }
  if (Array.isArray(value['records'])) {
    return list(value['records'])
      .map((record) => fields(fields(record)['properties'])['log'])
      .filter((log) => log !== undefined)
      .flatMap((log) => inside(log, depth));
  }
  if (Array.isArray(value['logEvents'])) {
    return list(value['logEvents']).flatMap((event) => inside(fields(event)['message'], depth));
  }
  const wrapped = value['log'] ?? value['message'] ?? fields(value['event'])['original'];
  return wrapped === undefined ? [value] : inside(wrapped, depth);
}

function inside(wrapped: unknown, depth: number): unknown[] {
  if (typeof wrapped !== 'string') return eventsIn(wrapped, depth + 1);
  try {
    return eventsIn(JSON.parse(wrapped), depth + 1);
  } catch (error) {
    return [new Broken(notJson(wrapped, error as Error))];
  }
}

function notJson(line: string, error: Error): Reading {
  const truncated = line.endsWith('[Truncated...]');
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return {
    kind: 'unusable',
    reason: truncated ? 'truncated' : 'not-json',
    message: truncated
      ? `The line was cut off by whoever delivered it: ${shown}`
      : `Not JSON (${error.message.slice(0, 120)}): ${shown}`,
  };
}
