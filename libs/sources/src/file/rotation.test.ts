import { expect, test } from 'vitest';
import type { Cursor } from './cursor.ts';
import {
  beginningOf,
  digestOf,
  firstPlaceIn,
  HEAD_BYTES_MAX,
  rotationOf,
  stepFrom,
  type SeenFile,
} from './rotation.ts';

const LOG = '/log/audit.log';

/** A file that begins with its letter, and is the inode of it. @param text `audit.log.1=b`, when it was written last behind a `:`. */
const seen = (text: string): SeenFile => {
  const [, name = '', letter = '', modified = 0] = /^(.+)=(\w)(?::(\d+))?$/.exec(text) ?? [];
  return {
    path: `/log/${name}`,
    inode: letter.charCodeAt(0),
    size: 1_000,
    modified: Number(modified),
    isPacked: name.endsWith('.gz'),
    begin: Buffer.alloc(HEAD_BYTES_MAX, letter),
  };
};

const cursorIn = (letter: string, byte = 700): Cursor => ({
  line: 7,
  byte,
  generation: 1,
  inode: letter.charCodeAt(0),
  head: { bytes: HEAD_BYTES_MAX, digest: digestOf(Buffer.alloc(HEAD_BYTES_MAX, letter)) },
});

/** What is read from a cursor on, file by file; `!` where something is missing. */
function readFrom(files: readonly string[], cursor: Cursor | undefined): string {
  const all = files.map(seen);
  const read: string[] = [];
  for (let at = cursor; read.length <= files.length;) {
    const step = stepFrom(LOG, all, at);
    if (!step) break;
    const { file, next, isGap } = step;
    if (file) read.push(String.fromCharCode(file.begin[0]!));
    if (isGap) read.push('!');
    if (!next) break;
    at = beginningOf(next, at ?? firstPlaceIn(file!), file);
  }
  return read.join('');
}

test.each([
  ['audit.log', 'audit.log.1', '1'],
  ['audit.log', 'audit.log.12.gz', '12'],
  ['audit.log', 'audit.1.log', '1'],
  ['audit.log', 'audit-1.log', undefined],
  ['audit.jsonl', 'audit-6444.jsonl', undefined],
  ['audit.log', 'audit-2026-11-24T01-02-03.456.log.gz', '2026-11-24T01-02-03.456'],
  ['audit.log', 'audit.log-20261124.zst', '20261124'],
  ['audit.log', 'audit.log-1764165600', '1764165600'],
  ['audit', 'audit.1', '1'],
  ['kube-1.log', 'kube-1.log.2', '2'],
  ['audit.log', 'audit.log', undefined],
  ['audit.log', 'audit.log.bak', undefined],
  ['audit.log', 'audit-kube-1.log', undefined],
  ['audit.log', 'my-audit.log.1', undefined],
  ['kube-1.log', 'kube-2.log', undefined],
  ['kube-1.log', 'kube-2.log.1', undefined],
])('of %s, what rotation put into %s', (log, name, rotation) => {
  expect(rotationOf(log, name)).toBe(rotation);
});

test.each<[string, string[], string | undefined, string]>([
  [
    'numbers: the lowest is the newest, and those below it are missing',
    ['audit.log.10=a', 'audit.log.9=b', 'audit.log=c'],
    'a',
    'ab!c',
  ],
  [
    'numbers that count up',
    ['audit.7.log=b:2', 'audit.8.log=c:3', 'audit.6.log=a:1', 'audit.log=d:4'],
    'a',
    'abcd',
  ],
  [
    'numbers that count up, one missing',
    ['audit.6.log=a:1', 'audit.8.log=c:3', 'audit.log=d:4'],
    'a',
    'a!cd',
  ],
  [
    'numbers that count up, read to the newest',
    ['audit.6.log=a:1', 'audit.8.log=c:3', 'audit.log=d:4'],
    'c',
    'cd',
  ],
  ['numbers from 0 on', ['audit.log.1=a', 'audit.log.0=b', 'audit.log=c'], 'a', 'abc'],
  [
    'times',
    ['audit-2026-11-24T02-00-00.000.log=b', 'audit-2026-11-24T01-00-00.000.log.gz=a', 'audit.log=c'],
    'a',
    'abc',
  ],
  [
    'names of several kinds: when they were written to',
    ['audit.log.1=a:1', 'audit-20261124.log=b:2', 'audit.log=c:3'],
    'a',
    'abc',
  ],
  ['nothing is kept', ['audit.log.2=a', 'audit.log.1=b', 'audit.log=c'], undefined, 'abc'],
  [
    'nothing is kept, and a number is missing',
    ['audit.log.3=a', 'audit.log.1=b', 'audit.log=c'],
    undefined,
    'a!bc',
  ],
  ['nothing was rotated', ['audit.log.1=a', 'audit.log=b'], 'b', 'b'],
  [
    'older ones are not read again',
    ['audit.log.3=x', 'audit.log.2=a', 'audit.log.1=b', 'audit.log=c'],
    'a',
    'abc',
  ],
  ['one that is being packed', ['audit.log.1=a', 'audit.log.1.gz=a', 'audit.log=b'], 'a', 'ab'],
  ['one that is being copied', ['audit.log.1=b', 'audit.log=b'], undefined, 'b'],
  [
    'one that is being copied, behind others',
    ['audit.log.2=a', 'audit.log.1=b', 'audit.log=b'],
    undefined,
    'ab',
  ],
  ['renamed to no name of rotation', ['old=a:1', 'audit.log=b:2'], 'a', 'ab'],
  ['the log is not there yet', ['audit.log.1=a'], 'a', 'a'],
  ['the cursor’s file is gone', ['audit.log.2=b', 'audit.log.1=c', 'audit.log=d'], 'a', '!bcd'],
  ['the newest is gone', ['audit.log.2=a', 'audit.log=c'], 'a', 'a!c'],
  ['nothing is there', [], 'a', ''],
])('%s', (_, files, kept, read) => {
  for (const order of [files, files.toReversed()])
    expect(readFrom(order, kept === undefined ? undefined : cursorIn(kept))).toBe(read);
});

test('an inode that came again, and a file that became shorter, are not those of the cursor', () => {
  const other = { ...seen('audit.log=b'), inode: cursorIn('a').inode };
  expect(stepFrom(LOG, [other], cursorIn('a'))).toMatchObject({ next: other, isGap: true });
  const shorter = { ...seen('audit.log=a'), size: 600 };
  expect(stepFrom(LOG, [shorter], cursorIn('a'))).toMatchObject({ next: shorter, isGap: true });
});

test('what was read before a file that is gone is not read again', () => {
  const [older, left, log] = ['audit.log.2=a', 'audit.log.1=b', 'audit.log=c'].map(seen) as [
    SeenFile,
    SeenFile,
    SeenFile,
  ];
  const inLeft = { ...beginningOf(left, cursorIn('a'), older), line: 1, byte: 100 };
  expect(stepFrom(LOG, [older, log], inLeft)).toEqual({ next: log, isGap: true });
});
