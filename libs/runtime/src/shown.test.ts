import { expect, test } from 'vitest';
import { reasonOf, shownAddress, shownText, stackOf } from './shown.ts';

test.each([
  ['https://hooks.slack.com/services/T000/B000/s3cret', 'https://hooks.slack.com'],
  ['https://user:s3cret@registry:8081/apis/ccompat?k=s3cret#s3cret', 'https://registry:8081'],
  ['http://[::1]:9200/', 'http://[::1]:9200'],
  ['kafka-1:9092', 'kafka-1:9092'],
  ['10.0.0.1:6443', '10.0.0.1:6443'],
  ['user:s3cret@kafka-1:9092', '(an address that is none)'],
  ['s3cret/s3cret', '(an address that is none)'],
])('of the address %s its place is shown', (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});

test.each([
  ['GET https://u:s3cret@host/path failed', 'GET https://host/path failed'],
  ['at http://u:s3cret@s3cret@host', 'at http://host'],
  ['authorization: Bearer s3cret-s3cret', 'authorization: Bearer (not shown)'],
  ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret_s3cret is refused', 'token (not shown) is refused'],
  ['disk full at 12:30', 'disk full at 12:30'],
])('%s', (text, shown) => {
  expect(shownText(text)).toBe(shown);
});

const thrownBy = (work: () => unknown): Error => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

test.each(['s3cret', '{"a":"s3cret', '{"s3cret":}', '["s3cret" "s3cret"]', '\n at s3cret (s3cret:1:1)'])(
  'what was no JSON is not quoted: %j',
  (text) => {
    const error = thrownBy(() => JSON.parse(text));
    const wrapped = new Error('wrapped', { cause: error });
    expect(reasonOf(error)).toBe('a text is no JSON');
    for (const each of [error, wrapped]) {
      expect(stackOf(each)).not.toContain('s3cret');
      expect(stackOf(each)).toMatch(/^ +at .*shown\.test\.ts/m);
    }
  },
);

test('any other error says what it says, without credentials', () => {
  expect(reasonOf(new TypeError('no host in https://u:s3cret@/'))).toBe('no host in https:///');
  expect(reasonOf('thrown by hand')).toBe('thrown by hand');
});
