import { MINUTE, type Instant, SECOND } from '@margay/ground';

/** A file whose name holds the time at which it was rotated. */
export interface DatedFile {
  /** As it stands in the name, in digits. */
  readonly name: string;
  /** Of its first event; undefined where none is found. */
  readonly first: Instant | undefined;
}

/** Of how many digits names are that hold a time of day. */
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{0,6})$/;
const OVERLAP_MAX = SECOND;
/** A file may be rotated a while after its last event. */
const LATE_MAX = MINUTE;

/** A file, and when it began and ended by the clock as it was: by one that was set back within it, it may have ended before it began. */
interface Timed<T> {
  readonly file: T;
  readonly first: Instant;
  readonly end: Instant;
}

/**
 * Files in the order in which they were written: that of their names, unless the times in them say that the clock was set back once in between, so
 * that a later file was given an earlier name. Then those behind that time go on from one another up to the file that is written to, and so
 * do those before it. Where that is not so, the names count.
 *
 * @param files by name. @param current when the file that is written to begins.
 */
export function datedInOrder<T extends DatedFile>(
  files: readonly T[],
  current: Instant | undefined,
): readonly T[] {
  const timed = files.flatMap((file): Timed<T>[] => {
    const end = timeIn(file.name);
    return file.first === undefined || end === undefined ? [] : [{ file, first: file.first, end }];
  });
  if (current === undefined || timed.length < files.length || isRow(timed, current)) return files;
  const behind: Timed<T>[] = [];
  let rest = timed;
  for (let begins = current; ;) {
    // Where nothing was set back in them, what is left are the files before that time.
    if (isRow(rest)) return [...rest, ...behind].map(({ file }) => file);
    const near = rest.findLast(({ end }) => end <= begins + OVERLAP_MAX);
    if (near === undefined || begins - near.end > LATE_MAX) return files;
    behind.unshift(near);
    begins = near.first;
    rest = rest.filter((one) => one !== near);
  }
}

/** Whether none of them begins before the one before it ends. */
const isRow = (files: readonly Timed<unknown>[], current = Infinity): boolean =>
  files.every(({ end }, i) => end <= (files[i + 1]?.first ?? current) + OVERLAP_MAX);

function timeIn(name: string): Instant | undefined {
  const [, year, month, day, hour, minute, second, fraction = ''] = TIME.exec(name) ?? [];
  if (year === undefined) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at * 1000 + Number(fraction.padEnd(6, '0'));
}
