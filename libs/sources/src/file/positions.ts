import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '@margay/runtime';
import type { Cursor } from './cursor.ts';

/** The places that files have been read to, by path and by what they begin with (`keyOfContent`), kept in a folder that one process uses. */
export interface Positions {
  /** Where reading of a file goes on; undefined for one that was never read. */
  get(path: string): Promise<Cursor | undefined>;
  /** Remembers a place, durably when fulfilled. Call it when everything before the place is. */
  set(path: string, cursor: Cursor): Promise<void>;
  /** Lets go of them. */
  close(): void;
}

/**
 * Opens the positions in a folder, which is made where there is none.
 *
 * @throws Error when the folder cannot be made; `get` throws for a position that cannot be read and `set` for one that cannot be
 * written, with what to do.
 */
export async function openPositions(directory: string): Promise<Positions> {
  makeFolder(directory, 0o700);
  const fileOf = (path: string) => {
    const digest = createHash('sha256').update(path).digest('hex').slice(0, 16);
    return join(directory, `position-${basename(path).replaceAll(/[^\w.-]/g, '_')}-${digest}.json`);
  };
  return {
    async get(path) {
      const file = fileOf(path);
      try {
        return (JSON.parse(await readFile(file, 'utf8')) as { cursor: Cursor }).cursor;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new Error(
          `${file} does not say where ${path} was read to: remove it to read that from its beginning`,
          {
            cause: error,
          },
        );
      }
    },
    async set(path, cursor) {
      const file = fileOf(path);
      try {
        await replace(file, JSON.stringify({ path, cursor }));
      } catch (error) {
        throw new Error(
          `The place that ${path} was read to cannot be kept in ${directory}: ${whyNotWritten(error as NodeJS.ErrnoException)} Nothing is lost: it is read again from the place before.`,
          { cause: error },
        );
      }
    },
    close() {},
  };
}

/** A rename replaces the old file with the new one or not at all. */
async function replace(file: string, text: string): Promise<void> {
  const written = await open(`${file}.new`, 'w', 0o600);
  try {
    await written.writeFile(text);
    await written.sync();
  } finally {
    await written.close();
  }
  await rename(`${file}.new`, file);
}

const whyNotWritten = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full. Make room.' : `${message}.`;
