import { PACKED } from '@margay/coverage';
import { digestOfContent, headOf } from './content.ts';
import type { LogFile } from './log-file.ts';

/** A file, and how much it says. */
interface Sized {
  readonly file: LogFile;
  readonly bytes: number;
  readonly digest: string;
}

/**
 * Of files of one log, those of which others say all: a log is there twice while it is packed, or copied before it is truncated, and what is
 * being written of it is a beginning of the other.
 */
export async function doublesIn(files: readonly LogFile[]): Promise<ReadonlySet<LogFile>> {
  const doubles = new Set<LogFile>();
  if (files.length < 2) return doubles;
  const heads = new Map<LogFile, string>();
  for (const file of files) heads.set(file, (await headOf(file.path)).toString('latin1'));
  const paths = new Map(files.map((file) => [file.path, file]));
  // Of what is being packed, perhaps nothing can be read yet.
  const beginsAs = (file: LogFile): string => {
    const plain = PACKED.test(file.path) ? paths.get(file.path.replace(PACKED, '')) : undefined;
    const [head, other] = [heads.get(file)!, heads.get(plain ?? file)!];
    return other.startsWith(head) ? other : head;
  };
  for (const [head, alike] of Map.groupBy(files, beginsAs)) {
    if (alike.length < 2 || head === '') continue;
    const sized: Sized[] = [];
    for (const file of alike) sized.push({ file, ...(await digestOfContent(file.path)) });
    const kept: Sized[] = [];
    for (const one of sized.toSorted(byWorth))
      if (await isOneOf(kept, one)) doubles.add(one.file);
      else kept.push(one);
  }
  return doubles;
}

/** What says more first, and of two that say the same the one that is not packed, or has the shorter name. */
const byWorth = (a: Sized, b: Sized): number =>
  b.bytes - a.bytes ||
  Number(PACKED.test(a.file.path)) - Number(PACKED.test(b.file.path)) ||
  a.file.path.length - b.file.path.length;

/** Whether something is what one of others begins with. */
async function isOneOf(others: readonly Sized[], { bytes, digest }: Sized): Promise<boolean> {
  for (const other of others) {
    const begin = other.bytes === bytes ? other : await digestOfContent(other.file.path, bytes);
    if (begin.digest === digest) return true;
  }
  return false;
}
