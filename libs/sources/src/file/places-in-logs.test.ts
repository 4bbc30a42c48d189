import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { logFileOf } from './log-file.ts';
import { placesInLogs } from './places-in-logs.ts';

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-places-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** What files tell of one another: which one each goes on from, behind a `!` where something between is missing, or that it is a `double`. */
async function placesOf(contents: Readonly<Record<string, string | Buffer>>, named = (path: string) => path) {
  const folder = newFolder();
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const found = await placesInLogs(Object.keys(contents).map((name) => logFileOf(named(join(folder, name)))));
  return Object.fromEntries(
    [...found].map(([path, { isDouble, isGap, before }]) => [
      relative(folder, path),
      isDouble ? 'double' : `${isGap ? '!' : ''}${relative(folder, before!.path)}`,
    ]),
  );
}

/** A line of an hour, long enough that nothing else begins alike. */
const lineOf = (hour: number): string =>
  `{"stageTimestamp":"2026-11-24T${String(hour).padStart(2, '0')}:00:00.000000Z","id":"${String(hour).repeat(300)}"}\n`;

/** As `placesOf`, of files with a line each. */
const before = (files: Readonly<Record<string, number>>, named?: (path: string) => string) =>
  placesOf(
    Object.fromEntries(
      Object.entries(files).map(([name, hour]) => [
        name,
        name.endsWith('.gz') ? gzipSync(lineOf(hour)) : lineOf(hour),
      ]),
    ),
    named,
  );

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
    'times in names, after a clock was set back by three hours at six',
    {
      'audit-2026-11-24T02-00-00.000.log': 0,
      'audit-2026-11-24T06-00-00.000.log.gz': 2,
      'audit-2026-11-24T05-00-00.000.log': 3,
      'audit.log': 5,
    },
    {
      'audit-2026-11-24T06-00-00.000.log.gz': 'audit-2026-11-24T02-00-00.000.log',
      'audit-2026-11-24T05-00-00.000.log': 'audit-2026-11-24T06-00-00.000.log.gz',
      'audit.log': 'audit-2026-11-24T05-00-00.000.log',
    },
  ],
  [
    'times in names, of a file in which a clock was set back by three hours at six, and one behind it',
    {
      'audit-2026-11-24T02-00-00.000.log': 0,
      'audit-2026-11-24T05-00-00.000.log.gz': 2,
      'audit-2026-11-24T04-00-00.000.log': 5,
      'audit.log': 4,
    },
    {
      'audit-2026-11-24T05-00-00.000.log.gz': 'audit-2026-11-24T02-00-00.000.log',
      'audit-2026-11-24T04-00-00.000.log': 'audit-2026-11-24T05-00-00.000.log.gz',
      'audit.log': 'audit-2026-11-24T04-00-00.000.log',
    },
  ],
  [
    'times in names that nothing explains',
    {
      'audit-2026-11-24T02-00-00.000.log': 0,
      'audit-2026-11-24T05-00-00.000.log': 4,
      'audit-2026-11-24T06-00-00.000.log': 2,
      'audit.log': 8,
    },
    {
      'audit-2026-11-24T05-00-00.000.log': 'audit-2026-11-24T02-00-00.000.log',
      'audit-2026-11-24T06-00-00.000.log': 'audit-2026-11-24T05-00-00.000.log',
      'audit.log': 'audit-2026-11-24T06-00-00.000.log',
    },
  ],
  [
    'folders are logs of their own',
    { 'a/audit.log': 2, 'a/audit.log.1': 1, 'b/audit.log': 2, 'b/audit.log.1': 1 },
    { 'a/audit.log': 'a/audit.log.1', 'b/audit.log': 'b/audit.log.1' },
  ],
  ['a number that is missing', { 'audit.log.1': 3, 'audit.log.3': 1 }, { 'audit.log.1': '!audit.log.3' }],
  [
    'numbers that are missing, also of the newest',
    { 'audit.log': 6, 'audit.log.2.gz': 5, 'audit.log.3': 4, 'audit.log.6.gz': 1 },
    { 'audit.log': '!audit.log.2.gz', 'audit.log.2.gz': 'audit.log.3', 'audit.log.3': '!audit.log.6.gz' },
  ],
  [
    'a number that is missing of a writer that counts up',
    { 'audit.log': 5, 'audit.log.2': 1, 'audit.log.4': 3, 'audit.log.5': 4 },
    { 'audit.log': 'audit.log.5', 'audit.log.5': 'audit.log.4', 'audit.log.4': '!audit.log.2' },
  ],
  [
    'a newest that is 0',
    { 'audit.log': 3, 'audit.log.0': 2, 'audit.log.1': 1 },
    { 'audit.log': 'audit.log.0', 'audit.log.0': 'audit.log.1' },
  ],
  ['numbers behind a dash may be API servers', { 'audit.log': 3, 'audit-1.log': 2, 'audit-2.log': 1 }, {}],
  ['numbers before an extension may be', { 'audit.log': 3, 'audit.1.log': 2, 'audit.2.log': 1 }, {}],
  ['addresses of API servers are', { 'audit-10.0.0.1.log': 1, 'audit-10.0.0.2.log': 2 }, {}],
  [
    'logs of API servers that were rotated',
    { 'a-10.0.0.1.log': 2, 'a-10.0.0.1.log.1': 1, 'a-2.log': 2, 'a-2.log.1': 1, 'a-3.log': 1 },
    { 'a-10.0.0.1.log': 'a-10.0.0.1.log.1', 'a-2.log': 'a-2.log.1' },
  ],
  ['two files of one number', { 'audit.log': 3, 'audit.log.1': 2, 'audit.log.1.gz': 1 }, {}],
  ['logs of other names', { 'kube-1.log': 1, 'kube-2.log': 2, 'other.log': 3 }, {}],
])('%s', async (_, files, expected) => expect(await before(files)).toEqual(expected));

test('logs that are named apart are apart', async () => {
  const files = { 'audit.log': 2, 'audit.log.1': 1 };
  expect(await before(files, (path) => (path.endsWith('1') ? `one=${path}` : `two=${path}`))).toEqual({});
  expect(await before(files, (path) => `one=${path}`)).toEqual({ 'audit.log': 'audit.log.1' });
});

const three = [1, 2, 3].map(lineOf).join('');
const packed = gzipSync(three);
test.each<[string, Record<string, string | Buffer>, Record<string, string>]>([
  [
    'a file beside its packed form',
    {
      'audit.log': lineOf(4),
      'audit.log.1': three,
      'audit.log.1.gz': packed,
      'audit.log.2.gz': gzipSync(lineOf(0)),
    },
    { 'audit.log': 'audit.log.1', 'audit.log.1': 'audit.log.2.gz', 'audit.log.1.gz': 'double' },
  ],
  [
    'one that is being packed',
    { 'audit.log': lineOf(4), 'audit.log.1': three, 'audit.log.1.gz': packed.subarray(0, 30) },
    { 'audit.log': 'audit.log.1', 'audit.log.1.gz': 'double' },
  ],
  [
    'one of which nothing is packed yet',
    { 'audit.log': lineOf(4), 'audit.log.1': three, 'audit.log.1.gz': '' },
    { 'audit.log': 'audit.log.1', 'audit.log.1.gz': 'double' },
  ],
  [
    'a copy before the log is truncated, which has been written to since',
    { 'audit.log': three + lineOf(4), 'audit.log.1': three, 'audit.log.2': lineOf(0) },
    { 'audit.log': 'audit.log.2', 'audit.log.1': 'double' },
  ],
  [
    'a copy that is being made',
    { 'audit.log': three, 'audit-2026-11-24T05-00-00.000.log': three.slice(0, 500) },
    { 'audit-2026-11-24T05-00-00.000.log': 'double' },
  ],
  [
    'files that begin alike, and go on otherwise, are none',
    { 'audit.log': lineOf(1) + lineOf(2), 'audit.log.1': lineOf(1) + lineOf(3) },
    { 'audit.log': 'audit.log.1' },
  ],
  [
    'nor is a packed one that says something else',
    { 'audit.log.1': lineOf(2), 'audit.log.1.gz': packed },
    {},
  ],
  ['nor are empty files', { 'audit.log': '', 'audit.log.1': '' }, { 'audit.log': 'audit.log.1' }],
  ['nor the same in two folders', { 'a/audit.log': three, 'b/audit.log': three }, {}],
])('doubles: %s', async (_, files, expected) => expect(await placesOf(files)).toEqual(expected));
