import { execFileSync } from 'node:child_process';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpacked, wholeOf } from './unpack.ts';
import { Unreadable } from './unreadable.ts';

const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${Math.sin(i)}`).join('\n');
const zipped = gzipSync(lines);
const whole = (bytes: Buffer) => wholeOf(bytes, 1e9);

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What is read of bytes that come in pieces, and what is wrong with the rest. */
async function read(bytes: Buffer, size: number) {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of unpacked(cut(bytes, size))) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { text: Buffer.concat(pieces).toString(), wrong: error.message };
  }
  return { text: Buffer.concat(pieces).toString() };
}

/** A gzip with everything in its header that there can be. */
function withFullHeader(text: string): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(text), 0);
  trailer.writeUInt32LE(text.length, 4);
  const header = Buffer.from([0x1f, 0x8b, 8, 4 + 8 + 16 + 2, 0, 0, 0, 0, 0, 3]);
  const fields = Buffer.concat([Buffer.from([3, 0]), Buffer.from('abcaudit.log\0said\0hh')]);
  return Buffer.concat([header, fields, deflateRawSync(text), trailer]);
}

test.each<[string, Buffer, string]>([
  ['nothing', Buffer.alloc(0), ''],
  ['one byte', Buffer.from('x'), 'x'],
  ['a plain text', Buffer.from('{"a":1}\n'), '{"a":1}\n'],
  ['gzip', zipped, lines],
  ['gzip of nothing', gzipSync(''), ''],
  ['gzip with all that a header can hold', withFullHeader('hello'), 'hello'],
  [
    'several members, as logs that were put together',
    Buffer.concat([gzipSync('a\n'), gzipSync('b\n'), zipped]),
    `a\nb\n${lines}`,
  ],
  ['zeros behind it', Buffer.concat([zipped, Buffer.alloc(10_000)]), lines],
  ['what was packed twice', gzipSync(gzipSync(lines)), lines],
  ['zstd', zstdCompressSync(lines), lines],
  ['several frames of zstd', Buffer.concat([zstdCompressSync('a\n'), zstdCompressSync('b\n')]), 'a\nb\n'],
])('%s is read whole', async (_, bytes, text) => {
  expect(await read(bytes, 65_536)).toEqual({ text });
  expect(await whole(bytes)).toEqual({ bytes: Buffer.from(text) });
});

test('what another program packed is read', async () => {
  expect(await read(execFileSync('gzip', ['-9'], { input: lines }), 1_000)).toEqual({ text: lines });
});

test.each<[string, Buffer, RegExp]>([
  ['something else', Buffer.concat([zipped, Buffer.from('{"a":1}\n')]), /not compressed/],
  ['a member that ends too early', Buffer.concat([zipped, gzipSync(lines).subarray(0, 5)]), /too early/],
  ['a trailer that ends too early', zipped.subarray(0, -3), /too early/],
  [
    'zeros and something else',
    Buffer.concat([zipped, Buffer.alloc(100), Buffer.from('x')]),
    /not compressed/,
  ],
  [
    'a wrong checksum',
    Buffer.concat([zipped.subarray(0, -8), Buffer.from([1]), zipped.subarray(-7)]),
    /checksum/,
  ],
])('everything before %s is read, and what is wrong is told', async (_, bytes, wrong) => {
  expect(await read(bytes, 65_536)).toEqual({ text: lines, wrong: expect.stringMatching(wrong) as string });
});

test.each<[string, Buffer]>([
  ['that ends too early', zipped.subarray(0, zipped.length / 2)],
  [
    'that is damaged',
    Buffer.concat([zipped.subarray(0, zipped.length / 2), Buffer.alloc(5_000, 0xff), zipped]),
  ],
  ['of zstd that ends too early', zstdCompressSync(lines).subarray(0, -50_000)],
])('of compressed data %s the beginning is read', async (_, bytes) => {
  const { text, wrong } = await read(bytes, 65_536);
  expect(wrong).toMatch(/compressed data/);
  // Damage may unpack to something before it is found.
  const begin = lines.slice(0, lines.length / 4);
  expect(text.startsWith(begin)).toBe(true);
});

test.each([
  ['bzip2', Buffer.from('BZh91AY&SY'), 'bzcat'],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'xzcat'],
  ['lz4', Buffer.from([4, 0x22, 0x4d, 0x18, 0]), 'lz4 -dc'],
  ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), 'tar -xOf'],
  ['tar that is packed', gzipSync(Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')])), 'tar -xOf'],
  ['zip', Buffer.from('PK\x03\x04...'), 'unzip -p'],
  ['UTF-16', Buffer.from('\uFEFF{"a":1}', 'utf16le'), 'iconv'],
  ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 'iconv'],
])('%s is told by name, with what to do', async (_, bytes, words) => {
  expect(await read(bytes, 65_536)).toEqual({ text: '', wrong: expect.stringContaining(words) as string });
});

test('how the bytes come in pieces changes nothing', async () => {
  const some = Buffer.concat([gzipSync(lines.slice(0, 3_000)), gzipSync('x\n'), Buffer.from('rubbish')]);
  const expected = await read(some, 1e9);
  expect(expected.wrong).toBeDefined();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2_000 }), async (size) => {
      expect(await read(some, size)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test('what unpacks to more than is taken is given up', async () => {
  expect(await wholeOf(gzipSync('x'.repeat(1_000_000)), 100_000)).toBeUndefined();
});

test.each([
  ['zstd', zstdCompressSync],
  ['gzip', gzipSync],
])('of a bomb of %s no more is unpacked than is asked for', async (_, pack) => {
  const megabytes = 256;
  const packed = pack(Buffer.alloc(megabytes * 1024 * 1024));
  expect(packed.length).toBeLessThan(400_000);
  const before = process.memoryUsage().arrayBuffers;
  let [size, most] = [0, 0];
  for await (const bytes of unpacked(cut(packed, 65_536))) {
    size += bytes.length;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(size).toBe(megabytes * 1024 * 1024);
  // What was given away before is collected in its own time.
  expect(most).toBeLessThan(160 * 1024 * 1024);
});
