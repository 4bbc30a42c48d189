import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isPacked, unpacked } from '../bytes/unpack.ts';
import { headIn } from './content.ts';
import { HEAD_BYTES_MAX, type SeenFile } from './rotation.ts';

const PIECE_BYTES = 64 * 1024;

/** Looks at the files that a log may be made of: all that stand in the folder of the one that is written to. */
export class RotatedFiles {
  readonly #path: string;
  readonly #others: ReadonlySet<string>;
  /** Of packed files, which do not change: by what tells that they have not. */
  #begins = new Map<string, Uint8Array>();

  /** @param others logs of their own, which no rotation of this one has made. */
  constructor(path: string, others: readonly string[] = []) {
    this.#path = path;
    this.#others = new Set(others.map((other) => resolve(other)).filter((other) => other !== resolve(path)));
  }

  async look(): Promise<SeenFile[]> {
    const folder = dirname(this.#path);
    const names = await readdir(folder).catch(() => []);
    const siblings = names
      .filter((name) => name !== basename(this.#path))
      .map((name) => join(folder, name))
      .filter((path) => !this.#others.has(resolve(path)));
    const begins = this.#begins;
    this.#begins = new Map();
    const seen: SeenFile[] = [];
    for (const path of [this.#path, ...siblings]) {
      const file = await this.#see(path, begins);
      if (file) seen.push(file);
    }
    return seen;
  }

  async #see(path: string, begins: ReadonlyMap<string, Uint8Array>): Promise<SeenFile | undefined> {
    const isCurrent = path === this.#path;
    const file = await openIfThere(path, isCurrent);
    if (!file) return undefined;
    try {
      const { ino: inode, size, mtimeMs: modified } = await file.stat();
      const begin = await beginOf(file, HEAD_BYTES_MAX);
      const isPackedFile = !isCurrent && isPacked(begin);
      const seen = { path, inode, size, modified, isPacked: isPackedFile };
      if (!isPackedFile) return { ...seen, begin };
      const key = `${inode} ${size} ${modified}`;
      const unpackedBegin = begins.get(key) ?? (await headIn(unpackedBytes(file)));
      this.#begins.set(key, unpackedBegin);
      return { ...seen, begin: unpackedBegin };
    } finally {
      await file.close();
    }
  }
}

/** The first bytes of a file, as they stand. */
export async function beginOf(file: FileHandle, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  return buffer.subarray(0, bytesRead);
}

/** What a file says, from its beginning. */
export const unpackedBytes = (file: FileHandle): AsyncGenerator<Buffer> => unpacked(bytesFrom(file, 0));

/** What stands in a file from a byte on, to its end. The file stays open, also where not all of it is taken: a stream would close it. */
export async function* bytesFrom(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let at = start; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(PIECE_BYTES), 0, PIECE_BYTES, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** @param mustOpen what stands there and cannot be opened is an error, and not passed over. */
async function openIfThere(path: string, mustOpen: boolean): Promise<FileHandle | undefined> {
  try {
    // To open a pipe into which nobody writes never ends.
    return (await stat(path)).isFile() ? await open(path, 'r') : undefined;
  } catch (error) {
    if (!mustOpen || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
