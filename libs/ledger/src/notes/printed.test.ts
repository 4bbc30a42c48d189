import { expect, test } from 'vitest';
import {
  cosignNote,
  isPrinted,
  NoteProblem,
  printedText,
  readCheckpoint,
  readPrinted,
  signCheckpoint,
  signingKey,
} from '../index.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const LOG = signingKey('margay.example/log', seed(1));
const WITNESS = signingKey('witness.example/w', seed(2), 'witness');
const checkpoint = cosignNote(signCheckpoint({ size: 4, root: seed(9) }, LOG), WITNESS, 1_800_000_000);
const PLACE = { run: 'daily@1', digest: 'ab'.repeat(32), index: 3, checkpoint };
const TEXT = printedText(PLACE);

test.each<[string, (text: string) => string]>([
  ['as it was printed', (text) => text],
  ['with the ends of lines of Windows', (text) => text.replaceAll('\n', '\r\n')],
  ['with signatures broken where the paper ends', (text) => text.replaceAll(/(\u2014 \S+ \S{40})/g, '$1\n')],
  ['with the end of its page', (text) => `${text}\n\ndaily · 1ae37d73e71c1209   Page 1 of 7\f`],
  ['broken between the two last signs', (text) => text.replace(/==\n$/, '=\n=\n')],
  ['on one line', (text) => text.replaceAll('\n', ' ')],
  ['indented, without empty lines', (text) => text.replaceAll('\n\n', '\n').replaceAll('\n', '\n    ')],
  ['with a hyphen for the dash', (text) => text.replaceAll('\u2014', '-')],
])('what was printed is read %s, and signed by the same', (_, change) => {
  const text = change(TEXT);
  expect(isPrinted(text)).toBe(true);
  const read = readPrinted(text);
  expect(read).toEqual(PLACE);
  const { size, signed } = readCheckpoint(Buffer.from(read.checkpoint), [LOG, WITNESS]);
  expect([size, signed.length]).toEqual([4, 2]);
});

test.each<[string, string, RegExp]>([
  ['another text', 'daily report', /does not begin with/],
  ['no digest', TEXT.replace(/digest .*/, ''), /does not say which digest/],
  ['a number that is none', TEXT.replace('entry 3', 'entry 3x'), /entry is no number/],
  ['no signature', TEXT.slice(0, TEXT.indexOf('\u2014')), /no signature/],
  ['a head that lacks its root', TEXT.replace(/\n4\n.*\n/, '\n4\n'), /an origin, a size and a hash/],
])('%s is no text that was printed', (_, text, words) => {
  expect(() => readPrinted(text)).toThrow(words);
  expect(() => readPrinted(text)).toThrow(NoteProblem);
});

test('a letter that was typed wrong is no signature', () => {
  const read = readPrinted(TEXT.replace('\n4\n', '\n5\n'));
  expect(() => readCheckpoint(Buffer.from(read.checkpoint), [LOG])).toThrow(/is not over this text/);
});
