import {
  createInflateRaw,
  createZstdDecompress,
  crc32,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib';
import type { ByteInput } from './byte-input.ts';
import { Unreadable } from './unreadable.ts';

/** Input goes in by so many bytes at a time: what comes out of them, some thousand times as much at the most, is kept at once. */
const PIECE_BYTES = 16 * 1024;
const OUTPUT_BYTES = 1024 * 1024;

const NEITHER = 'It is damaged, or is still being written: copy it again.';

/**
 * What gzip packed: any number of members one after the other (RFC 1952). zlib’s own reader gives up what it has unpacked where
 * something else follows, which is why the members are told apart here.
 *
 * @throws Unreadable behind everything that can be unpacked.
 */
export async function* gunzipped(input: ByteInput): AsyncGenerator<Buffer> {
  for (let members = 0; ; members++) {
    const begin = await input.peek(2);
    if (begin.length === 0) return;
    if (begin[0] !== 0x1f || begin[1] !== 0x8b) return await onlyPadding(input);
    await passHeader(input);
    let [checksum, size] = [0, 0];
    for await (const bytes of decompressed(createInflateRaw({ chunkSize: OUTPUT_BYTES }), input)) {
      checksum = crc32(bytes, checksum);
      size += bytes.length;
      yield bytes;
    }
    const trailer = await taken(input, 8);
    if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== size % 2 ** 32)
      throw new Unreadable(`The compressed data before is damaged: its checksum is not right. ${NEITHER}`);
  }
}

/** What zstd packed. @throws Unreadable behind what can be unpacked. */
export async function* unzstd(input: ByteInput): AsyncGenerator<Buffer> {
  while ((await input.peek(1)).length > 0)
    yield* decompressed(createZstdDecompress({ chunkSize: OUTPUT_BYTES }), input);
}

/** Tapes and disks are filled up with zeros. */
async function onlyPadding(input: ByteInput): Promise<void> {
  for await (const bytes of input.rest())
    if (bytes.some((byte) => byte !== 0))
      throw new Unreadable(`Behind its compressed data stands something that is not compressed. ${NEITHER}`);
}

async function passHeader(input: ByteInput): Promise<void> {
  const flags = (await taken(input, 10))[3]!;
  if (flags & 4) await taken(input, (await taken(input, 2)).readUInt16LE(0));
  for (const named of [8, 16]) if (flags & named) while ((await taken(input, 1))[0] !== 0);
  if (flags & 2) await taken(input, 2);
}

async function taken(input: ByteInput, count: number): Promise<Buffer> {
  const bytes = await input.peek(count);
  if (bytes.length < count) throw new Unreadable(`Its compressed data ends too early. ${NEITHER}`);
  return await input.next(count);
}

/** What a decompressor makes of the input, until its data ends; what stands behind that stays in the input. */
async function* decompressed(
  decompressor: InflateRaw | ZstdDecompress,
  input: ByteInput,
): AsyncGenerator<Buffer> {
  const output: Buffer[] = [];
  let state: 'open' | 'ended' | Error = 'open';
  let settle = () => {};
  const changed = (next: 'ended' | Error) => {
    state = next;
    settle();
  };
  decompressor.on('data', (bytes: Buffer) => output.push(bytes));
  decompressor.on('end', () => changed('ended'));
  decompressor.on('error', changed);
  const fed = (feed: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      settle = resolve;
      feed(resolve);
    });
  let given = 0;
  try {
    while (state === 'open') {
      const piece = await input.next(PIECE_BYTES);
      given += piece.length;
      await fed((done) =>
        piece.length === 0 ? decompressor.end() : decompressor.write(piece, () => done()),
      );
      yield* output.splice(0);
      if ((state as unknown) === 'ended')
        input.putBack(piece.subarray(piece.length - (given - decompressor.bytesWritten)));
    }
  } finally {
    decompressor.destroy();
  }
  if ((state as unknown) instanceof Error)
    throw new Unreadable(
      `Its compressed data cannot be read from here on (${(state as unknown as Error).message}). ${NEITHER}`,
    );
}
