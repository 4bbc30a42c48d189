import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyOfTree, type TreeCopy } from './testing/copy-of-tree.ts';

// The gate itself: in a copy of the tree, `npm run check` must see what is broken, whatever it has cached before.

/** A small library, which depends on one other. */
const LIBRARY = '@margay/go-template';
const DOOR = 'libs/go-template/src/index.ts';

const MINUTES = 240_000;

let copy: TreeCopy;
beforeAll(() => {
  copy = copyOfTree('gate');
});
afterAll(() => copy.remove());

/** `npm run check` of one project and of what it depends on, by the targets and the cache that the whole tree is checked by. */
function check(): { readonly green: boolean; readonly said: string } {
  const { NX_TASK_TARGET_PROJECT: _, FORCE_COLOR: __, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'check', '--', '-p', LIBRARY], {
    cwd: copy.path,
    encoding: 'utf8',
    env: { ...environment, NX_WORKSPACE_ROOT_PATH: undefined, NO_COLOR: '1' },
  });
  return { green: status === 0, said: stdout + stderr };
}

const append = (file: string, text: string) => copy.write(file, copy.read(file) + text);

test(
  'what was green and cached goes red when a library breaks, and green again when it is mended',
  { timeout: MINUTES },
  () => {
    expect(check()).toMatchObject({ green: true });
    expect(check()).toMatchObject({ green: true, said: expect.stringMatching(/from the cache/) });

    append(DOOR, "\nconst wrong: number = 'text';\n");
    expect(check()).toMatchObject({ green: false, said: expect.stringMatching(/TS2322/) });

    copy.mend(DOOR);
    expect(check()).toMatchObject({ green: true });
  },
);

test('a library goes red when one that it depends on takes back what it uses', { timeout: MINUTES }, () => {
  const used = 'libs/ground/src/index.ts';
  copy.write(used, 'export {};\n');
  expect(check()).toMatchObject({ green: false });
  copy.mend(used);
});

test('a project that imports what its manifest does not say is refused', () => {
  append(DOOR, "\nexport { overlaps } from '@margay/history';\n");
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'arrows'], { cwd: copy.path, encoding: 'utf8' });
  copy.mend(DOOR);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/libs\/go-template\/package\.json/),
  });
});
