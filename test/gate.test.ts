import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
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
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The gate itself: in a copy of the tree, `npm run check` must see what is broken, whatever it has cached before. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCOPE = '@margay';
/** A small library, which depends on one other. */
const LIBRARY = '@margay/go-template';
const DOOR = 'libs/go-template/src/index.ts';

const MINUTES = 240_000;

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'margay-gate-'));
  const files = execFileSync(
    'git',
    [
      'ls-files',
      '-co',
      '--exclude-standard',
      'libs',
      'services',
      '*.json',
      '*.ts',
      '.gitignore',
      '.dependency-cruiser.mjs',
    ],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  for (const file of files.split('\n').filter((name) => name !== '' && !name.startsWith('test/clusters/'))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  // The packages of the registry are those of this tree, the workspace's are the copy's own.
  const modules = join(ROOT, 'node_modules');
  mkdirSync(join(copy, 'node_modules', SCOPE), { recursive: true });
  for (const name of readdirSync(modules))
    if (name !== SCOPE && name !== '.cache')
      symlinkSync(join(modules, name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(modules, SCOPE)))
    symlinkSync(readlinkSync(join(modules, SCOPE, name)), join(copy, 'node_modules', SCOPE, name));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** `npm run check` of one project and of what it depends on, by the targets and the cache that the whole tree is checked by. */
function check(): { readonly green: boolean; readonly said: string } {
  const { NX_TASK_TARGET_PROJECT: _, FORCE_COLOR: __, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'check', '--', '-p', LIBRARY], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...environment, NX_WORKSPACE_ROOT_PATH: undefined, NO_COLOR: '1' },
  });
  return { green: status === 0, said: stdout + stderr };
}

const append = (file: string, text: string) =>
  writeFileSync(join(copy, file), readFileSync(join(copy, file), 'utf8') + text);

test(
  'what was green and cached goes red when a library breaks, and green again when it is mended',
  { timeout: MINUTES },
  () => {
    expect(check()).toMatchObject({ green: true });
    expect(check()).toMatchObject({ green: true, said: expect.stringMatching(/from the cache/) });

    append(DOOR, "\nconst wrong: number = 'text';\n");
    expect(check()).toMatchObject({ green: false, said: expect.stringMatching(/TS2322/) });

    cpSync(join(ROOT, DOOR), join(copy, DOOR));
    expect(check()).toMatchObject({ green: true });
  },
);

test('a library goes red when one that it depends on takes back what it uses', { timeout: MINUTES }, () => {
  const used = 'libs/ground/src/index.ts';
  writeFileSync(join(copy, used), 'export {};\n');
  expect(check()).toMatchObject({ green: false });
  cpSync(join(ROOT, used), join(copy, used));
});

test('a project that imports what its manifest does not say is refused', () => {
  append(DOOR, "\nexport { overlaps } from '@margay/history';\n");
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'arrows'], { cwd: copy, encoding: 'utf8' });
  cpSync(join(ROOT, DOOR), join(copy, DOOR));
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/libs\/go-template\/package\.json/),
  });
});
