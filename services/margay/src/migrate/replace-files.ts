import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { keepNames } from '@margay/runtime';

/** A file that is there, and what is to stand in it. */
export interface Replacement {
  readonly file: string;
  readonly text: string;
  /** What stands in it now. */
  readonly before: Uint8Array;
}

/**
 * Puts other texts into files: into all of them, or none. Each is written beside the old one and takes its place when all are on the
 * disk, with its mode and owner; a disk that is full destroys nothing.
 *
 * @throws Error that names the file that could not be replaced, and those that were changed nevertheless: where one was, and its old text could
 * not be put back.
 */
export function replaceFiles(replacements: readonly Replacement[]): void {
  const made: { readonly file: string; readonly put: () => void; readonly drop: () => void }[] = [];
  let at = '';
  let done = 0;
  try {
    for (const { file, text } of replacements) made.push({ file: (at = file), ...besides(file, text) });
    for (const { file, put } of made) {
      at = file;
      put();
      done++;
    }
  } catch (error) {
    for (const { drop } of made.slice(done)) drop();
    const changed = replacements.slice(0, done).filter((one) => !isPutBack(one));
    const state =
      changed.length === 0
        ? 'nothing was changed'
        : `changed already: ${changed.map(({ file }) => file).join(', ')}`;
    throw new Error(`${at} cannot be written, ${state}: ${(error as Error).message}`, { cause: error });
  }
}

function isPutBack({ file, before }: Replacement): boolean {
  try {
    besides(file, before).put();
    return true;
  } catch {
    return false;
  }
}

/** Writes what is to stand in a file beside it, onto the disk. */
function besides(file: string, text: string | Uint8Array): { put: () => void; drop: () => void } {
  // Of a link, what it leads to.
  const target = realpathSync(file);
  accessSync(target, constants.W_OK);
  const old = statSync(target);
  if (!old.isFile()) throw new Error('it is no file');
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  const descriptor = openSync(beside, 'wx', 0o600);
  const drop = () => rmSync(beside, { force: true });
  try {
    writeFileSync(descriptor, text);
    const { uid, gid } = fstatSync(descriptor);
    if (uid !== old.uid || gid !== old.gid) fchownSync(descriptor, old.uid, old.gid);
    fchmodSync(descriptor, old.mode & 0o7777);
    fsyncSync(descriptor);
  } catch (error) {
    drop();
    throw error;
  } finally {
    closeSync(descriptor);
  }
  const put = () => {
    renameSync(beside, target);
    keepNames(dirname(target));
  };
  return { put, drop };
}
