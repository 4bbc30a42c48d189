import { constants } from 'node:buffer';
import { crc32, inflateRawSync } from 'node:zlib';
import { Wrong } from './wrong.ts';

/** A file of a ZIP. */
export interface ZipFile {
  readonly name: string;
  /** Unpacked. */
  readonly bytes: number;
  /** Unpacks it. @throws Wrong where it is not what the list says; Error where it is broken. */
  read(): Buffer;
}

/** A file may have no more bytes, packed or not: more make no text. */
export const FILE_BYTES_MAX = constants.MAX_STRING_LENGTH;
/** All files of a ZIP together: each is unpacked, some hundred megabytes a second. */
const ZIP_BYTES_MAX = 4 * FILE_BYTES_MAX;
/** Rows shrink to a fiftieth at the most; what is larger than `LOOSE_BYTES_MAX` and shrank to less than this has no rows. */
const RATIO_MAX = 200;
const LOOSE_BYTES_MAX = 64 * 1024 ** 2;
const FILES_MAX = 1_000;

/** As every file of a report is called, and some more; wherever it is unpacked, it is that file in that folder. */
const PLAIN_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9._]{0,253}[A-Za-z0-9])?$/;

const END = { signature: 0x06_05_4b_50, bytes: 22 } as const;
const LISTED = { signature: 0x02_01_4b_50, bytes: 46 } as const;
const HEADER = { signature: 0x04_03_4b_50, bytes: 30 } as const;
const DESCRIPTOR = { signature: 0x08_07_4b_50, bytes: 16 } as const;

const STORED = 0;
const DEFLATED = 8;
/** CRC and sizes stand behind the file's bytes. */
const IS_DESCRIBED = 0x08;
/** How hard the packer tried, `IS_DESCRIBED`, and that the name is UTF-8. */
const FLAGS = 0x08_0e;
/** Times and owners. Others may give a file another name or other bytes. */
const EXTRAS: ReadonlySet<number> = new Set([0x54_55, 0x78_75, 0x58_55, 0x00_0a]);
/** Of the attributes: the Unix type of a file, and that it is a folder or no file at all. */
const TYPE = 0xf0_00;
const REGULAR = 0x80_00;
const NO_FILE = 0x18;

/** A file as the list at the end of the ZIP has it. */
interface Listed {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  /** Time, CRC and both sizes, as they stand. */
  readonly time: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  /** Where its header stands. */
  readonly begin: number;
}

/**
 * The files of a ZIP in which every program finds the same ones, whether it reads the list at the end or one file after the other, and unpacks
 * each to the same place.
 *
 * @throws Wrong where programs may find different files; Error where it is none, or is larger than any report.
 */
export function zipFiles(bytes: Buffer): readonly ZipFile[] {
  const { files, begin } = listIn(bytes);
  let size = 0;
  for (const { name, packed, unpacked } of files) {
    if (unpacked > FILE_BYTES_MAX) throw new Error(`${name} in it has more than ${FILE_BYTES_MAX} bytes`);
    if (unpacked > LOOSE_BYTES_MAX && unpacked > packed * RATIO_MAX)
      throw new Error(`${name} in it unpacks to ${unpacked} bytes of ${packed}, which no report does`);
    size += unpacked;
  }
  if (size > ZIP_BYTES_MAX) throw new Error(`it unpacks to more than ${ZIP_BYTES_MAX} bytes`);
  let end = 0;
  const read = files
    .toSorted((one, other) => one.begin - other.begin)
    .map((file) => {
      if (file.begin < end) throw new Wrong(`${file.name} begins within another file of the ZIP`);
      if (file.begin > end) throw new Wrong(`bytes of no file stand before ${file.name} in the ZIP`);
      const body = bodyOf(bytes, file, begin);
      end = body.end;
      return {
        name: file.name,
        bytes: file.unpacked,
        read: () => unpacked(bytes.subarray(body.begin, body.begin + file.packed), file),
      };
    });
  if (end !== begin) throw new Wrong('bytes of no file stand before the list of the ZIP');
  return read;
}

/** The files that the list at the end names, and where it begins. */
function listIn(bytes: Buffer): { readonly files: readonly Listed[]; readonly begin: number } {
  const end = bytes.length - END.bytes;
  if (end < 0 || bytes.readUInt32LE(end) !== END.signature || bytes.readUInt16LE(end + 20) !== 0) {
    if (bytes.includes(Buffer.from('PK\u0005\u0006')))
      throw new Wrong('bytes stand behind the end of the ZIP');
    throw new Error('it is a ZIP that breaks off: it has no end');
  }
  const count = bytes.readUInt16LE(end + 10);
  const begin = bytes.readUInt32LE(end + 16);
  if (bytes.readUInt32LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== count)
    throw new Error('it is a ZIP in several volumes');
  if (begin + bytes.readUInt32LE(end + 12) !== end)
    throw new Wrong('the list of the ZIP does not end where the ZIP does');
  if (count > FILES_MAX) throw new Error(`it has more than ${FILES_MAX} files`);
  const files: Listed[] = [];
  const names = new Map<string, string>();
  let at = begin;
  for (let i = 0; i < count; i++) {
    const { file, next } = listed(bytes, at, end);
    const same = file.name.toLowerCase();
    const other = names.get(same);
    if (other !== undefined) throw new Wrong(`the ZIP has two files ${other} and ${file.name}`);
    names.set(same, file.name);
    files.push(file);
    at = next;
  }
  if (at !== end) throw new Wrong('the list of the ZIP has more than its files');
  return { files, begin };
}

function listed(bytes: Buffer, at: number, end: number): { readonly file: Listed; readonly next: number } {
  const broken = () => new Wrong('the list of the ZIP names fewer files than its end says, or is broken');
  if (at + LISTED.bytes > end || bytes.readUInt32LE(at) !== LISTED.signature) throw broken();
  const named = at + LISTED.bytes + bytes.readUInt16LE(at + 28);
  const next = named + bytes.readUInt16LE(at + 30);
  if (next > end) throw broken();
  const name = bytes.toString('latin1', at + LISTED.bytes, named);
  if (!PLAIN_NAME.test(name))
    throw new Wrong(`the ZIP has a file ${JSON.stringify(name)}, which is no plain name`);
  const attributes = bytes.readUInt32LE(at + 38);
  const type = (attributes >>> 16) & TYPE;
  if ((type !== 0 && type !== REGULAR) || (attributes & NO_FILE) !== 0)
    throw new Wrong(`${name} in the ZIP is a link or a folder, and no file`);
  if (bytes.readUInt16LE(at + 32) !== 0) throw new Wrong(`${name} in the ZIP has a comment`);
  checkExtras(name, bytes.subarray(named, next));
  const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
  if ((flags & ~FLAGS) !== 0 || (method !== STORED && method !== DEFLATED))
    throw new Error(`${name} in it is packed in a way that no report is`);
  const file: Listed = {
    name,
    flags,
    method,
    time: bytes.readUInt32LE(at + 12),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    unpacked: bytes.readUInt32LE(at + 24),
    begin: bytes.readUInt32LE(at + 42),
  };
  return { file, next };
}

function checkExtras(name: string, extras: Buffer): void {
  let at = 0;
  while (at + 4 <= extras.length && EXTRAS.has(extras.readUInt16LE(at)))
    at += 4 + extras.readUInt16LE(at + 2);
  if (at !== extras.length) throw new Wrong(`${name} in the ZIP has an extra field that no report has`);
}

/** Where the bytes of a file begin, and where what belongs to it ends. @throws Wrong where its header is not as the list says. */
function bodyOf(bytes: Buffer, file: Listed, list: number): { readonly begin: number; readonly end: number } {
  const { name, flags, method, crc, packed, unpacked: size } = file;
  const differs = () => new Wrong(`the list of the ZIP and the header of ${name} say different things`);
  const at = file.begin;
  if (at + HEADER.bytes > list || bytes.readUInt32LE(at) !== HEADER.signature) throw differs();
  const named = at + HEADER.bytes + bytes.readUInt16LE(at + 26);
  const begin = named + bytes.readUInt16LE(at + 28);
  if (begin + packed > list) throw differs();
  checkExtras(name, bytes.subarray(named, begin));
  const isDescribed = (flags & IS_DESCRIBED) !== 0;
  const isSame =
    bytes.readUInt16LE(at + 6) === flags &&
    bytes.readUInt16LE(at + 8) === method &&
    bytes.readUInt32LE(at + 10) === file.time &&
    bytes.toString('latin1', at + HEADER.bytes, named) === name &&
    [crc, packed, size].every((value, i) => {
      const said = bytes.readUInt32LE(at + 14 + 4 * i);
      return said === value || (isDescribed && said === 0);
    });
  // What is stored and described behind its bytes ends wherever a reader thinks that it does.
  if (!isSame || (method === STORED && (isDescribed || packed !== size))) throw differs();
  const end = begin + packed;
  if (!isDescribed) return { begin, end };
  if (end + DESCRIPTOR.bytes > list) throw differs();
  const described = [DESCRIPTOR.signature, crc, packed, size].every(
    (value, i) => bytes.readUInt32LE(end + 4 * i) === value,
  );
  if (!described) throw differs();
  return { begin, end: end + DESCRIPTOR.bytes };
}

function unpacked(packed: Buffer, { name, method, crc, unpacked: size }: Listed): Buffer {
  const bytes = method === STORED ? packed : inflated(packed, name, size);
  if (crc32(bytes) !== crc) throw new Wrong(`${name} in the ZIP has not the CRC that the list says`);
  return bytes;
}

function inflated(packed: Buffer, name: string, size: number): Buffer {
  let result: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
  try {
    result = inflateRawSync(packed, {
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.min(Math.max(size, 64), 1024 ** 2),
      info: true,
    }) as unknown as typeof result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Wrong(`${name} in the ZIP has more bytes than the list says`);
    throw new Error(`${name} in it is broken: ${(error as Error).message}`, { cause: error });
  }
  if (result.buffer.length !== size || result.engine.bytesWritten !== packed.length)
    throw new Wrong(`${name} in the ZIP has not the bytes that the list says`);
  return result.buffer;
}
