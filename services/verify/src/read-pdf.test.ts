import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { filesAttachedTo, isPdf } from './read-pdf.ts';
import { Wrong } from './wrong.ts';

const file = (object: number, bytes: Buffer, filter = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      `\n${object} 0 obj\n<<\n/Type /EmbeddedFile\n/Params <<\n/Size 1\n>>\n/Length ${bytes.length}\n${filter}>>\nstream\n`,
    ),
    bytes,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
const named = (object: number, name: string, of: number): Buffer =>
  Buffer.from(
    `\n${object} 0 obj\n<<\n/Type /Filespec\n/AFRelationship /Unspecified\n/F (${name})\n/EF <<\n/F ${of} 0 R\n>>\n/UF (${name})\n>>\nendobj\n`,
  );
const pdf = (...objects: Buffer[]): Buffer => Buffer.concat([Buffer.from('%PDF-1.3\n'), ...objects]);
const FLATE = '/Filter /FlateDecode\n';
const found = (...objects: Buffer[]) =>
  Object.fromEntries(
    [...filesAttachedTo(pdf(...objects), ['a', 'a.txt', 'b.txt'])].map(([name, bytes]) => [
      name,
      bytes.toString(),
    ]),
  );

test('what is attached is found by its name, packed or not', () => {
  expect(
    found(
      file(1, Buffer.from('one')),
      named(2, 'a.txt', 1),
      file(3, deflateSync('two'), FLATE),
      named(4, 'b.txt', 3),
    ),
  ).toEqual({ 'a.txt': 'one', 'b.txt': 'two' });
  expect(found(file(1, Buffer.from('one')))).toEqual({});
});

test.each<[string, Buffer[]]>([
  ['two files of one name', [file(1, Buffer.from('a')), named(2, 'a', 1), named(3, 'a', 1)]],
  [
    'an object that was written again',
    [file(1, Buffer.from('a')), named(2, 'a', 1), file(1, Buffer.from('b'))],
  ],
])('%s: each program finds another one', (_, objects) => {
  expect(() => filesAttachedTo(pdf(...objects), ['a'])).toThrow(Wrong);
});

test.each<[string, Buffer[]]>([
  ['that is not there', [named(2, 'a', 1)]],
  ['that unpacks to too much', [file(1, deflateSync(Buffer.alloc(2_000_000)), FLATE), named(2, 'a', 1)]],
  ['that is not packed as it says', [file(1, Buffer.from('no'), FLATE), named(2, 'a', 1)]],
])('an attached file %s is none', (_, objects) => {
  expect(found(...objects)).toEqual({});
});

test.each<[string, (i: number) => number]>([
  ['that are not there', (i) => 10 + i],
  ['that all are one, which unpacks to a megabyte', () => 1],
])('thousands of files %s cost no more than the one that is looked for', (_, of) => {
  const others = Array.from({ length: 10_000 }, (_, i) => named(100_000 + i, `n${i}`, of(i)));
  const large = file(1, deflateSync(Buffer.alloc(1_000_000)), FLATE);
  const bomb = pdf(large, ...others, file(2, Buffer.from('one')), named(3, 'a', 2));
  const before = process.cpuUsage();
  const files = filesAttachedTo(bomb, ['a']);
  const { user, system } = process.cpuUsage(before);
  expect([...files.keys()]).toEqual(['a']);
  // Microseconds of the processor; a tenth of it by itself.
  expect(user + system).toBeLessThan(1_000_000);
});

test('a PDF is known by its beginning', () => {
  expect([isPdf(pdf()), isPdf(Buffer.from('{}')), isPdf(Buffer.alloc(0))]).toEqual([true, false, false]);
});
