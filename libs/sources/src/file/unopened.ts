import { access, constants, stat } from 'node:fs/promises';
import type { LogFile } from './log-file.ts';

/** What the file system's words mean to whoever named a log. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read: check its permissions',
  EISDIR: 'it is a folder: name the files in it',
};

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
  for (const { name, path } of files) {
    await checkLog(path, follow);
    if (follow || !(await isPipe(path))) continue;
    // Nothing but its name tells what comes out of a pipe from another log.
    if (piped.has(name))
      throw new Error(`Two logs that are pipes are called ${name}: name them, as in one=${path}`);
    piped.add(name);
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
