import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileSource, generationOf } from '@margay/coverage';
import { followLines, type Cursor, type Identity } from './follow-lines.ts';
import type { Positions } from './positions.ts';
import { CutShort, readLines, type Line } from './read-lines.ts';

/** A log file: what its source is called, and where it is. */
export interface LogFile {
  readonly name: string;
  /** `-` is standard input. */
  readonly path: string;
}

/** `NAME=PATH`, or a path alone: then the log is called as its file is. */
export function logFileOf(text: string): LogFile {
  const [, name, path] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  return name === undefined || path === undefined
    ? { name: text === '-' ? text : basename(text), path: text }
    : { name, path };
}

/** Some lines of a log, in their order. */
export interface Stretch {
  /** The same for the same log, wherever it lies and under whatever path it is read. */
  readonly source: string;
  readonly lines: readonly Line[];
  /** Set, and no lines there, where something from this line on cannot be read. */
  readonly unreadable?: { readonly line: number; readonly message: string };
  /** To be called when everything up to here is durable. */
  readonly keep: () => Promise<void>;
}

/**
 * Reads a log that is finished to its end. One that was read to its end before, and has not changed, is not read again; one
 * that has grown since is the same source.
 *
 * @throws the file system's error for a file that cannot be read; for a pipe one that says what to do.
 */
export async function* readLog(
  { name, path }: LogFile,
  { positions, signal }: { readonly positions?: Positions; readonly signal?: AbortSignal } = {},
): AsyncGenerator<Stretch> {
  const before = path === '-' ? undefined : await positions?.get(path);
  const place = path === '-' ? { inode: 0, size: 0 } : await placeOf(path);
  if (before?.inode === place.inode && before.byte === place.size) return;
  const identity = path === '-' ? undefined : await identityOf(path, before?.identity);
  const source = identity === undefined ? name : fileSource(name, identity.digest);
  const nothing = async () => {};
  let line = 0;
  try {
    for await (const lines of readLines(path)) {
      if (signal?.aborted) return;
      line = lines.at(-1)?.number ?? line;
      yield { source, lines, keep: nothing };
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    const message = `The file ends too early: ${error.message}. Copy it again.`;
    yield { source, lines: [], unreadable: { line: line + 1, message }, keep: nothing };
  }
  const end = { generation: 1, inode: place.inode, line, byte: place.size };
  if (identity !== undefined) await positions?.set(path, { ...end, identity });
}

/**
 * Reads a log that grows and rotates, from the place that it was read to, until the signal is aborted.
 *
 * Lines may come again after a crash, if they were not kept, and none is lost.
 */
export async function* followLog(
  { name, path }: LogFile,
  { positions, signal }: { readonly positions: Positions; readonly signal: AbortSignal },
): AsyncGenerator<Stretch> {
  let known = await positions.get(path);
  for await (const { lines, cursor, lost } of followLines(path, known, signal)) {
    const identity = known?.identity ?? firstLineOf(lines);
    const kept = { ...cursor, ...(identity && { identity }) };
    known = kept;
    const sourceIn = ({ generation }: Cursor) =>
      generationOf(identity === undefined ? name : fileSource(name, identity.digest), generation);
    if (lost) {
      const message =
        'The log was rotated away or truncated here; what was written after this line before that is not known.';
      const unreadable = { line: lost.line + 1, message };
      yield { source: sourceIn(lost), lines: [], unreadable, keep: async () => {} };
    }
    yield { source: sourceIn(cursor), lines, keep: () => positions.set(path, kept) };
  }
}

/** A log is read twice, to know whose it is and for its lines, and a pipe would wait for a second writer for ever. */
async function placeOf(path: string): Promise<{ inode: number; size: number }> {
  const found = await stat(path);
  if (found.isFIFO() || found.isSocket())
    throw new Error(
      'it is a pipe, which can be read only once: give what comes out of it on standard input, as -, or as a file',
    );
  return { inode: found.ino, size: found.size };
}

/** The identity that a file had, where it still begins so; else that of all its content. */
async function identityOf(path: string, before: Identity | undefined): Promise<Identity> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    if (before !== undefined && bytes < before.bytes && before.bytes <= bytes + chunk.length) {
      const until = hash.copy().update(chunk.subarray(0, before.bytes - bytes));
      if (shortened(until.digest('hex')) === before.digest) return before;
    }
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, digest: shortened(hash.digest('hex')) };
}

/** Of a log that grows, the first line: what comes after it is not known yet. */
function firstLineOf([first]: readonly Line[]): Identity | undefined {
  if (first === undefined) return undefined;
  const line = Buffer.from(`${first.text}\n`, 'utf8');
  return { bytes: line.length, digest: shortened(createHash('sha256').update(line).digest('hex')) };
}

const shortened = (digest: string): string => digest.slice(0, 16);
