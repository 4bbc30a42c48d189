import { crc32, deflateRawSync } from 'node:zlib';
import { strToU8, Zip, ZipDeflate, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { FILE_BYTES_MAX, zipFiles } from './read-zip.ts';
import { Wrong } from './wrong.ts';

/** A file as it stands in a ZIP, and what its header and the list say otherwise. */
interface Made {
  readonly name?: string;
  readonly text?: string;
  /** The deflated bytes, where they are not those of the text. */
  readonly packed?: Buffer;
  readonly before?: string;
  readonly header?: Said;
  readonly list?: Said & { readonly begin?: number };
  /** What stands in both. */
  readonly both?: Said;
}

interface Said {
  readonly name?: string;
  readonly flags?: number;
  readonly method?: number;
  readonly time?: number;
  readonly crc?: number;
  readonly packed?: number;
  readonly unpacked?: number;
  readonly extra?: Buffer;
  readonly attributes?: number;
  readonly comment?: string;
}

const A: Made = { name: 'a.csv', text: 'a,b\n' };
const B: Made = { name: 'b.csv', text: 'c,d\n' };

const numbers = (...each: readonly (readonly [value: number, bytes: number])[]): Buffer =>
  Buffer.concat(
    each.map(([value, bytes]) => {
      const at = Buffer.alloc(bytes);
      at.writeUIntLE(value, 0, bytes);
      return at;
    }),
  );

/** The ZIP of these files: headers with bytes, the list, its end. */
function zipOf(files: readonly Made[], { between = '', after = '', comment = '' } = {}): Buffer {
  let size = 0;
  const bodies: Buffer[] = [];
  const lists: Buffer[] = [];
  for (const { name = 'a.csv', text = '', packed = deflateRawSync(text), before = '', ...more } of files) {
    const is = {
      name,
      flags: 0,
      method: 8,
      time: 0x21_00_00,
      crc: crc32(text),
      packed: packed.length,
      unpacked: Buffer.byteLength(text),
      extra: Buffer.alloc(0),
      attributes: 0,
      comment: '',
      begin: size + before.length,
      ...more.both,
    };
    const head = { ...is, ...more.header };
    const body = Buffer.concat([
      Buffer.from(before),
      numbers([0x04_03_4b_50, 4], [20, 2], [head.flags, 2], [head.method, 2], [head.time, 4], [head.crc, 4]),
      numbers([head.packed, 4], [head.unpacked, 4], [head.name.length, 2], [head.extra.length, 2]),
      Buffer.from(head.name, 'latin1'),
      head.extra,
      packed,
    ]);
    const list = { ...is, ...more.list };
    bodies.push(body);
    lists.push(
      numbers([0x02_01_4b_50, 4], [20, 2], [20, 2], [list.flags, 2], [list.method, 2], [list.time, 4]),
      numbers([list.crc, 4], [list.packed, 4], [list.unpacked, 4], [list.name.length, 2]),
      numbers(
        [list.extra.length, 2],
        [list.comment.length, 2],
        [0, 4],
        [list.attributes, 4],
        [list.begin, 4],
      ),
      Buffer.from(list.name, 'latin1'),
      list.extra,
      Buffer.from(list.comment),
    );
    size += body.length;
  }
  const list = Buffer.concat(lists);
  const end = [
    [0x06_05_4b_50, 4],
    [0, 4],
    [files.length, 2],
    [files.length, 2],
  ] as const;
  return Buffer.concat([
    ...bodies,
    Buffer.from(between),
    list,
    numbers(...end, [list.length, 4], [size + between.length, 4], [comment.length, 2]),
    Buffer.from(comment + after),
  ]);
}

const read = (zip: Uint8Array): Record<string, string> =>
  Object.fromEntries(zipFiles(Buffer.from(zip)).map((file) => [file.name, file.read().toString()]));

/** The library writes a file's time twice, and without one takes two looks at the clock. */
const PACKED_AT = new Date(2026, 0, 1);

/** As the API sends it. */
function streamed(texts: Readonly<Record<string, string>>): Buffer {
  const pieces: Uint8Array[] = [];
  const zip = new Zip((_, piece) => pieces.push(piece));
  for (const [name, text] of Object.entries(texts)) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = PACKED_AT;
    zip.add(file);
    file.push(strToU8(text), true);
  }
  zip.end();
  return Buffer.concat(pieces);
}

test('a ZIP as Margay and as other programs pack it has its files', () => {
  const texts = { 'a.csv': 'a,b\n'.repeat(9_999), 'b-2.json': '', 'README_1.md': '\u{1f600}' };
  expect(read(streamed(texts))).toEqual(texts);
  const bytes = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, strToU8(text)]));
  for (const level of [0, 9] as const)
    expect(read(zipSync(bytes, { level, mtime: PACKED_AT }))).toEqual(texts);
  const times = Buffer.from('5554050001000000007578040001000000', 'hex');
  const unix = { extra: times.subarray(0, 9), attributes: 0x81_a4_00_00 };
  expect(read(zipOf([{ ...A, header: { extra: times }, list: unix }, B]))).toEqual({
    'a.csv': 'a,b\n',
    'b.csv': 'c,d\n',
  });
});

test.each([
  './a.csv',
  '../../evil.txt',
  '/etc/passwd',
  'C:\\a.csv',
  'c:a.csv',
  '..\\a.csv',
  'a/b.csv',
  'a/',
  'a\u0000.csv',
  'a\n.csv',
  'a\u001b[2K.csv',
  'a.csv ',
  'a.csv.',
  ' a.csv',
  '.a.csv',
  '..',
  '',
  'a\u00e9.csv',
  'a'.repeat(256),
])('the name %j is not plain', (name) => {
  const zip = zipOf([{ ...A, name }]);
  expect(() => read(zip)).toThrow(Wrong);
  expect(() => read(zip)).toThrow('which is no plain name');
});

const LINK = 0xa1_ff_00_00;
test.each<[what: string, zip: Buffer, why: string]>([
  ['two files of a name', zipOf([A, A]), 'two files a.csv and a.csv'],
  ['names that differ in case', zipOf([A, { ...B, name: 'A.CSV' }]), 'two files a.csv and A.CSV'],
  ['bytes before the first file', zipOf([{ ...A, before: 'x' }]), 'before a.csv'],
  ['a file that is not listed', zipOf([A, { ...B, before: zipOf([A]).toString('latin1') }]), 'before b.csv'],
  ['bytes before the list', zipOf([A], { between: 'x' }), 'before the list'],
  ['bytes behind the end', zipOf([A], { after: 'x' }), 'behind the end'],
  ['a comment', zipOf([A], { comment: 'all is well' }), 'behind the end'],
  ['a comment of a file', zipOf([{ ...A, list: { comment: 'x' } }]), 'a.csv in the ZIP has a comment'],
  ['another name in the header', zipOf([{ ...A, header: { name: 'b.csv' } }]), 'different things'],
  ['another time in the header', zipOf([{ ...A, header: { time: 1 } }]), 'different things'],
  ['another way of packing in the header', zipOf([{ ...A, header: { method: 0 } }]), 'different things'],
  ['another CRC in the header', zipOf([{ ...A, header: { crc: 1 } }]), 'different things'],
  ['another size in the header', zipOf([{ ...A, header: { unpacked: 9 } }]), 'different things'],
  ['other flags in the header', zipOf([{ ...A, header: { flags: 8 } }]), 'different things'],
  [
    'a place that is no header',
    zipOf([
      { ...A, list: { begin: 0 } },
      { ...B, list: { begin: 5 } },
    ]),
    'begins',
  ],
  ['a header used twice', zipOf([A, { ...A, name: 'b.csv', list: { begin: 0 } }]), 'begins within another'],
  ['a file of more bytes than there are', zipOf([{ ...A, both: { packed: 9_999 } }]), 'different things'],
  ['a link', zipOf([{ ...A, list: { attributes: LINK } }]), 'is a link or a folder'],
  ['a folder', zipOf([{ ...A, list: { attributes: 0x10 } }]), 'is a link or a folder'],
  ['a second name', zipOf([{ ...A, both: { extra: Buffer.from('75700100ff', 'hex') } }]), 'extra field'],
  [
    'an extra field that breaks off',
    zipOf([{ ...A, both: { extra: Buffer.from('5554ff', 'hex') } }]),
    'extra field',
  ],
  ['a CRC of other bytes', zipOf([{ ...A, both: { crc: 1 } }]), 'not the CRC'],
  ['fewer bytes than listed', zipOf([{ ...A, both: { unpacked: 99 } }]), 'not the bytes'],
  ['more bytes than listed', zipOf([{ ...A, both: { unpacked: 1 } }]), 'more bytes than the list says'],
  [
    'bytes behind what is packed',
    zipOf([{ ...A, packed: Buffer.concat([deflateRawSync('a,b\n'), Buffer.from('hidden')]) }]),
    'not the bytes',
  ],
])('a ZIP with %s is not one that all programs read alike', (_, zip, why) => {
  expect(() => read(zip)).toThrow(Wrong);
  expect(() => read(zip)).toThrow(why);
});

test('a list that hides a file is found, whatever the end says', () => {
  const zip = zipOf([A, B]);
  const end = zip.length - 22;
  zip.writeUInt16LE(1, end + 8);
  zip.writeUInt16LE(1, end + 10);
  expect(() => read(zip)).toThrow('the list of the ZIP has more than its files');
  zip.writeUInt16LE(3, end + 8);
  zip.writeUInt16LE(3, end + 10);
  expect(() => read(zip)).toThrow('names fewer files');
});

test('what breaks off, is encrypted or is packed in another way is told from what deceives', () => {
  for (const [zip, why] of [
    [zipOf([A]).subarray(0, 40), 'breaks off'],
    [zipOf([{ ...A, both: { flags: 1 } }]), 'packed in a way'],
    [zipOf([{ ...A, both: { method: 12 } }]), 'packed in a way'],
    [zipOf([{ ...A, packed: Buffer.from('\u00ff\u00ff\u00ff') }]), 'a.csv in it is broken'],
  ] as const) {
    expect(() => read(zip)).not.toThrow(Wrong);
    expect(() => read(zip)).toThrow(why);
  }
});

test('what unpacks to far more than any report is refused before it is unpacked', () => {
  const large = { unpacked: 500_000_000, packed: 500_000 };
  const packed = Buffer.alloc(large.packed);
  const names = Array.from({ length: 15 }, (_, i) => `a${i}.csv`);
  const begun = process.cpuUsage();
  const together = zipOf([
    { packed, both: large },
    ...names.map((name) => ({ name, both: large, list: { begin: 0 } })),
  ]);
  expect(() => read(together)).toThrow('which no report does');
  expect(() => read(zipOf([{ packed, both: { unpacked: FILE_BYTES_MAX + 1 } }]))).toThrow('more than');
  const dense = { packed: Buffer.alloc(3_000_000), both: { unpacked: 500_000_000 } };
  expect(() => read(zipOf(names.map((name) => ({ ...dense, name }))))).toThrow('it unpacks to more than');
  expect(process.cpuUsage(begun).user).toBeLessThan(5_000_000);
});
