import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Unshown } from './unshown.ts';

const told = (text: string): string => new Unshown(text).toString();

test('an unreadable text is its length and an imprint, however it is printed', () => {
  const text = new Unshown('{"password":"s3cret');
  expect(`${text.toString()}`).toMatch(/^19 characters, imprint [0-9a-f]{10}$/);
  expect(JSON.stringify({ text })).toBe(JSON.stringify({ text: text.toString() }));
  expect(Object.keys(text)).toEqual(['length']);
});

test('whoever guesses at a value cannot find out whether that is right', () => {
  const value = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019 :/+=,.-_äß\u0000')) });
  fc.assert(
    fc.property(value, value, (one, other) => {
      const same = other.padEnd(one.length, 'x').slice(0, one.length);
      expect(told(`  password: "${same}"`)).toBe(told(`  password: "${one}"`));
    }),
  );
});

test('texts are told apart by what stands around their values', () => {
  const texts = ['{"a":"b"', '{"a":["b', '{"ab":"b', '{"a":{"b', '"a":"b"}', 'aaaaaaaa'];
  expect(new Set(texts.map(told)).size).toBe(texts.length);
});

test('of a long text the length is that of the whole', () => {
  expect(told('x'.repeat(3_000_000))).toMatch(/^3,000,000 characters/);
});
