import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileSource, generationOf } from '@margay/coverage';
import { EntryReader, type Bare, type Entry, type Fields } from '@margay/ground';
import { identityOf, keyOfContent, shortened } from './content.ts';
import type { Cursor, Identity } from './cursor.ts';
import { followLines } from './follow-lines.ts';
import { logFileOf, type LogFile } from './log-file.ts';
import type { PlaceInLog } from './places-in-logs.ts';
import type { Positions } from './positions.ts';
import { checkLog, isPipe, unopened } from './unopened.ts';
import { Unreadable } from '../bytes/unreadable.ts';
import { BEGINNING, readLines, type Line, type Place } from './read-lines.ts';

/** Some lines of a log, and what they say, in their order. */
export interface Stretch {
  /** The same for the same log, wherever it lies and under whatever path it is read. */
  readonly source: string;
  /** The source of the file that the log was written to before, where that is known. */
  readonly goesOnFrom?: string;
  /** The lines `[from, to)`, counted from one. */
  readonly from: number;
  readonly to: number;
  readonly entries: readonly Entry[];
  /** Set, and no entries there, where something from this line on cannot be read. */
  readonly unreadable?: { readonly line: number; readonly message: string };
  /** On the first behind a place that was kept: what was noted there. */
  readonly noted?: Fields;
  /** To be called when everything up to here is durable. @param noted is given again where reading goes on here. */
  readonly keep: (noted?: Fields) => Promise<void>;
}

/** What is looked for in a log. */
interface Wanted {
  readonly bare: Bare;
}

const nothingToKeep = async () => {};

/**
 * Reads a log that is finished to its end. One that was read to its end before, and has not changed, is not read again; one
 * that has grown since is the same source, and so is one that was renamed, packed or copied.
 *
 * A pipe is read once, as it comes, and called by its name alone.
 *
 * @throws Error that names a file which cannot be read, and says why.
 */
export async function* readLog(
  file: LogFile,
  {
    bare,
    positions,
    signal,
    place: { isDouble, before, isGap } = {},
  }: Wanted & {
    readonly positions?: Positions;
    readonly signal?: AbortSignal;
    /** What the files beside it tell of it; see `placesInLogs`. */
    readonly place?: PlaceInLog | undefined;
  },
): AsyncGenerator<Stretch> {
  const { name, path } = file;
  await checkLog(path, false);
  if (isDouble) return;
  const piped = await isPipe(path);
  const known = piped ? undefined : await knownOf(file, positions);
  const place = piped ? { inode: 0, size: 0 } : await placeOf(path);
  if (known?.kept.some(({ inode, byte }) => inode === place.inode && byte === place.size)) return;
  const goesOnFrom = before && known ? await sourceOf(before, positions) : undefined;
  const own = { source: known?.source ?? name, ...(goesOnFrom !== undefined && { goesOnFrom }) };
  if (isGap) yield unreadableAt(own, 0, MISSING);
  const stretches = new Stretches(bare);
  let unreadable: string | undefined;
  try {
    for await (const lines of readLines(path)) {
      if (signal?.aborted) return;
      const stretch = stretches.take(lines);
      if (stretch) yield { ...own, ...stretch, keep: nothingToKeep };
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw unopened(path, error);
    unreadable = error.message;
  }
  const rest = stretches.end();
  if (rest) yield { ...own, ...rest, keep: nothingToKeep };
  const { line } = stretches;
  if (unreadable !== undefined) yield unreadableAt(own, line + 1, unreadable);
  const end = { generation: 1, inode: place.inode, line, byte: place.size };
  // A log in which nothing is has been read too: it is a source that told nothing.
  if (known)
    yield {
      ...own,
      from: line + 1,
      to: line + 1,
      entries: [],
      keep: async () => {
        const { identity, keys } = known;
        for (const key of keys) await positions?.set(key, { ...end, identity, name: known.name });
      },
    };
}

const MISSING =
  'A file of the log is missing before this one, as the numbers in their names say; what was written in it is not known.';

/**
 * Reads a log that goes on growing, from the place that it was kept at, until the signal is aborted: first what it was rotated into
 * meanwhile, and all of that where no place is kept. What was rotated away or truncated while nobody read is told.
 *
 * Each file is a source of its own, known by its first line, so that the same file is the same source when it is read again. Lines may
 * come again after a crash, if they were not kept, and none is lost.
 *
 * @throws Error that says so for a pipe, and for a file that cannot be read.
 */
export async function* followLog(
  { name, path }: LogFile,
  {
    bare,
    positions,
    signal,
    others,
  }: Wanted & {
    readonly positions: Positions;
    readonly signal: AbortSignal;
    /** Logs in the same folder that are followed by themselves: paths, or `NAME=PATH`. */
    readonly others?: readonly string[];
  },
): AsyncGenerator<Stretch> {
  await checkLog(path, true);
  const kept = await positions.get(path);
  let stretches = new Stretches(bare, kept);
  let file = new FollowedFile(name, kept);
  let generation = kept?.generation ?? 1;
  let known = kept?.noted;
  for await (const { lines, cursor, lost } of followLines(path, kept, signal, othersOf(others))) {
    if (lost || cursor.generation !== generation) {
      const rest = stretches.end();
      if (rest) yield { ...file.place, ...rest, keep: nothingToKeep };
      // What could not be read stands behind what could, and that is where the next file is, too.
      if (lost) yield unreadableAt(file.place, stretches.line + 1, LOST);
    }
    if (lines.length === 0) continue;
    if (cursor.generation !== generation) {
      stretches = new Stretches(bare);
      generation = cursor.generation;
      known = undefined;
      file = file.next(lines);
    } else file.begin(lines);
    const stretch = stretches.take(lines);
    // Where something that has begun waits for its rest, reading is taken up again before it.
    const place = { ...cursor, ...stretches.settled, ...file.known };
    const keep = (noted?: Fields) => positions.set(path, { ...place, ...(noted && { noted }) });
    if (!stretch) continue;
    yield { ...file.place, ...stretch, ...(known && { noted: known }), keep };
    known = undefined;
  }
}

const othersOf = (others: readonly string[] = []): string[] => others.map((other) => logFileOf(other).path);

const LOST =
  'The log was rotated away or truncated here, or cannot be read on; what was written after this line and before the next file that is there is not known.';

type FileOfLog = Pick<Cursor, 'identity' | 'generation' | 'goesOnFrom'>;

/** What tells one of the files that a log is made of from the others. */
class FollowedFile {
  readonly #name: string;
  #identity: Identity | undefined;
  readonly #generation: number;
  readonly #goesOnFrom: string | undefined;

  constructor(name: string, { identity, generation = 1, goesOnFrom }: Partial<FileOfLog> = {}) {
    this.#name = name;
    this.#goesOnFrom = goesOnFrom;
    this.#identity = identity;
    this.#generation = generation;
  }

  get source(): string {
    const source = this.#identity === undefined ? this.#name : fileSource(this.#name, this.#identity.digest);
    return generationOf(source, this.#generation);
  }

  get place(): Pick<Stretch, 'source' | 'goesOnFrom'> {
    const goesOnFrom = this.#goesOnFrom;
    return { source: this.source, ...(goesOnFrom !== undefined && { goesOnFrom }) };
  }

  get known(): FileOfLog {
    const [identity, goesOnFrom] = [this.#identity, this.#goesOnFrom];
    return {
      generation: this.#generation,
      ...(identity && { identity }),
      ...(goesOnFrom !== undefined && { goesOnFrom }),
    };
  }

  begin(lines: readonly Line[]): void {
    this.#identity ??= firstLineOf(lines);
  }

  /** The file that begins with these lines, behind this one. */
  next(lines: readonly Line[]): FollowedFile {
    const identity = firstLineOf(lines)!;
    const isAlike = identity.digest === this.#identity?.digest;
    // One in which nothing was is no source.
    const goesOnFrom = this.#identity === undefined ? this.#goesOnFrom : this.source;
    return new FollowedFile(this.#name, {
      identity,
      generation: isAlike ? this.#generation + 1 : 1,
      ...(goesOnFrom !== undefined && { goesOnFrom }),
    });
  }
}

const unreadableAt = (
  place: Pick<Stretch, 'source' | 'goesOnFrom'>,
  line: number,
  message: string,
): Stretch => ({
  ...place,
  from: line,
  to: line,
  entries: [],
  unreadable: { line, message },
  keep: nothingToKeep,
});

/** Makes stretches of the lines of one file. */
class Stretches {
  readonly #reader: EntryReader;
  #from: number;
  /** The last line that was taken. */
  line: number;
  /** Where reading can be taken up again. */
  settled: Place;

  constructor(bare: Bare, { line, byte }: Place = BEGINNING) {
    this.#reader = new EntryReader(bare);
    this.line = line;
    this.#from = line + 1;
    this.settled = { line, byte };
  }

  /** What the lines complete; undefined while what they belong to is not whole. */
  take(lines: readonly Line[]): Pick<Stretch, 'from' | 'to' | 'entries'> | undefined {
    const entries: Entry[] = [];
    for (const line of lines) {
      for (const entry of this.#reader.take(line)) entries.push(entry);
      this.line = line.number;
      if (this.#reader.settled) this.settled = { line: line.number, byte: line.end };
    }
    // Of a list that is too long to wait for its end, the elements come before the lines are settled.
    const last = Math.max(this.settled.line, entries.at(-1)?.line ?? 0);
    return this.#stretch(last, entries);
  }

  /** What is left where nothing follows. */
  end(): Pick<Stretch, 'from' | 'to' | 'entries'> | undefined {
    return this.#stretch(this.line, this.#reader.end());
  }

  #stretch(last: number, entries: readonly Entry[]) {
    if (last < this.#from && entries.length === 0) return undefined;
    const from = this.#from;
    this.#from = Math.max(last + 1, from);
    return { from, to: this.#from, entries };
  }
}

async function placeOf(path: string): Promise<{ inode: number; size: number }> {
  const { ino, size } = await stat(path);
  return { inode: ino, size };
}

/** The source of a finished file; undefined for what is none, or is gone. */
async function sourceOf(file: LogFile, positions?: Positions): Promise<string | undefined> {
  try {
    return (await isPipe(file.path)) ? undefined : (await knownOf(file, positions)).source;
  } catch {
    return undefined;
  }
}

/** What a finished file is known by, and the places that were kept of it. */
interface Known {
  readonly source: string;
  readonly name: string;
  readonly identity: Identity;
  readonly kept: readonly Cursor[];
  /** Of positions. */
  readonly keys: readonly string[];
}

/** Looks for a file where it lies, and for what begins as it does: it may have been read under another name. */
async function knownOf({ name, path }: LogFile, positions: Positions | undefined): Promise<Known> {
  // What was named by somebody is the same under that name only.
  const own = name === basename(path) ? '' : ` in ${name}`;
  const content = positions && (await keyOfContent(path));
  const keys = [...(content === undefined ? [] : [`${content}${own}`]), path];
  const cursors = await Promise.all(keys.map(async (key) => positions?.get(key)));
  const kept = cursors.filter((cursor) => cursor !== undefined);
  const before = kept.filter(({ identity }) => identity !== undefined);
  const found = await identityOf(
    path,
    before.map((cursor) => cursor.identity!),
  );
  const alike = content === undefined ? undefined : cursors[0];
  const read =
    before.find((cursor) => cursor.identity === found) ??
    // A copy that was made before the log was read says less of what begins so.
    ((alike?.identity?.bytes ?? 0) > found.bytes ? alike : undefined);
  const identity = read?.identity ?? found;
  const called = read?.name ?? name;
  return { source: fileSource(called, identity.digest), name: called, identity, kept, keys };
}

/** Of a log that grows, the first line: what comes after it is not known yet. */
function firstLineOf([first]: readonly Line[]): Identity | undefined {
  if (first === undefined) return undefined;
  const line = Buffer.from(`${first.text}\n`, 'utf8');
  return { bytes: line.length, digest: shortened(createHash('sha256').update(line)) };
}
