import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { compareTexts } from '@margay/ground';
import { logFileOf } from './log-file.ts';
import { unopened } from './unopened.ts';

/**
 * The logs that texts name, with the files of folders in the place of these: of a rotated log, all of it. Files in folders of folders are
 * among them, hidden ones are not; the name that a folder is given, as in `kube-1=logs/`, is that of each of its files.
 *
 * @param texts `NAME=PATH`, or paths.
 * @throws Error that names the folder that cannot be read, or has nothing in it.
 */
export async function logsNamed(texts: readonly string[]): Promise<string[]> {
  const all = await Promise.all(
    texts.map(async (text) => {
      const { name, path } = logFileOf(text);
      if (path === '-' || !(await stat(path).catch(() => undefined))?.isDirectory()) return [text];
      const files = (await filesIn(path)).sort(compareTexts);
      if (files.length === 0)
        throw new Error(`Cannot read ${path}: it is a folder, and there is no file in it`);
      const isNamed = text !== path;
      // A path that does not begin with a folder could look like one that is named.
      return files.map((file) => (isNamed ? `${name}=${file}` : isAbsolute(file) ? file : `./${file}`));
    }),
  );
  return all.flat();
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
    Promise.reject(unopened(folder, error)),
  );
  const files = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return filesIn(path);
        // What a link leads to is read where it is a file; folders behind links may lead back.
        const isFile = entry.isFile() || (await stat(path).catch(() => undefined))?.isFile() === true;
        return isFile ? [path] : [];
      }),
  );
  return files.flat();
}
