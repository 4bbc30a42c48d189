import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isFields, jsonOf } from '@margay/ground';
import { unzipSync } from 'fflate';

/** What was brought to be checked. */
export interface BroughtEvidence {
  /** What stands in `report.json`. */
  readonly report: unknown;
  /** What is to show that it is in a log; absent where nothing is. */
  readonly log?: {
    readonly entry: Uint8Array;
    readonly proof: Uint8Array;
    /** The signed statement about the report's evidence; absent where there is none. */
    readonly statement?: Uint8Array;
  };
  /** The files of the ZIP; absent where the report was brought alone. */
  readonly zip?: BroughtZip;
}

/** The files of an `evidence.zip`, each as its SHA-256 in hexadecimal. */
export interface BroughtZip {
  /** What `manifest.json` says of the report: its digest. */
  readonly digest: unknown;
  /** The files that `manifest.json` names, by name. */
  readonly named: ReadonlyMap<string, string>;
  /** Those that are there, `manifest.json` apart. */
  readonly there: ReadonlyMap<string, string>;
}

const REPORT = 'report.json';
const MANIFEST = 'manifest.json';
/** A file, and a file of a ZIP unpacked, may have no more bytes: more make no text. */
const FILE_BYTES_MAX = constants.MAX_STRING_LENGTH;
/** All files of a ZIP together: each is unpacked. */
const ZIP_BYTES_MAX = 16 * FILE_BYTES_MAX;
/** Each is found by reading the list of all. */
const FILES_MAX = 1_000;

/** Reads a `report.json` or an `evidence.zip`. @throws Error that names the file. */
export async function readEvidence(path: string): Promise<BroughtEvidence> {
  const bytes = await readBytes(path);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return { report: jsonIn(path, bytes) };
  const file = filesIn(path, bytes);
  const report = file.read(REPORT);
  if (report === undefined) throw new Error(`Cannot read ${path}: it is a ZIP without ${REPORT}`);
  const [entry, proof] = [file.read('log-entry.json'), file.read('report.tlog-proof')];
  const statement = file.read('coverage.dsse.json');
  return {
    report: jsonIn(`${path}: ${REPORT}`, report),
    ...(entry !== undefined &&
      proof !== undefined && { log: { entry, proof, ...(statement !== undefined && { statement }) } }),
    zip: {
      ...manifestIn(path, file.read(MANIFEST)),
      // One after the other: of a large report they need not fit the memory together.
      there: new Map(
        file.names.filter((name) => name !== MANIFEST).map((name) => [name, sha256(file.read(name)!)]),
      ),
    },
  };
}

/** The bytes of a file. @throws Error that names it. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not by its size: a pipe has none.
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(chunks, size);
}

/** The files of a ZIP, by name. @throws Error where a name stands twice, or a file is too large. */
function filesIn(path: string, bytes: Uint8Array) {
  const names = new Set<string>();
  let size = 0;
  const unzipped = (name?: string) => {
    try {
      return unzipSync(bytes, {
        filter(file) {
          if (name !== undefined) return file.name === name;
          if (names.has(file.name)) throw new Error(`it has two files ${file.name}`);
          if (names.size === FILES_MAX) throw new Error(`it has more than ${FILES_MAX} files`);
          if (file.originalSize > FILE_BYTES_MAX)
            throw new Error(`${file.name} in it has more than ${FILE_BYTES_MAX} bytes`);
          size += file.originalSize;
          if (size > ZIP_BYTES_MAX) throw new Error(`it unpacks to more than ${ZIP_BYTES_MAX} bytes`);
          names.add(file.name);
          return false;
        },
      });
    } catch (error) {
      throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  };
  unzipped();
  return {
    names: [...names],
    read: (name: string): Uint8Array | undefined => (names.has(name) ? unzipped(name)[name] : undefined),
  };
}

/** What a manifest says. @throws Error where it is missing, or is none. */
function manifestIn(path: string, bytes: Uint8Array | undefined): Omit<BroughtZip, 'there'> {
  if (bytes === undefined)
    throw new Error(`Cannot read ${path}: it is a ZIP without ${MANIFEST}, which says what belongs to it`);
  const manifest = jsonIn(`${path}: ${MANIFEST}`, bytes);
  const files: unknown = isFields(manifest) ? manifest['files'] : undefined;
  if (!isFields(manifest) || !Array.isArray(files))
    throw new Error(`Cannot read ${path}: ${MANIFEST} in it names no files`);
  const named = new Map(
    files.map((file: unknown, i) => {
      const { name, sha256: hash } = isFields(file) ? file : {};
      if (typeof name !== 'string' || typeof hash !== 'string')
        throw new Error(`Cannot read ${path}: ${MANIFEST} in it: files[${i}] has no name and sha256`);
      return [name, hash];
    }),
  );
  return { digest: manifest['digest'], named };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function jsonIn(place: string, bytes: Uint8Array): unknown {
  const read = jsonOf(Buffer.from(bytes).toString());
  if ('problem' in read) throw new Error(`Cannot read ${place}: ${read.problem}`);
  return read.value;
}
