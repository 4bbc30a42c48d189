import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { evidenceFor, type CoverageMark } from '@margay/coverage';
import { parseInstant } from '@margay/ground';
import { logFileOf, openPositions, placesInLogs } from '@margay/sources';
import { expect, onTestFinished, test } from 'vitest';
import { followAuditFile, readAuditFile } from './audit-file.ts';

const RECORDING = new URL('../../../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const recorded = gunzipSync(readFileSync(RECORDING)).toString('utf8').trimEnd().split('\n');

/** The logs of two API servers, each event in that of one of them. */
const serverOf = (i: number) => (i % 2 === 0 ? 'a.log' : 'b.log');
const linesOf = (server: string, from: number, to: number) =>
  recorded
    .slice(from, to)
    .filter((_, i) => serverOf(from + i) === server)
    .map((line) => `${line}\n`)
    .join('');

const timeOf = (line: string) =>
  parseInstant((JSON.parse(line) as { requestReceivedTimestamp: string }).requestReceivedTimestamp)!;
const window = { start: timeOf(recorded[0]!), end: timeOf(recorded.at(-1)!) };

/** Follows both logs until they are read to their ends. */
async function follow(folder: string, marks: CoverageMark[]): Promise<void> {
  const positions = await openPositions(join(folder, 'positions'));
  const stop = new AbortController();
  const ended = ['a.log', 'b.log'].map((name) =>
    followAuditFile({
      path: join(folder, name),
      positions,
      signal: stop.signal,
      deliver: async ({ mark }) => void marks.push(mark),
    }),
  );
  const read = () => marks.reduce((sum, { from, to }) => sum + to - from, 0);
  let before = -1;
  // Nothing came for so long that a second look at what is missing is over, too.
  while (before !== read()) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  stop.abort();
  await Promise.all(ended);
}

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-rotated-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const writeIn = (folder: string, from: number, to: number) => {
  for (const name of ['a.log', 'b.log']) appendFileSync(join(folder, name), linesOf(name, from, to));
};

const evidenceOf = (marks: readonly CoverageMark[]) =>
  evidenceFor(marks, [], window, { birth: window.start });

/** The evidence of both logs, where the first was rotated twice while nobody read. @param change what else became of its files. */
async function evidenceAfter(change: (log: string) => void) {
  const folder = newFolder();
  const log = join(folder, 'a.log');
  const marks: CoverageMark[] = [];
  writeIn(folder, 0, 600);
  await follow(folder, marks);
  writeIn(folder, 600, 1000);
  renameSync(log, `${log}.1`);
  writeIn(folder, 1000, 1600);
  renameSync(`${log}.1`, `${log}.2`);
  renameSync(log, `${log}.1`);
  writeIn(folder, 1600, recorded.length);
  change(log);
  await follow(folder, marks);
  return evidenceOf(marks);
}

test.each<[string, (log: string) => void]>([
  ['renamed', () => {}],
  [
    'renamed and compressed',
    (log) => {
      for (const old of [`${log}.1`, `${log}.2`]) {
        writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)));
        unlinkSync(old);
      }
    },
  ],
])(
  'of a log that was %s twice while nobody read, nothing is missing',
  { timeout: 60_000 },
  async (_, change) => {
    const evidence = await evidenceAfter(change);
    expect(evidence.events.read).toBe(recorded.length);
    expect(evidence.sources.map(({ source, lines }) => [source, lines])).toEqual([
      ['a.log', recorded.length / 2],
      ['b.log', recorded.length / 2],
    ]);
    expect(evidence.problems.total).toBe(0);
    expect(evidence.reasons).toEqual([]);
  },
);

test.each<[string, string, [number, number]]>([
  ['the file that was being read', '2', [600, 1000]],
  ['the one behind it', '1', [1000, 1600]],
])(
  '%s is gone: a doubt of its log, though that of another API server goes on',
  { timeout: 60_000 },
  async (_, number, [from, to]) => {
    const { complete, reasons, events } = await evidenceAfter((log) => unlinkSync(`${log}.${number}`));
    expect(events.read - (events.unusable['unreadable'] ?? 0)).toBe(recorded.length - (to - from) / 2);
    expect(complete).toBe(false);
    expect(reasons).toContainEqual(
      expect.stringMatching(
        /^Something that nobody can read was delivered by a\.log, after \S+ and before \S+ \(line \d+: The log was rotated away/,
      ),
    );
  },
);

test(
  'a log that goes on where it was kept is one stretch: no restart shows',
  { timeout: 60_000 },
  async () => {
    const [once, often] = [newFolder(), newFolder()];
    const [whole, parts]: [CoverageMark[], CoverageMark[]] = [[], []];
    for (const [from, to] of [
      [0, 700],
      [700, 701],
      [701, recorded.length],
    ] as const) {
      writeIn(once, from, to);
      writeIn(often, from, to);
      await follow(often, parts);
    }
    await follow(once, whole);
    expect(evidenceOf(parts)).toEqual(evidenceOf(whole));
    for (const [source, marks] of Map.groupBy(parts, (mark) => mark.source)) {
      expect(source).toMatch(/^[ab]\.log@[0-9a-f]{16}$/);
      expect(marks.slice(1).map(({ from }) => from)).toEqual(marks.slice(0, -1).map(({ to }) => to));
    }
  },
);

/** An hour of events, a minute apart, of which the first comes then. */
const hourFrom = (start: string): string =>
  Array.from({ length: 61 }, (_, i) => {
    const at = new Date(Date.parse(start) + i * 60_000).toISOString().replace('Z', '000Z');
    const event = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: `${start} ${i}`, verb: 'get' };
    return `${JSON.stringify({ ...event, stage: 'ResponseComplete', stageTimestamp: at })}\n`;
  }).join('');

test.each<[string, (path: string, folder: string, marks: CoverageMark[]) => Promise<void>]>([
  ['followed', async (_, folder, marks) => follow(folder, marks)],
  [
    'read at once',
    async (log, folder, marks) => {
      const positions = await openPositions(join(folder, 'positions'));
      const paths = [log, `${log}.1`];
      const places = await placesInLogs(paths.map(logFileOf));
      for (const path of paths)
        await readAuditFile({
          path,
          ...(places.has(path) && { place: places.get(path)! }),
          positions,
          signal: new AbortController().signal,
          deliver: async ({ mark }) => void marks.push(mark),
        });
    },
  ],
])('a log whose clock was set back between its files is one: %s', { timeout: 60_000 }, async (how, read) => {
  const folder = newFolder();
  const log = join(folder, 'a.log');
  const marks: CoverageMark[] = [];
  writeFileSync(join(folder, 'b.log'), '');
  writeFileSync(log, hourFrom('2026-11-24T10:00:00Z'));
  // The first is read to its end, so that its place is kept in it.
  if (how === 'followed') await follow(folder, marks);
  renameSync(log, `${log}.1`);
  writeFileSync(log, hourFrom('2026-11-24T09:30:00Z'));
  await read(log, folder, marks);
  const [start, end] = ['2026-11-24T09:30:00Z', '2026-11-24T11:00:00Z'].map((text) => parseInstant(text)!);
  const { grade, gaps, reasons, sources } = evidenceFor(
    marks,
    [],
    { start: start!, end: end! + 1 },
    { birth: start! },
  );
  expect(sources.map(({ source, lines }) => [source, lines])).toEqual([['a.log', 122]]);
  expect({ grade, gaps }).toEqual({ grade: 'no gap seen', gaps: [] });
  expect(reasons).toEqual([
    expect.stringMatching(/^The times that a\.log tells go back, as where a clock is set back/),
  ]);
});

test('a clock that was set back within a file, while nobody followed it, is found when that goes on', async () => {
  const folder = newFolder();
  const log = join(folder, 'a.log');
  const marks: CoverageMark[] = [];
  writeFileSync(join(folder, 'b.log'), '');
  writeFileSync(log, hourFrom('2026-11-24T10:00:00Z'));
  await follow(folder, marks);
  expect(marks.flatMap(({ setBack = [] }) => setBack)).toEqual([]);
  appendFileSync(log, hourFrom('2026-11-24T10:30:00Z') + hourFrom('2026-11-24T11:31:00Z'));
  await follow(folder, marks);
  const [start, end] = ['2026-11-24T10:30:00Z', '2026-11-24T11:00:00Z'].map((text) => parseInstant(text)!);
  expect(marks.flatMap(({ setBack = [] }) => setBack)).toEqual([
    { start: start!, end: end! + 1, until: end! + 1 },
  ]);
});
