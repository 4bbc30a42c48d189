import { cpSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { chance } from './testing/chance.ts';
import { overwritePages } from './testing/damaged-file.ts';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';

function another(path: string): void {
  rmSync(path);
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE cookies (name TEXT)');
  database.close();
}

const newer = (path: string) => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 1000');
  database.close();
};

/** What may have become of the file, and what is said of it. */
const DAMAGES: readonly [string, (path: string) => void, RegExp][] = [
  [
    'pages overwritten',
    (path) => overwritePages(path, 0.05, chance(5)),
    /the file is damaged .*Put a backup in its place, or move it/,
  ],
  ['a text', (path) => writeFileSync(path, 'a text\n'.repeat(9_999)), /damaged or is no Margay database/],
  ['emptied', (path) => truncateSync(path, 0), /the file is empty, and it was not/],
  ['cut', (path) => truncateSync(path, statSync(path).size / 2), /is gone in part|the file is damaged/],
  ['of another program', another, /the database of another program. Choose another folder/],
  ['of a newer release', newer, /a newer Margay wrote it. Start that version/],
];

/** Each damage is a start of the command line. */
const PATIENCE = 180_000;

test(
  'a database that cannot be used is told in one line, with its file and what to do',
  { timeout: PATIENCE },
  async () => {
    const made = ownFolder();
    const { child } = await startUp(['--data', made]);
    await stopped(child);
    for (const [what, damage, said] of DAMAGES) {
      const folder = ownFolder();
      cpSync(made, folder, { recursive: true });
      damage(join(folder, 'margay.db'));
      const { code, err } = margay(['up', '--port', '0', '--data', folder]);
      const lines = err.trimEnd().split('\n').slice(1);
      expect({ what, code, lines }).toEqual({
        what,
        code: 1,
        lines: [expect.stringContaining(`margay: Database ${join(folder, 'margay.db')}: `)],
      });
      expect(lines[0]).toMatch(said);
    }
  },
);
