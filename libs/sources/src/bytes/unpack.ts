import { ByteInput } from './byte-input.ts';
import { gunzipped, unzstd } from './inflate.ts';
import { Unreadable } from './unreadable.ts';

/** A form in which logs come that is not the text itself, known by its first bytes. */
interface Packing {
  readonly begins: readonly (number | undefined)[];
  /** How it is unpacked; it is not where there is none. */
  readonly unpacked?: (input: ByteInput) => AsyncGenerator<Buffer>;
  /** What it is, and what makes a log of it. */
  readonly otherwise?: string;
}

const bytesOf = (text: string): number[] => [...Buffer.from(text, 'latin1')];

const UTF_16 =
  'It is written in UTF-16, as PowerShell’s > does; logs are UTF-8: give what comes out of `iconv -f UTF-16 -t UTF-8`';

const PACKINGS: readonly Packing[] = [
  { begins: [0x1f, 0x8b], unpacked: gunzipped },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], unpacked: unzstd },
  {
    begins: bytesOf('BZh'),
    otherwise: 'It is packed with bzip2, which is not read: give what comes out of `bzcat`',
  },
  {
    begins: [0xfd, ...bytesOf('7zXZ')],
    otherwise: 'It is packed with xz, which is not read: give what comes out of `xzcat`',
  },
  {
    begins: [0x04, 0x22, 0x4d, 0x18],
    otherwise: 'It is packed with lz4, which is not read: give what comes out of `lz4 -dc`',
  },
  {
    begins: bytesOf('PK\x03\x04'),
    otherwise: 'It is a zip archive, which is not read: give what comes out of `unzip -p`',
  },
  { begins: bytesOf('PAR1'), otherwise: 'It is a Parquet file, which is not read: give JSON lines' },
  { begins: bytesOf('SQLite format 3'), otherwise: 'It is a database of SQLite, which is no log' },
  {
    // Behind a name, modes, times and a checksum.
    begins: [...Array.from({ length: 257 }, () => undefined), ...bytesOf('ustar')],
    otherwise:
      'It is a tar archive, which is not read: give what comes out of `tar -xOf`, or unpack it into a folder and give that',
  },
  { begins: [0xff, 0xfe], otherwise: UTF_16 },
  { begins: [0xfe, 0xff], otherwise: UTF_16 },
  { begins: [0x7b, 0], otherwise: UTF_16 },
  { begins: [0, 0x7b], otherwise: UTF_16 },
];

/** How often a log may be packed. */
const DEPTH_MAX = 3;

const BEGIN_BYTES = Math.max(...PACKINGS.map(({ begins }) => begins.length));

const packingOf = (begin: Buffer): Packing | undefined =>
  PACKINGS.find(({ begins }) => begins.every((byte, i) => byte === undefined || begin[i] === byte));

/** Whether bytes that a log begins with say that something has to be made of it before it is text. */
export const isPacked = (begin: Buffer): boolean => packingOf(begin) !== undefined;

/**
 * The text of a log, in bytes, whatever it is packed in.
 *
 * @throws Unreadable behind everything that can be read, also for what is known and not unpacked here.
 */
export async function* unpacked(pieces: AsyncIterable<Buffer>, depth = 0): AsyncGenerator<Buffer> {
  const input = new ByteInput(pieces);
  try {
    const packing = packingOf(await input.peek(BEGIN_BYTES));
    if (packing === undefined) yield* input.rest();
    else if (packing.unpacked === undefined) throw new Unreadable(`${packing.otherwise}.`);
    // What was packed twice, or an archive that was packed.
    else if (depth < DEPTH_MAX) yield* unpacked(packing.unpacked(input), depth + 1);
    else throw new Unreadable(`It is packed more than ${DEPTH_MAX} times.`);
  } finally {
    await input.close();
  }
}

/** All that bytes unpack to, and what is wrong with the rest. */
export interface Whole {
  readonly bytes: Buffer;
  readonly unreadable?: string;
}

/** Unpacks bytes that are all there; undefined where that would be more than the limit. */
export async function wholeOf(packed: Buffer, bytesMax: number): Promise<Whole | undefined> {
  if (!isPacked(packed)) return { bytes: packed };
  const pieces: Buffer[] = [];
  let size = 0;
  const whole = () => Buffer.concat(pieces);
  try {
    for await (const bytes of unpacked(only(packed))) {
      pieces.push(bytes);
      size += bytes.length;
      if (size > bytesMax) return undefined;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { bytes: whole(), unreadable: error.message };
  }
  return { bytes: whole() };
}

/** Whether bytes begin as gzip does, and nothing of them could be unpacked. */
export const isBrokenGzip = (packed: Buffer, { bytes, unreadable }: Whole): boolean =>
  unreadable !== undefined && bytes.length === 0 && packed[0] === 0x1f;

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
