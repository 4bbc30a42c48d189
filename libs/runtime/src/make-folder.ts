import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those that it is to lie in, where they are not there; what is there stays as it is.
 *
 * One after the other: where a file system says of a new folder that there is nothing to make it in, as `/proc` does, Node itself tries to
 * make all of them for ever.
 *
 * @param mode of those that are made.
 * @throws the file system's error where one cannot be made, or something else stands there.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  for (const folder of missing.toReversed()) makeOne(folder, mode);
  if (missing.length === 0 && !statSync(path).isDirectory()) mkdirSync(path);
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have made it meanwhile.
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(folder);
    if (!isThere || !statSync(folder).isDirectory()) throw error;
  }
}
