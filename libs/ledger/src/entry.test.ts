import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { digestOfJson, type Entry, ENTRY_BYTES_MAX, entryBytes, NoEntry, readEntry } from './index.ts';

const ENTRY: Entry = {
  cluster: 'c',
  clusterUid: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  run: 'daily@1',
  revision: 1,
  report: 'daily',
  type: 'inventory',
  start: '2026-11-24T00:00:00Z',
  end: '2026-11-25T00:00:00Z',
  digest: 'd'.repeat(64),
  evidenceDigest: 'e'.repeat(64),
  headerDigest: 'f'.repeat(64),
  version: '0.1.0',
};

test('an entry is canonical JSON, so that whoever has the report can write it again', () => {
  const shuffled = Object.fromEntries(Object.entries(ENTRY).reverse()) as unknown as Entry;
  const text = Buffer.from(entryBytes(shuffled)).toString();
  expect(text).toBe(JSON.stringify(ENTRY, Object.keys(ENTRY).sort()));
  expect(readEntry(entryBytes(ENTRY))).toEqual(ENTRY);
  expect(readEntry(entryBytes({ ...ENTRY, later: true }))).toEqual({ ...ENTRY, later: true });
});

test('one that no bundle takes is not made', () => {
  const long = (characters: number): Entry => ({ ...ENTRY, report: 'x'.repeat(characters) });
  const rest = entryBytes(long(0)).length;
  expect(entryBytes(long(ENTRY_BYTES_MAX - rest))).toHaveLength(ENTRY_BYTES_MAX);
  expect(() => entryBytes(long(ENTRY_BYTES_MAX - rest + 1))).toThrow('65536 bytes');
});

describe('bytes are no entry', () => {
  const text = Buffer.from(entryBytes(ENTRY)).toString();
  test.each([
    ['where they are no JSON', 'x', 'no JSON'],
    ['where they are something else', '[]', 'lacks'],
    ['where a field is missing', text.replace('"run":"daily@1",', ''), 'lacks'],
    ['where a field is of another type', text.replace('"revision":1', '"revision":"1"'), 'lacks'],
    ['where they have spaces', text.replace(',', ', '), 'canonical'],
    ['where a field comes twice', text.replace('"revision":1', '"revision":2,"revision":1'), 'canonical'],
  ])('%s', (_, wrong, why) => {
    expect(() => readEntry(new TextEncoder().encode(wrong))).toThrow(NoEntry);
    expect(() => readEntry(new TextEncoder().encode(wrong))).toThrow(why);
  });
});

test('the digest of evidence is SHA-256 over canonical JSON', () => {
  const digest = createHash('sha256').update('{"a":[1,"ü"],"b":null}').digest('hex');
  expect(digestOfJson({ b: null, a: [1, 'ü'] })).toBe(digest);
  expect(() => digestOfJson(undefined)).toThrow('Only JSON');
});
