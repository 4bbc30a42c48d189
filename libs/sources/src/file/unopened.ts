import { access, constants, open, stat } from 'node:fs/promises';
import type { LogFile } from './log-file.ts';

/** What the file system's words mean to whoever named a log. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read: check its permissions',
  EISDIR: 'it is a folder: name the file in it that is written to',
};

/** What of a first line is looked at: audit events begin with their ids. */
const BEGINNING_BYTES = 64 * 1024;

/** What is wrong with a log that cannot be opened or read. */
export function unopened(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new Error(`Cannot read ${path}: ${WORDS[code] ?? message}`, { cause: error });
}

/** Whether a path leads to something that can be read only once, as it comes. */
export async function isPipe(path: string): Promise<boolean> {
  return path === '-' || !(await stat(path)).isFile();
}

/**
 * Whether logs can be read, or followed, before anything is.
 *
 * @throws Error that names the log that cannot, and says what to do.
 */
export async function checkLogs(files: readonly LogFile[], follow: boolean): Promise<void> {
  const piped = new Set<string>();
  for (const { path } of files) await checkLog(path, follow);
  if (follow) await checkBeginnings(files);
  for (const { name, path } of files) {
    if (follow || !(await isPipe(path))) continue;
    // Nothing but its name tells what comes out of a pipe from another log.
    if (piped.has(name))
      throw new Error(`Two logs that are pipes are called ${name}: name them, as in one=${path}`);
    piped.add(name);
  }
}

/** A log that goes on growing is known by its name and its first line: two that share both would be taken for one. */
async function checkBeginnings(files: readonly LogFile[]): Promise<void> {
  const begun = new Map<string, { readonly path: string; readonly inode: number }>();
  for (const { name, path } of files) {
    const begin = await beginningOf(path);
    if (begin === undefined) continue;
    const key = `${name}\n${begin.line}`;
    const other = begun.get(key);
    if (other !== undefined && other.inode !== begin.inode)
      throw new Error(
        `${other.path} and ${path} are both called ${name} and begin with the same line, so that nothing tells them apart: name them, as in one=${other.path} other=${path}`,
      );
    begun.set(key, { path, inode: begin.inode });
  }
}

/** The first line of a file, as far as it is short; undefined where there is none yet. */
async function beginningOf(path: string): Promise<{ line: string; inode: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size === 0) return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    const [line = ''] = buffer.toString('latin1', 0, bytesRead).split('\n');
    return { line, inode: found.ino };
  } finally {
    await file.close();
  }
}

/** Whether one log can be read, or followed. @throws as `checkLogs` does. */
export async function checkLog(path: string, follow: boolean): Promise<void> {
  const found = path === '-' ? undefined : await stat(path).catch((error: unknown) => unopened(path, error));
  if (found instanceof Error) {
    // A log that is to be followed may come into being later.
    if (follow && (found.cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw found;
  }
  if (found?.isDirectory()) throw unopened(path, { code: 'EISDIR' });
  if (found?.isFile())
    await access(path, constants.R_OK).catch((error: unknown) => Promise.reject(unopened(path, error)));
  else if (follow)
    throw new Error(
      `Cannot follow ${path}: it is a pipe, which ends and cannot be read again after a restart. Follow the file that is written to it, or read it without following.`,
    );
}
