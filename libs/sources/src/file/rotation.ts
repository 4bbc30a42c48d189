import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { PACKED } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import type { Cursor, Head } from './cursor.ts';
import { BEGINNING } from './read-lines.ts';

/** A file that a log is written to, or was rotated into, as it was seen. */
export interface SeenFile {
  readonly path: string;
  readonly inode: number;
  /** In bytes, as it stands: of a packed file, not of what it says. */
  readonly size: number;
  /** When it was last written to; only compared. */
  readonly modified: number;
  readonly isPacked: boolean;
  /** The first bytes of what it says, `HEAD_BYTES_MAX` where there are so many; empty where they cannot be read. */
  readonly begin: Uint8Array;
}

/** What is read next of a log. */
export interface Step {
  /** The file of the cursor; absent where none is. */
  readonly file?: SeenFile;
  /** The one that was begun after it; absent where it is the newest. */
  readonly next?: SeenFile;
  /** Something that stood between the two, or the file of the cursor itself, is gone. */
  readonly isGap: boolean;
}

/** How much of a file tells it from others: an audit event has its id there. */
export const HEAD_BYTES_MAX = 256;

/** So many files that were read are remembered. A log of which more are kept is read again where its place is lost. */
const READ_MAX = 100;

/** What rotation puts behind a name: a number, a date, a time. */
const BEHIND = /^[-_.](\d[\d:.TZ_-]*)$/;
/** And into it: a number behind a dash is none, since `audit-1.log` beside `audit.log` is as likely the log of another API server. */
const INSIDE = /^(?![-_]\d{1,6}$)[-_.](\d[\d:.TZ_-]*)$/;
const NUMBER = /^\d{1,6}$/;

/**
 * What rotation put into a file's name: `1` of `audit.log.1.gz`, `2026-11-24T01-02-03.456` of `audit-2026-11-24T01-02-03.456.log`.
 * Undefined for what is no rotated file of the log.
 *
 * @param log the name of the file that is written to.
 */
export function rotationOf(log: string, name: string): string | undefined {
  const unpacked = name.replace(PACKED, '');
  const extension = extname(log);
  for (const [before, pattern, behind] of [
    [log, BEHIND, ''],
    [log.slice(0, log.length - extension.length), INSIDE, extension],
  ] as const) {
    if (!unpacked.startsWith(before) || !unpacked.endsWith(behind)) continue;
    const [, rotation] = pattern.exec(unpacked.slice(before.length, unpacked.length - behind.length)) ?? [];
    if (rotation !== undefined) return rotation;
  }
  return undefined;
}

/**
 * What tells in which order files were rotated, by what rotation put into their names: numbers, or times. Undefined where names are of
 * several kinds.
 */
export function orderIn(rotations: readonly string[]): 'numbers' | 'times' | undefined {
  if (rotations.every(isNumber)) return 'numbers';
  const [width, ...others] = new Set(rotations.map((rotation) => digitsOf(rotation).length));
  return width === 0 || others.length > 0 ? undefined : 'times';
}

/** A time in a name, without what stands between its digits. */
export const digitsOf = (rotation: string): string => rotation.replaceAll(/\D/g, '');

/** Whether what rotation put into a name is no time. */
export const isNumber = (rotation: string): boolean => NUMBER.test(rotation);

/** Whether a number between two is missing. */
export function isMissingBetween(a: number, b: number, numbers: ReadonlySet<number>): boolean {
  for (let n = Math.min(a, b) + 1; n < Math.max(a, b); n++) if (!numbers.has(n)) return true;
  return false;
}

/**
 * Which file is read from the cursor on, and which one after it. Without a cursor, reading begins with the oldest file; where the
 * cursor's file is gone, it goes on with the oldest that was not read.
 *
 * @param path of the file that is written to. @param seen all files of its folder that could be of the log, in any order.
 * @returns undefined where nothing is there to be read.
 */
export function stepFrom(
  path: string,
  seen: readonly SeenFile[],
  cursor: Cursor | undefined,
): Step | undefined {
  const whole = withoutDoubles(path, seen);
  const isOfLog = ({ path: other }: SeenFile) => other === path || rotationIn(path, other) !== undefined;
  if (cursor === undefined) {
    const files = inOrder(path, whole.filter(isOfLog));
    const [first, next] = files;
    return (
      first && {
        file: first,
        ...(next && { next }),
        isGap: next !== undefined && isHole(path, seen, files, first, next),
      }
    );
  }
  const file = fileOf(path, whole, cursor);
  const files = inOrder(
    path,
    whole.filter((one) => one === file || isOfLog(one)),
  );
  if (file === undefined) {
    const next = files.find((one) => one.path === path || !isRead(one, cursor));
    return next && { next, isGap: true };
  }
  const next = files[files.indexOf(file) + 1];
  return { file, ...(next && { next }), isGap: next !== undefined && isHole(path, seen, files, file, next) };
}

/** The beginning of the file behind the one that the cursor is in. @param left the latter, where it is there. */
export function beginningOf(next: SeenFile, cursor: Cursor, left: SeenFile | undefined): Cursor {
  const digest = left === undefined || left.begin.length === 0 ? cursor.head?.digest : headOf(left).digest;
  const read = [...(cursor.read ?? []), ...(digest === undefined ? [] : [digest])].slice(-READ_MAX);
  return { ...firstPlaceIn(next, cursor.generation + 1), read };
}

/** The beginning of a file. */
export const firstPlaceIn = (file: SeenFile, generation = 1): Cursor => ({
  ...BEGINNING,
  generation,
  inode: file.inode,
  ...(file.begin.length > 0 && { head: headOf(file) }),
});

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');

const headOf = ({ begin }: SeenFile): Head => ({ bytes: begin.length, digest: digestOf(begin) });

const rotationIn = (log: string, path: string) => rotationOf(basename(log), basename(path));

/** The file that a cursor is in: by its inode, else one that begins alike, as one that was packed or copied does. */
function fileOf(path: string, files: readonly SeenFile[], cursor: Cursor): SeenFile | undefined {
  const holds = (file: SeenFile) =>
    (file.isPacked || file.size >= cursor.byte) &&
    (cursor.head === undefined || beginsWith(file, cursor.head));
  const same = files.find((file) => file.inode === cursor.inode && holds(file));
  if (same !== undefined || cursor.head === undefined) return same;
  return inOrder(path, files.filter(holds)).at(-1);
}

const beginsWith = ({ begin }: SeenFile, { bytes, digest }: Head): boolean =>
  begin.length >= bytes && digestOf(begin.subarray(0, bytes)) === digest;

const isRead = ({ begin }: SeenFile, { read = [] }: Cursor): boolean =>
  begin.length === HEAD_BYTES_MAX && read.includes(digestOf(begin));

/** A file is there twice while it is packed, or copied before it is truncated. */
function withoutDoubles(path: string, seen: readonly SeenFile[]): SeenFile[] {
  const paths = new Set(seen.map((file) => file.path));
  const current = seen.find((file) => file.path === path);
  return seen.filter((file) => {
    if (file.isPacked && PACKED.test(file.path) && paths.has(file.path.replace(PACKED, ''))) return false;
    if (current === undefined || file === current || file.begin.length < HEAD_BYTES_MAX) return true;
    return file.size > current.size || Buffer.compare(file.begin, current.begin) !== 0;
  });
}

/**
 * From the oldest to the file that is written to: by the numbers in their names, of which the lowest is the newest unless times say otherwise, by the times in
 * them, and where these are not alike, by when they were written to last.
 */
function inOrder(path: string, files: readonly SeenFile[]): SeenFile[] {
  const rotated = files.filter((file) => file.path !== path);
  const names = new Map(rotated.map((file) => [file, rotationIn(path, file.path) ?? '']));
  const kind = orderIn([...names.values()]);
  const byName = (a: SeenFile, b: SeenFile) => compareTexts(a.path, b.path);
  const sign = isAscending(path, rotated) ? 1 : -1;
  const order =
    kind === 'numbers'
      ? (a: SeenFile, b: SeenFile) => sign * (Number(names.get(a)) - Number(names.get(b))) || byName(a, b)
      : kind === 'times'
        ? (a: SeenFile, b: SeenFile) =>
            compareTexts(digitsOf(names.get(a)!), digitsOf(names.get(b)!)) || byName(a, b)
        : (a: SeenFile, b: SeenFile) => a.modified - b.modified || byName(a, b);
  return [...rotated.sort(order), ...files.filter((file) => file.path === path)];
}

/** Whether a writer counts up, so that the highest number is the newest. What packed a file may have given it its own time. */
function isAscending(path: string, files: readonly SeenFile[]): boolean {
  const plain = files.filter((file) => file.path !== path && !file.isPacked);
  const times = plain.sort((a, b) => numberOf(path, a) - numberOf(path, b)).map(({ modified }) => modified);
  return times.length > 1 && times.slice(1).every((time, i) => times[i]! < time);
}

/** Of the file that is written to 0; not a number where a name has none. */
const numberOf = (log: string, { path }: SeenFile): number => {
  const rotation = path === log ? '0' : rotationIn(log, path);
  return rotation !== undefined && isNumber(rotation) ? Number(rotation) : Number.NaN;
};

/** Whether numbers in names say that a file stood between two, the newest of which is 1, or 0. @param seen with doubles: their numbers are not missing. */
function isHole(
  path: string,
  seen: readonly SeenFile[],
  files: readonly SeenFile[],
  file: SeenFile,
  next: SeenFile,
): boolean {
  const [from, to] = [numberOf(path, file), numberOf(path, next)];
  if (isAscending(path, files) ? next.path === path || from > to : from < to) return false;
  return isMissingBetween(from, to, new Set(seen.map((one) => numberOf(path, one))));
}
