import { expect, test } from 'vitest';
import { requestPosition } from './request-position.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const event = (time: string, name = '') =>
  `{"kind":"EventList","items":[{"name":"${name}","requestReceivedTimestamp":"${time}","stageTimestamp":"${time}"}]}`;
const wrapped = (time: string) => JSON.stringify({ log: event(time) });
const EARLY = '2026-11-24T01:02:03.456000Z';
const LATE = '2026-11-24T01:02:03.457000Z';

test('a request that is sent again has its position again, whenever that is', () => {
  expect(requestPosition(event(EARLY), NOW)).toBe(requestPosition(event(EARLY), NOW + 90_000));
});

test('positions ascend with the time of the first event, in envelopes too', () => {
  expect(requestPosition(event(EARLY), NOW)).toBeLessThan(requestPosition(event(LATE), NOW));
  expect(requestPosition(wrapped(EARLY), NOW)).toBeLessThan(requestPosition(wrapped(LATE), NOW));
  expect(requestPosition(wrapped(LATE), NOW)).toBeLessThan(requestPosition('{}', NOW));
});

test('where a cloud packs the events, by the time of its own request or message, again the same', () => {
  const data = Buffer.from(event(EARLY)).toString('base64');
  const firehose = (timestamp: number) => JSON.stringify({ requestId: 'r', timestamp, records: [{ data }] });
  const push = (publishTime: string) => JSON.stringify({ message: { data, messageId: '1', publishTime } });
  expect(requestPosition(firehose(1_795_000_000_000), NOW)).toBe(
    requestPosition(firehose(1_795_000_000_000), NOW + 90_000),
  );
  expect(requestPosition(firehose(1_795_000_000_000), NOW)).toBeLessThan(
    requestPosition(firehose(1_795_000_000_001), NOW),
  );
  expect(requestPosition(push(EARLY), NOW)).toBe(requestPosition(push(EARLY), NOW + 90_000));
  expect(requestPosition(push(EARLY), NOW)).toBeLessThan(requestPosition(push(LATE), NOW));
});

test('requests that begin in one millisecond are told apart', () => {
  const all = Array.from({ length: 20 }, (_, i) => requestPosition(event(EARLY, String(i)), NOW));
  expect(new Set(all).size).toBe(20);
  expect(requestPosition(`${event(EARLY)}a`, NOW)).not.toBe(requestPosition(`${event(EARLY)}b`, NOW));
});

test.each<[string, string]>([
  ['nothing', ''],
  ['no time', 'no JSON'],
  ['no time that can be read', event('yesterday')],
  ['a time beyond what a position can hold', event('9999-12-31T23:59:59Z')],
  ['a time before all times', event('1969-12-31T23:59:59Z')],
])('a request with %s has the position of now, which is safe', (_, text) => {
  const position = requestPosition(text, NOW);
  expect(Number.isSafeInteger(position)).toBe(true);
  expect(Math.floor(position / 2048)).toBe(NOW);
});
