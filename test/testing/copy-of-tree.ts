import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCOPE = '@margay';
const FILES = ['libs', 'services', 'test', '*.json', '*.ts', '.gitignore', '.dependency-cruiser.mjs'];

/** A copy of the sources that a test may change, with the packages of this tree. */
export interface TreeCopy {
  readonly path: string;
  read(file: string): string;
  /** Makes a file, or replaces it. */
  write(file: string, text: string): void;
  /** Sets a file back to what it is in this tree. */
  mend(file: string): void;
  remove(): void;
}

/** Copies what git knows or would take, without the recordings. */
export function copyOfTree(name: string): TreeCopy {
  const path = mkdtempSync(join(tmpdir(), `margay-${name}-`));
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...FILES], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of listed.split('\n').filter((each) => each !== '' && !each.startsWith('test/clusters/'))) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(ROOT, file), join(path, file));
  }
  // The packages of the registry are those of this tree, the workspace's are the copy's own.
  const modules = join(ROOT, 'node_modules');
  mkdirSync(join(path, 'node_modules', SCOPE), { recursive: true });
  for (const each of readdirSync(modules))
    if (each !== SCOPE && each !== '.cache')
      symlinkSync(join(modules, each), join(path, 'node_modules', each));
  for (const each of readdirSync(join(modules, SCOPE)))
    symlinkSync(readlinkSync(join(modules, SCOPE, each)), join(path, 'node_modules', SCOPE, each));
  // Some projects have packages in versions of their own.
  for (const each of globSync(['libs/*/node_modules', 'services/*/node_modules'], { cwd: ROOT }))
    symlinkSync(join(ROOT, each), join(path, each));
  return {
    path,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    write(file, text) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    },
    mend: (file) => cpSync(join(ROOT, file), join(path, file)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
