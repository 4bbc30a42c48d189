import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, replaceFile } from '@margay/runtime';

/**
 * By what this reader is told from others that read sources of the same names: a name of its own, which nobody else has. Kept in its folder,
 * so that it is the same one after another start; without one it is another reader each time.
 *
 * @throws Error, which names the file, where it cannot be kept.
 */
export function readerIn(directory: string | undefined): string {
  if (directory === undefined) return randomUUID();
  const file = join(directory, 'reader');
  const known = readName(file);
  if (known !== undefined) return known;
  const name = randomUUID();
  try {
    makeFolder(directory, 0o700);
    replaceFile(file, name, 0o600);
  } catch (error) {
    throw new Error(`The name of this reader cannot be kept in ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return name;
}

function readName(file: string): string | undefined {
  try {
    const name = readFileSync(file, 'utf8').trim();
    return /^[\da-f-]{36}$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
