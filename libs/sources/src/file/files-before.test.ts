import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { filesBefore } from './files-before.ts';
import { logFileOf } from './log-file.ts';

/** Files, each with the hour of its first event; which goes on from which. */
async function before(files: Readonly<Record<string, number>>, named = (path: string) => path) {
  const folder = mkdtempSync(join(tmpdir(), 'margay-before-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, hour] of Object.entries(files)) {
    const line = `{"stageTimestamp":"2026-11-24T${String(hour).padStart(2, '0')}:00:00.000000Z"}\n`;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(line) : line);
  }
  const found = await filesBefore(Object.keys(files).map((name) => logFileOf(named(join(folder, name)))));
  return Object.fromEntries(
    [...found].map(([path, { path: other }]) => [relative(folder, path), relative(folder, other)]),
  );
}

test.each<[string, Record<string, number>, Record<string, string>]>([
  [
    'numbers of which the lowest is the newest',
    { 'audit.log': 3, 'audit.log.1': 2, 'audit.log.2.gz': 1 },
    { 'audit.log': 'audit.log.1', 'audit.log.1': 'audit.log.2.gz' },
  ],
  [
    'the file that is written to is the newest, whatever its clock says',
    { 'audit.log': 1, 'audit.log.1': 5 },
    { 'audit.log': 'audit.log.1' },
  ],
  [
    'a writer that counts up',
    { 'audit.log': 4, 'audit.log.1': 1, 'audit.log.2': 2, 'audit.log.3': 3 },
    { 'audit.log': 'audit.log.3', 'audit.log.3': 'audit.log.2', 'audit.log.2': 'audit.log.1' },
  ],
  [
    'times in names',
    {
      'audit-2026-11-24T01-00-00.000.log': 0,
      'audit-2026-11-24T02-00-00.000.log.gz': 1,
      'audit.log': 2,
    },
    {
      'audit.log': 'audit-2026-11-24T02-00-00.000.log.gz',
      'audit-2026-11-24T02-00-00.000.log.gz': 'audit-2026-11-24T01-00-00.000.log',
    },
  ],
  [
    'folders are logs of their own',
    { 'a/audit.log': 2, 'a/audit.log.1': 1, 'b/audit.log': 2, 'b/audit.log.1': 1 },
    { 'a/audit.log': 'a/audit.log.1', 'b/audit.log': 'b/audit.log.1' },
  ],
  ['a number that is missing', { 'audit.log.1': 3, 'audit.log.3': 1 }, {}],
  ['numbers behind a dash may be API servers', { 'audit.log': 3, 'audit-1.log': 2, 'audit-2.log': 1 }, {}],
  ['numbers before an extension may be', { 'audit.log': 3, 'audit.1.log': 2, 'audit.2.log': 1 }, {}],
  ['addresses of API servers are', { 'audit-10.0.0.1.log': 1, 'audit-10.0.0.2.log': 2 }, {}],
  [
    'logs of API servers that were rotated',
    { 'a-10.0.0.1.log': 2, 'a-10.0.0.1.log.1': 1, 'a-2.log': 2, 'a-2.log.1': 1, 'a-3.log': 1 },
    { 'a-10.0.0.1.log': 'a-10.0.0.1.log.1', 'a-2.log': 'a-2.log.1' },
  ],
  ['one file twice', { 'audit.log': 3, 'audit.log.1': 2, 'audit.log.1.gz': 2 }, {}],
  ['logs of other names', { 'kube-1.log': 1, 'kube-2.log': 2, 'other.log': 3 }, {}],
])('%s', async (_, files, expected) => expect(await before(files)).toEqual(expected));

test('logs that are named apart are apart', async () => {
  const files = { 'audit.log': 2, 'audit.log.1': 1 };
  expect(await before(files, (path) => (path.endsWith('1') ? `one=${path}` : `two=${path}`))).toEqual({});
  expect(await before(files, (path) => `one=${path}`)).toEqual({ 'audit.log': 'audit.log.1' });
});
