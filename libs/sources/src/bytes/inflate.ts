import {
  createInflateRaw,
  createZstdDecompress,
  crc32,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib';
import type { ByteInput } from './byte-input.ts';
import { Unreadable } from './unreadable.ts';

/** Input goes in by so many bytes at a time. */
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

/**
 * What a decompressor makes of the input, until its data ends; what stands behind that stays in the input. No more is unpacked
 * than was asked for: four bytes of zstd may stand for a hundred thousand.
 */
async function* decompressed(
  decompressor: InflateRaw | ZstdDecompress,
  input: ByteInput,
): AsyncGenerator<Buffer> {
  const output: Buffer[] = [];
  let state: 'open' | 'ended' | Error = 'open';
  let wake = () => {};
  const changed = (next: 'ended' | Error) => {
    state = next;
    wake();
  };
  decompressor.on('data', (bytes: Buffer) => {
    output.push(bytes);
    decompressor.pause();
    wake();
  });
  decompressor.on('end', () => changed('ended'));
  decompressor.on('error', changed);
  /** Until there is output, the input was taken, or the data ended. */
  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      decompressor.resume();
    });
  let given = 0;
  /** Of what was given, what the decompressor has not taken. */
  let left: Buffer = Buffer.alloc(0);
  try {
    while (state === 'open') {
      const piece = await input.next(PIECE_BYTES);
      given += piece.length;
      left = Buffer.concat([left, piece]);
      let isTaken = false;
      if (piece.length === 0) decompressor.end();
      else
        decompressor.write(piece, () => {
          isTaken = true;
          wake();
        });
      while (!isTaken && state === 'open') {
        await news();
        yield* output.splice(0);
      }
      yield* output.splice(0);
      left = left.subarray(left.length - (given - decompressor.bytesWritten));
    }
    if ((state as unknown) === 'ended') input.putBack(left);
  } finally {
    decompressor.destroy();
  }
  if ((state as unknown) instanceof Error)
    throw new Unreadable(
      `Its compressed data cannot be read from here on (${(state as unknown as Error).message}). ${NEITHER}`,
    );
}
