import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { logFileOf } from './log-file.ts';
import { placesInLogs } from './places-in-logs.ts';
import { openPositions } from './positions.ts';
import { followLog, readLog, type Stretch } from './read-log.ts';
import { checkLogs } from './unopened.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function fileOf(content: string | Buffer, name = 'audit.log'): string {
  const path = join(newFolder(), name);
  writeFileSync(path, content);
  return path;
}

const bare = ({ n }: { readonly n?: unknown }) => typeof n === 'number';

/** `1:7` is `{"n": 7}` in line 1, `2!` what is no JSON, `5!!` that from there on nothing can be read. */
const shown = ({ entries, unreadable }: Stretch): string[] => [
  ...entries.map((entry) =>
    entry.kind === 'value' ? `${entry.line}:${(entry.value as { n: number }).n}` : `${entry.line}!`,
  ),
  ...(unreadable ? [`${unreadable.line}!!`] : []),
];

/** A line that tells its file from others by its beginning. */
const long = (n: number): string => `{"n":${n},"id":"${String(n).repeat(300)}"}\n`;

async function read(path: string): Promise<{ said: string[]; lines: number[] }> {
  const said: string[] = [];
  const lines: number[] = [];
  for await (const stretch of readLog({ name: 'log', path }, { bare })) {
    said.push(...shown(stretch));
    for (let line = stretch.from; line < stretch.to; line++) lines.push(line);
  }
  return { said, lines };
}

test.each<[string, string | Buffer, string[], number]>([
  ['lines', '{"n":1}\n{"n":2}\n', ['1:1', '2:2'], 2],
  ['a value over several lines', '{"n":1}\n{\n"n":2\n}\n{"n":3}', ['1:1', '2:2', '5:3'], 5],
  ['an indented list', '{\n  "items": [\n    {"n":1},\n    {"n":2}\n  ]\n}\n', ['3:1', '4:2'], 6],
  ['a line that is cut off at the end', '{"n":1}\n{"n":', ['1:1', '2!'], 2],
  [
    'rubbish behind compressed lines',
    Buffer.concat([gzipSync('{"n":1}\n{"n":2}\n'), Buffer.from('x')]),
    ['1:1', '2:2', '3!!'],
    2,
  ],
  ['another encoding', Buffer.from('\uFEFF{"n":1}', 'utf16le'), ['1!!'], 0],
  ['nothing', '', [], 0],
])('%s', async (_, content, said, lines) => {
  expect(await read(fileOf(content))).toEqual({
    said,
    lines: Array.from({ length: lines }, (__, i) => i + 1),
  });
});

test('a list of any length is read with bounded memory', async () => {
  const path = fileOf('{\n  "kind": "EventList",\n  "items": [\n');
  const element = `    {\n      "n": 1,\n      "text": "${'x'.repeat(100_000)}"\n    }`;
  for (let i = 0; i < 12; i++)
    appendFileSync(
      path,
      Array.from({ length: 100 }, (_, j) => (i + j === 0 ? element : `,\n${element}`)).join(''),
    );
  appendFileSync(path, '\n  ]\n}\n');
  let most = 0;
  let count = 0;
  for await (const { entries } of readLog({ name: 'log', path }, { bare })) {
    most = Math.max(most, entries.length);
    count += entries.length;
  }
  expect(count).toBe(1_200);
  expect(most).toBeLessThan(1_000);
});

test('a pipe is read as it comes', async () => {
  const pipe = join(newFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = execFile('sh', [
    '-c',
    `sleep 0.2; { echo '{"n":1}'; sleep 0.2; echo '{"n":2}'; } > ${pipe}`,
  ]);
  onTestFinished(() => void writer.kill());
  expect((await read(pipe)).said).toEqual(['1:1', '2:2']);
});

test.each<[string, boolean, () => string, RegExp | undefined]>([
  ['a folder', false, newFolder, /it is a folder: name the file in it/],
  ['a folder to be followed', true, newFolder, /it is a folder/],
  ['no file', false, () => join(newFolder(), 'x'), /there is no such file/],
  ['a file that is not there yet, to be followed', true, () => join(newFolder(), 'x'), undefined],
  ['standard input, to be followed', true, () => '-', /Cannot follow -: it is a pipe/],
  [
    'a pipe, to be followed',
    true,
    () => {
      const pipe = join(newFolder(), 'pipe');
      execFileSync('mkfifo', [pipe]);
      return pipe;
    },
    /Cannot follow .*pipe: it is a pipe/,
  ],
])('%s', async (_, follow, make, words) => {
  const checked = checkLogs([{ name: 'log', path: make() }], follow);
  if (words === undefined) await expect(checked).resolves.toBeUndefined();
  else await expect(checked).rejects.toThrow(words);
});

test('two pipes of one name cannot be told apart', async () => {
  await expect(
    checkLogs(
      [
        { name: 'log', path: '-' },
        { name: 'log', path: '/dev/null' },
      ],
      false,
    ),
  ).rejects.toThrow(/called log: name them/);
});

test('two logs that are to be followed, of one name and one first line, cannot be told apart', async () => {
  const [one, other, third] = ['{"n":1}\n{"n":2}\n', '{"n":1}\n{"n":3}\n', '{"n":4}\n'].map((text) =>
    fileOf(text),
  );
  const called = (path: string, name = 'log') => ({ name, path });
  await expect(checkLogs([called(one!), called(other!)], true)).rejects.toThrow(/name them, as in one=/);
  // What is finished is known by all its content.
  await checkLogs([called(one!), called(other!)], false);
  await checkLogs([called(one!), called(other!, 'other'), called(third!)], true);
  await checkLogs([called(one!), called(one!)], true);
});

/** Reads finished files, the newest first as if it were named first, and keeps what was read; the source of each that was read, and what it goes on from. */
async function readAll(paths: readonly string[], directory: string) {
  const positions = await openPositions(directory);
  const files = paths.map(logFileOf);
  const places = await placesInLogs(files);
  const sources: [string, string | undefined][] = [];
  for (const file of files)
    for await (const stretch of readLog(file, { bare, positions, place: places.get(file.path) })) {
      if (stretch.from === 1 && stretch.to > 1) sources.push([stretch.source, stretch.goesOnFrom]);
      await stretch.keep();
    }
  return sources;
}

test.each<[string, (log: string) => string]>([
  ['renamed', (log) => `${log}.1`],
  ['renamed, when it had grown', (log) => (appendFileSync(log, long(2)), `${log}.1`)],
  ['packed', (log) => (writeFileSync(log, gzipSync(readFileSync(log))), `${log}.1.gz`)],
  [
    'packed, when it had grown',
    (log) => (writeFileSync(log, gzipSync(readFileSync(log, 'utf8') + long(2))), `${log}.1.gz`),
  ],
  [
    'copied and truncated',
    (log) => {
      copyFileSync(log, `${log}.copy`);
      rmSync(log);
      renameSync(`${log}.copy`, log);
      return `${log}-20261124`;
    },
  ],
])('a log that was %s between two reads to its end is the source that it was', async (_, rotate) => {
  const [log, directory] = [fileOf(long(0) + long(1)), join(newFolder(), 'positions')];
  const [[first] = []] = await readAll([log], directory);
  const rotated = rotate(log);
  renameSync(log, rotated);
  writeFileSync(log, long(3));
  const [[second, goesOnFrom] = []] = await readAll([log, rotated], directory);
  expect(goesOnFrom).toBe(first);
  expect(second).not.toBe(first);
  // Whatever is read again is what it was.
  appendFileSync(log, long(4));
  const again = await readAll([rotated, log], directory);
  expect(again).toEqual([[second, first]]);
});

test('a log that was empty when it was read first is a source of its own once it is written to', async () => {
  const [log, directory] = [fileOf(''), join(newFolder(), 'positions')];
  expect(await readAll([log], directory)).toEqual([]);
  writeFileSync(log, long(0));
  const [[first] = []] = await readAll([log], directory);
  renameSync(log, `${log}.1`);
  writeFileSync(log, long(1));
  const [[second, goesOnFrom] = []] = await readAll([log, `${log}.1`], directory);
  expect([goesOnFrom, second === first]).toEqual([first, false]);
});

test('a log that was read to its end after it was copied, and before it was truncated, is what its copy is', async () => {
  const [log, directory] = [fileOf(long(0) + long(1)), join(newFolder(), 'positions')];
  writeFileSync(`${log}.1`, long(0));
  const first = await readAll([`${log}.1`, log], directory);
  expect(first).toHaveLength(1);
  writeFileSync(log, long(2));
  const [copy, [second, goesOnFrom] = []] = await readAll([`${log}.1`, log], directory);
  expect(copy).toEqual(first[0]);
  expect([goesOnFrom, second === copy![0]]).toEqual([copy![0], false]);
});

test('logs that are named apart stay apart, though one is a copy of the other', async () => {
  const [log, directory] = [fileOf(long(0)), join(newFolder(), 'positions')];
  copyFileSync(log, `${log}.copy`);
  const sources = await readAll([`one=${log}`, `two=${log}.copy`], directory);
  expect(sources.map(([source]) => source.split('@')[0])).toEqual(['one', 'two']);
});

/** Follows a log in an own folder, and keeps what is dealt with. */
async function follow(path: string, directory: string) {
  const stop = new AbortController();
  const seen: string[] = [];
  const sources = new Set<string>();
  const positions = await openPositions(directory);
  const finished = (async () => {
    for await (const stretch of followLog({ name: 'log', path }, { bare, positions, signal: stop.signal })) {
      seen.push(...shown(stretch));
      sources.add(stretch.source);
      await stretch.keep();
    }
  })();
  const end = async () => (stop.abort(), await finished);
  onTestFinished(end);
  return { seen, sources, end };
}

const reaches = (seen: () => unknown, expected: unknown) =>
  expect.poll(seen, { timeout: 10_000, interval: 20 }).toEqual(expected);

test('a value over several lines that is being written waits for its rest, also over a restart', async () => {
  const path = fileOf('{"n":1}\n{\n');
  const directory = join(newFolder(), 'positions');
  const before = await follow(path, directory);
  await reaches(() => before.seen, ['1:1']);
  await before.end();
  appendFileSync(path, '"n":2\n');
  const after = await follow(path, directory);
  appendFileSync(path, '}\n{"n":3}\n');
  await reaches(() => after.seen, ['2:2', '5:3']);
});

test('a log that was rotated in the middle of a value is told, and the next one is read from its beginning', async () => {
  const path = fileOf('{"n":1}\n{\n');
  const { seen, sources } = await follow(path, join(newFolder(), 'positions'));
  await reaches(() => seen, ['1:1']);
  renameSync(path, `${path}.1`);
  writeFileSync(path, '\uFEFF{"n":2}\n');
  await reaches(() => seen, ['1:1', '2!', '1:2']);
  expect(sources.size).toBe(2);
});

test('how a log grows changes nothing of what is read', async () => {
  const content = '{"n":1}\n[\n{"n":2},\n{"n":3}\n]\n{"n":\n{"n":4}\n{"n":5}\nrubbish\n{"n":6}\n';
  const expected = (await read(fileOf(content))).said;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: content.length }), { maxLength: 4 }),
      async (cuts) => {
        const path = fileOf('');
        const { seen, end } = await follow(path, join(newFolder(), 'positions'));
        const places = [...new Set(cuts), content.length].sort((a, b) => a - b);
        let from = 0;
        for (const to of places) {
          appendFileSync(path, content.slice(from, to));
          from = to;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await reaches(() => seen, expected);
        await end();
      },
    ),
    { numRuns: 5 },
  );
});
