import { constants } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { jsonOf } from '@margay/ground';
import { unzipSync } from 'fflate';

/** What was brought to be checked. */
export interface BroughtEvidence {
  /** What stands in `report.json`. */
  readonly report: unknown;
  /** What is to show that it is in a log; absent where nothing is. */
  readonly log?: { readonly entry: Uint8Array; readonly proof: Uint8Array };
  /** Further files, which are made of the report. */
  readonly others: readonly string[];
}

const WANTED = ['report.json', 'log-entry.json', 'report.tlog-proof'] as const;
const BESIDE: readonly string[] = [...WANTED, 'manifest.json', 'log-checkpoint.txt', 'log-key.txt'];
/** A file, and a file of a ZIP unpacked, may have no more bytes: more make no text. */
const FILE_BYTES_MAX = constants.MAX_STRING_LENGTH;

/** Reads a `report.json` or an `evidence.zip`. @throws Error that names the file. */
export async function readEvidence(path: string): Promise<BroughtEvidence> {
  const bytes = await readBytes(path);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return { report: jsonIn(path, bytes), others: [] };
  const names: string[] = [];
  const files = unzipped(path, bytes, names);
  const { 'report.json': report, 'log-entry.json': entry, 'report.tlog-proof': proof } = files;
  if (report === undefined) throw new Error(`Cannot read ${path}: it is a ZIP without report.json`);
  return {
    report: jsonIn(`${path}: report.json`, report),
    ...(entry !== undefined && proof !== undefined && { log: { entry, proof } }),
    others: names.filter((name) => !BESIDE.includes(name)),
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

function unzipped(path: string, bytes: Uint8Array, names: string[]): Partial<Record<string, Uint8Array>> {
  const seen = new Set<string>();
  try {
    return unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (seen.has(name)) throw new Error(`it has two files ${name}`);
        seen.add(name);
        names.push(name);
        if (!WANTED.some((wanted) => wanted === name)) return false;
        if (originalSize > FILE_BYTES_MAX)
          throw new Error(`${name} in it has more than ${FILE_BYTES_MAX} bytes`);
        return true;
      },
    });
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function jsonIn(place: string, bytes: Uint8Array): unknown {
  const read = jsonOf(Buffer.from(bytes).toString());
  if ('problem' in read) throw new Error(`Cannot read ${place}: ${read.problem}`);
  return read.value;
}
