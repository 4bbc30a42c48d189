import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { openPositions } from './positions.ts';
import { followLog } from './read-log.ts';

/** So many lines are in each file, and each is long enough that files are told apart by their first bytes. */
const LINES = 5;
const lineOf = (n: number) => `{"n":${n},"id":"${String(n).repeat(300 / String(n).length)}"}\n`;
const linesOf = (file: number) => Array.from({ length: LINES }, (_, i) => file * LINES + i);

type Way = 'renamed' | 'copied';
type Names = 'numbers' | 'times';
const PACKINGS = {
  plain: undefined,
  gz: gzipSync,
  zst: zstdCompressSync,
} as const satisfies Record<string, ((bytes: Buffer) => Buffer) | undefined>;
type Packing = keyof typeof PACKINGS;

/** A log of which the first file is read in part; then it rotates while nobody reads. */
function logIn(folder: string, name = 'audit.log') {
  const path = join(folder, name);
  let rotations = 0;
  const rotated = (names: Names, age: number) =>
    names === 'numbers'
      ? `${path}.${age}`
      : path.replace('.log', `-2026-11-24T01-0${rotations - age}-00.000.log`);
  const found = (base: string) =>
    ['', '.gz', '.zst'].map((end) => `${base}${end}`).find((one) => existsSync(one));
  const write = (file: number, from = 0, to = LINES) =>
    appendFileSync(path, linesOf(file).slice(from, to).map(lineOf).join(''));
  return {
    path,
    write,
    rotate(way: Way, packing: Packing, names: Names) {
      if (names === 'numbers')
        for (let age = rotations; age > 0; age--) {
          const old = found(`${path}.${age}`);
          if (old) renameSync(old, old.replace(`.log.${age}`, `.log.${age + 1}`));
        }
      rotations++;
      const to = rotated(names, 1);
      if (way === 'renamed') renameSync(path, to);
      else copyFileSync(path, to);
      if (way === 'copied') truncateSync(path);
      const pack = PACKINGS[packing];
      if (!pack) return;
      writeFileSync(`${to}.${packing}`, pack(readFileSync(to)));
      unlinkSync(to);
    },
    /** @param age 1 is the newest of those that were rotated. */
    remove: (names: Names, age: number) => unlinkSync(found(rotated(names, age))!),
  };
}

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-rotated-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/**
 * Follows a log until its last line is read, from where it was kept.
 *
 * @param kept how many stretches are kept before the process is killed, with one that was not.
 */
async function read(
  path: string,
  directory: string,
  last: number,
  { kept = Infinity, others }: { readonly kept?: number; readonly others?: readonly string[] } = {},
) {
  const seen: (number | 'broken' | 'gap')[] = [];
  const places: string[] = [];
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), 15_000);
  const positions = await openPositions(directory);
  const bare = ({ n }: { readonly n?: unknown }) => typeof n === 'number';
  let stretches = 0;
  for await (const stretch of followLog(
    { name: 'audit.log', path },
    { bare, positions, signal: stop.signal, ...(others && { others }) },
  )) {
    if (stretch.unreadable) seen.push('gap');
    for (const entry of stretch.entries) {
      seen.push(entry.kind === 'value' ? (entry.value as { n: number }).n : 'broken');
      places.push(`${stretch.source}:${entry.line}`);
    }
    if (seen.at(-1) === last || stretches++ >= kept) stop.abort();
    if (stretches <= kept) await stretch.keep();
  }
  clearTimeout(patience);
  return { seen, places };
}

const until = (file: number) => Array.from({ length: file + 1 }, (_, i) => linesOf(i)).flat();

const cases = [1, 2, 3].flatMap((times) =>
  (['renamed', 'copied'] as const).flatMap((way) =>
    (['plain', 'gz', 'zst'] as const).flatMap((packing) =>
      (['numbers', 'times'] as const).map((names) => ({ times, way, packing, names })),
    ),
  ),
);

test.each(cases)(
  '$way $times times while nobody reads, $packing, called by $names: all is read once',
  async ({ times, way, packing, names }) => {
    const folder = folderOf();
    const log = logIn(folder);
    const positions = join(folder, 'positions');
    log.write(0, 0, 3);
    expect((await read(log.path, positions, 2)).seen).toEqual([0, 1, 2]);
    log.write(0, 3);
    for (let file = 1; file <= times; file++) {
      log.rotate(way, packing, names);
      log.write(file);
    }
    const { seen, places } = await read(log.path, positions, (times + 1) * LINES - 1);
    expect(seen).toEqual(until(times).slice(3));
    expect(new Set(places).size).toBe(places.length);

    // Who has lost the place reads all of it again, as the same sources.
    const again = await read(log.path, join(folder, 'other'), (times + 1) * LINES - 1);
    expect(again.seen).toEqual(until(times));
    expect(again.places.slice(3)).toEqual(places);
  },
);

test.each([
  {
    gone: 'the file that was being read',
    age: 3,
    names: 'numbers',
    seen: ['gap', 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  },
  {
    gone: 'the file that was being read',
    age: 3,
    names: 'times',
    seen: ['gap', 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  },
  {
    gone: 'the one behind it',
    age: 2,
    names: 'numbers',
    seen: [3, 4, 'gap', 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
  },
  {
    gone: 'the newest of them',
    age: 1,
    names: 'numbers',
    seen: [3, 4, 5, 6, 7, 8, 9, 'gap', 15, 16, 17, 18, 19],
  },
] as const)('$gone is gone, called by $names: a gap in its place', async ({ age, names, seen }) => {
  for (const [way, packing] of [
    ['renamed', 'plain'],
    ['renamed', 'gz'],
    ['copied', 'plain'],
    ['copied', 'gz'],
  ] as const) {
    const folder = folderOf();
    const log = logIn(folder);
    const positions = join(folder, 'positions');
    log.write(0, 0, 3);
    await read(log.path, positions, 2);
    log.write(0, 3);
    for (let file = 1; file <= 3; file++) {
      log.rotate(way, packing, names);
      log.write(file);
    }
    log.remove(names, age);
    expect((await read(log.path, positions, 19)).seen).toEqual(seen);
  }
});

test('a packed file that breaks off is a gap, and the next one is read', async () => {
  const folder = folderOf();
  const log = logIn(folder);
  for (let file = 0; file <= 2; file++) {
    if (file > 0) log.rotate('renamed', 'gz', 'numbers');
    log.write(file);
  }
  const broken = `${log.path}.1.gz`;
  writeFileSync(broken, readFileSync(broken).subarray(0, 40));
  const { seen } = await read(log.path, join(folder, 'positions'), 14);
  expect(seen).toEqual([...linesOf(0), 'broken', 'gap', ...linesOf(2)]);
});

test.each([0, 1, 2, 3])('a process that is killed after %i stretches reads on where it was', async (kept) => {
  const folder = folderOf();
  const log = logIn(folder);
  const positions = join(folder, 'positions');
  for (let file = 0; file <= 3; file++) {
    if (file > 0) log.rotate('renamed', file === 1 ? 'gz' : 'plain', 'numbers');
    log.write(file);
  }
  const before = await read(log.path, positions, -1, { kept });
  log.rotate('renamed', 'gz', 'numbers');
  log.write(4);
  const after = await read(log.path, positions, 24);
  const all = new Map(
    [before, after].flatMap(({ seen, places }) => places.map((place, i) => [place, seen[i]])),
  );
  expect([...all.values()]).toEqual(until(4));
});

test('two logs of one folder are not mixed, whatever they are called', async () => {
  const folder = folderOf();
  const [one, two] = [logIn(folder, 'kube.log'), logIn(folder, 'kube-1.log')];
  const logs = [one, two];
  for (const [i, log] of logs.entries())
    for (let file = 0; file <= 2; file++) {
      if (file > 0) log.rotate('renamed', 'plain', 'numbers');
      log.write(file * 2 + i);
    }
  const others = logs.map(({ path }) => path);
  for (const [i, log] of logs.entries()) {
    const { seen } = await read(log.path, join(folder, 'positions'), (4 + i) * LINES + LINES - 1, { others });
    expect(seen).toEqual([0, 2, 4].flatMap((file) => linesOf(file + i)));
  }
});

test('a pipe in the folder of a log, into which nobody writes, is passed over', async () => {
  const folder = folderOf();
  const log = logIn(folder);
  execFileSync('mkfifo', [`${log.path}.1`]);
  log.write(0);
  expect((await read(log.path, join(folder, 'positions'), 4)).seen).toEqual(until(0));
});

test('a log whose writer has the renamed file open goes on there until there is something in the next', async () => {
  const folder = folderOf();
  const log = logIn(folder);
  const positions = join(folder, 'positions');
  log.write(0, 0, 2);
  const reading = read(log.path, positions, 9);
  await expect.poll(() => existsSync(positions)).toBe(true);
  renameSync(log.path, `${log.path}.1`);
  writeFileSync(log.path, '');
  await new Promise((resolve) => setTimeout(resolve, 700));
  appendFileSync(`${log.path}.1`, linesOf(0).slice(2).map(lineOf).join(''));
  log.write(1);
  expect((await reading).seen).toEqual(until(1));
});
