import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodedText, textOfBytes } from './coded-text.ts';

const coded = (text: string) => Buffer.from(text).toString('base64');
const packed = (text: string, level: number) => gzipSync(text, { level }).toString('base64');

const packedBytes = gzipSync('{"a":1}');

/** The bytes in Base64, one of them another one. */
function withByte(bytes: Uint8Array, at: number): string {
  const changed = Buffer.from(bytes);
  const place = at < 0 ? bytes.length + at : at;
  changed[place] = changed[place]! ^ 1;
  return changed.toString('base64');
}

test('what is JSON in Base64 is decoded, in both alphabets, and what is packed unpacked', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 9 }), (value, level) => {
      const text = JSON.stringify({ value });
      expect(decodedText(coded(text))).toBe(text);
      expect(decodedText(Buffer.from(text).toString('base64url'))).toBe(text);
      expect(decodedText(packed(text, level))).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test.each([0, 1, 6, 9])('a long text that repeats itself, packed at level %i', (level) => {
  const text = Array.from({ length: 30_000 }, (_, i) => `{"line":${i},"ü":"${i % 7}"}`).join('\n');
  expect(decodedText(packed(text, level))).toBe(text);
});

test.each([
  ['a text', 'hello'],
  ['a text in Base64 that is no JSON', coded('hello world')],
  ['a token', `${coded('{"alg":"none"}')}.${coded('{"sub":"x"}')}.c`],
  ['gzip that is damaged', `H4sI${'A'.repeat(400)}`],
  ['gzip that ends too early', packed('x'.repeat(10_000), 9).slice(0, 24)],
  ['gzip of another checksum', withByte(packedBytes, -8)],
  ['gzip of another size', withByte(packedBytes, -4)],
  ['gzip without its end', Buffer.from(packedBytes.subarray(0, -8)).toString('base64')],
  ['gzip of which a byte is another one', withByte(gzipSync('{"a":"bcdefgh"}', { level: 0 }), 20)],
])('%s is left as it is', (_, text) => {
  expect(decodedText(text)).toBeUndefined();
});

test('bytes are read as Node reads them, where they are UTF-8, and else something stands in their place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(textOfBytes([...Buffer.from(text)])).toBe(text);
    }),
  );
  expect(textOfBytes([0x61, 0xff, 0x62, 0xe2, 0x82])).toMatch(/^a\uFFFDb\uFFFD+$/);
});
