import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { type Fields, isFields, jsonOf } from '@margay/ground';
import {
  isPrinted,
  looksLikeCheckpoint,
  mendedCheckpoint,
  type PrintedPlace,
  readPrinted,
} from '@margay/ledger';
import { LOG_FILES, type Report, toReportJson } from '@margay/reports';
import { jsonSize, sizeProblem } from './json-size.ts';
import { ambiguityOf } from './one-reading.ts';
import type { BroughtKeys } from './follow-keys.ts';
import { filesAttachedTo, isPdf } from './read-pdf.ts';
import { textIn } from './read-kept.ts';
import { FILE_BYTES_MAX, zipFiles } from './read-zip.ts';
import { Wrong } from './wrong.ts';

/** What was brought of a report's place in the log, without the report. */
export type BroughtPlace =
  | ({ readonly kind: 'pdf'; readonly entry: Uint8Array } & BroughtKeys)
  | {
      readonly kind: 'checkpoint' | 'printed';
      readonly checkpoint: Uint8Array;
      /** What stands beside it where it was printed. */
      readonly printed?: PrintedPlace;
    };

/** A report that was brought to be checked. */
export interface BroughtEvidence {
  /** What stands in `report.json`. */
  readonly report: unknown;
  /** All programs read the same in `report.json`, and its bytes are not those that this release makes of it. */
  readonly isRewritten?: boolean;
  /** What is to show that it is in a log; absent where nothing is. */
  readonly log?: BroughtKeys & {
    readonly entry: Uint8Array;
    /** The signed statement about the report's evidence; absent where there is none. */
    readonly statement?: Uint8Array;
  };
  /** The files of the ZIP; absent where the report was brought alone. */
  readonly zip?: BroughtZip;
}

/** The files of an `evidence.zip`, each as its SHA-256 in hexadecimal. */
export interface BroughtZip {
  /** All that `manifest.json` says. */
  readonly manifest: Fields;
  /** The files that `manifest.json` names, by name. */
  readonly named: ReadonlyMap<string, string>;
  /** Those that are there, `manifest.json` apart. */
  readonly there: ReadonlyMap<string, string>;
  /** The log's signed head and key as they stand there; absent where they do not. */
  readonly checkpoint?: string;
  readonly key?: string;
  /** What an authority answered that it saw the log's head (RFC 3161); absent where there is nothing. */
  readonly timestamp?: Uint8Array<ArrayBuffer>;
}

const REPORT = 'report.json';
const MANIFEST = 'manifest.json';
/** What is read; of the others the SHA-256 is enough. */
const READ: ReadonlySet<string> = new Set([REPORT, MANIFEST, ...LOG_FILES]);
/** Of what is read beside the report. The largest says how good the evidence was, by sources and gaps. */
const BESIDE_BYTES_MAX = 32 * 1024 ** 2;

/**
 * Reads what was brought: a `report.json`, an `evidence.zip`, a PDF, or a checkpoint.
 *
 * @throws Wrong where programs may find different things in it; NoteProblem for what is printed where it is not whole; Error that names the
 * file where it cannot be read.
 */
export async function readBrought(path: string): Promise<BroughtEvidence | BroughtPlace> {
  const bytes = await readBytes(path);
  if (isPdf(bytes)) return placeInPdf(path, bytes);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip) return evidenceIn(path, bytes);
  return checkpointIn(bytes) ?? reportIn(path, bytes);
}

/** What of a PDF says where its report is in the log. */
const PLACE = ['log-entry.json', 'report.tlog-proof', 'log-key-changes.json'] as const;

function placeInPdf(path: string, bytes: Buffer): BroughtPlace {
  const files = filesAttachedTo(bytes, PLACE);
  const [entry, proof] = [files.get('log-entry.json'), files.get('report.tlog-proof')];
  if (entry === undefined || proof === undefined)
    throw new Error(
      `Cannot read ${path}: no proof is attached to it as Margay attaches it; give what is printed in it as text, or evidence.zip`,
    );
  const keyChanges = files.get('log-key-changes.json');
  return { kind: 'pdf', entry, proof, ...(keyChanges !== undefined && { keyChanges }) };
}

/** So many bytes tell whether it is a checkpoint. */
const CHECKPOINT_BYTES_MAX = 100_000;

function checkpointIn(bytes: Buffer): BroughtPlace | undefined {
  if (bytes.length > CHECKPOINT_BYTES_MAX) return undefined;
  const text = textIn(bytes);
  if (isPrinted(text)) {
    const printed = readPrinted(text);
    return { kind: 'printed', checkpoint: Buffer.from(printed.checkpoint), printed };
  }
  return looksLikeCheckpoint(text)
    ? { kind: 'checkpoint', checkpoint: Buffer.from(mendedCheckpoint(text)) }
    : undefined;
}

function evidenceIn(path: string, bytes: Buffer): BroughtEvidence {
  const { there, sizes, read } = unzipped(path, bytes);
  const report = read.get(REPORT);
  if (report === undefined) throw new Error(`Cannot read ${path}: it is a ZIP without ${REPORT}`);
  const [entry, proof] = [read.get('log-entry.json'), read.get('report.tlog-proof')];
  const [statement, keyChanges] = [read.get('coverage.dsse.json'), read.get('log-key-changes.json')];
  const more = {
    ...(statement !== undefined && { statement }),
    ...(keyChanges !== undefined && { keyChanges }),
  };
  const [checkpoint, key] = [read.get('log-checkpoint.txt')?.toString(), read.get('log-key.txt')?.toString()];
  const timestamp = read.get('log-checkpoint.tsr');
  return {
    ...reportIn(`${path}: ${REPORT}`, report),
    ...(entry !== undefined && proof !== undefined && { log: { entry, proof, ...more } }),
    zip: {
      ...manifestIn(path, read.get(MANIFEST), { there, sizes }),
      there,
      ...(checkpoint !== undefined && { checkpoint }),
      ...(key !== undefined && { key }),
      ...(timestamp !== undefined && { timestamp: new Uint8Array(timestamp) }),
    },
  };
}

/** The bytes of a file, or with `-` of standard input. @throws Error that names it. */
export async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not by its size: a pipe has none.
    for await (const chunk of (path === '-'
      ? process.stdin
      : createReadStream(path)) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(chunks, size);
}

/** The files of a ZIP: those that are read, the bytes of each, and the SHA-256 of all but the manifest. One after the other: they need not fit the memory together. */
function unzipped(path: string, bytes: Buffer) {
  const there = new Map<string, string>();
  const sizes = new Map<string, number>();
  const read = new Map<string, Buffer>();
  try {
    for (const file of zipFiles(bytes)) {
      if (READ.has(file.name) && file.name !== REPORT && file.bytes > BESIDE_BYTES_MAX)
        throw new Error(`${file.name} in it has more than ${BESIDE_BYTES_MAX} bytes`);
      const content = file.read();
      if (file.name !== MANIFEST) there.set(file.name, createHash('sha256').update(content).digest('hex'));
      sizes.set(file.name, content.length);
      if (READ.has(file.name)) read.set(file.name, content);
    }
  } catch (error) {
    if (error instanceof Wrong) throw error;
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return { there, sizes, read };
}

/** What a manifest says. @throws Wrong where it says two things; Error where it is missing, or is none. */
function manifestIn(
  path: string,
  bytes: Buffer | undefined,
  { there, sizes }: Pick<ReturnType<typeof unzipped>, 'there' | 'sizes'>,
): Pick<BroughtZip, 'manifest' | 'named'> {
  if (bytes === undefined)
    throw new Error(`Cannot read ${path}: it is a ZIP without ${MANIFEST}, which says what belongs to it`);
  const { text, value: manifest } = jsonIn(`${path}: ${MANIFEST}`, MANIFEST, bytes);
  const problem = ambiguityOf(text, (name) => name.toLowerCase());
  if (problem !== undefined) throw new Wrong(`${MANIFEST}: ${problem}`);
  const files: unknown = isFields(manifest) ? manifest['files'] : undefined;
  if (!isFields(manifest) || !Array.isArray(files))
    throw new Error(`Cannot read ${path}: ${MANIFEST} in it names no files`);
  const named = new Map<string, string>();
  for (const [i, file] of files.entries()) {
    const { name, sha256, sizeBytes } = isFields(file) ? file : {};
    if (typeof name !== 'string' || typeof sha256 !== 'string')
      throw new Error(`Cannot read ${path}: ${MANIFEST} in it: files[${i}] has no name and sha256`);
    if (named.has(name)) throw new Wrong(`${MANIFEST}: it names ${name} twice`);
    const size = sizes.get(name);
    // Of one that was changed its digest says so.
    if (there.get(name) === sha256 && sizeBytes !== undefined && sizeBytes !== size)
      throw new Wrong(
        `${MANIFEST}: it says that ${name} has ${JSON.stringify(sizeBytes)} bytes, and it has ${size}`,
      );
    named.set(name, sha256);
  }
  return { manifest, named };
}

/** @throws Wrong where programs may read different things in it. */
function reportIn(place: string, bytes: Buffer): Pick<BroughtEvidence, 'report' | 'isRewritten'> {
  const { text, value: report } = jsonIn(place, REPORT, bytes);
  if (isRendered(report as Report, text)) return { report };
  const problem = ambiguityOf(text);
  if (problem !== undefined) throw new Wrong(`${REPORT}: ${problem}: programs may read another report in it`);
  return { report, isRewritten: true };
}

/** Whether a text is what this release makes of a report. */
function isRendered(report: Report, text: string): boolean {
  let at = 0;
  try {
    for (const piece of toReportJson(report)) {
      if (!text.startsWith(piece, at)) return false;
      at += piece.length;
    }
  } catch {
    // It is no report, or one of another release; whoever judges it says so.
    return false;
  }
  return at === text.length;
}

/** @throws Wrong where it is no UTF-8, so that each program guesses; Error where it is no JSON, or has no room in memory. */
function jsonIn(
  place: string,
  name: string,
  bytes: Buffer,
): { readonly text: string; readonly value: unknown } {
  if (!isUtf8(bytes)) throw new Wrong(`${name}: it is no UTF-8, which each program reads in another way`);
  const problem = sizeProblem(jsonSize(bytes), getHeapStatistics().heap_size_limit);
  if (problem !== undefined) throw new Error(`Cannot read ${place}: ${problem}`);
  const text = bytes.toString();
  const read = jsonOf(text);
  if ('problem' in read) throw new Error(`Cannot read ${place}: ${read.problem}`);
  return { text, value: read.value };
}
