import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { logOf, namespace, pod } from './testing/own-log.ts';

/** The uids of objects are those of their places: the namespace `kube-system` is the first. */
const LINES = logOf([
  namespace('kube-system'),
  namespace('shop'),
  pod('shop', 'mine'),
  namespace('bank'),
  pod('bank', 'theirs'),
])
  .trimEnd()
  .split('\n');
const MINE = LINES.slice(0, 3);
const OTHER = LINES.slice(3);

/** The same object, written some seconds later. */
function writtenLater(line: string, seconds: number): string {
  const time = `2026-03-01T08:00:${String(seconds).padStart(2, '0')}`;
  const event = JSON.parse(line) as { auditID: string; responseObject: { metadata: object } };
  const { metadata } = event.responseObject;
  const later = { ...metadata, resourceVersion: String(2_000 + seconds), labels: { seen: time } };
  return JSON.stringify({
    ...event,
    auditID: event.auditID.replace(/^1/, '2'),
    verb: 'update',
    responseStatus: { metadata: {}, code: 200 },
    responseObject: { ...event.responseObject, metadata: later },
    requestReceivedTimestamp: `${time}.000000Z`,
    stageTimestamp: `${time}.500000Z`,
  });
}

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** What is open in the newest reports of one start, each thing once; nothing where all are complete. */
async function openAfter(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { child, url } = await startUp(['--cluster', 'one', ...args], undefined, environment);
  const { items } = (await (await fetch(`${url}/api/v1/runs?state=completed`)).json()) as {
    items: { window: { end: string }; evidence: { complete: boolean; reasons: string[] } }[];
  };
  await stopped(child);
  const newest = items
    .map(({ window: { end } }) => end)
    .sort()
    .at(-1);
  const reports = items.filter(({ window: { end } }) => end === newest).map(({ evidence }) => evidence);
  expect(reports).toHaveLength(4);
  expect(new Set(reports.map(({ complete }) => complete)).size).toBe(1);
  return reports[0]!.complete ? [] : [...new Set(reports.flatMap(({ reasons }) => reasons))];
}

test('of a folder of files nothing is complete while one of them may be another cluster’s; once they share an object all is', async () => {
  const folder = ownFolder();
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const args = ['--data', join(folder, 'data'), '--audit-log', logs];
  writeFileSync(join(logs, 'kube-a.log'), textOf(MINE));
  writeFileSync(join(logs, 'kube-b.log.gz'), gzipSync(textOf(OTHER)));
  expect(await openAfter(args)).toContainEqual(
    expect.stringMatching(
      /^Of which cluster kube-\w.log(.gz)? tells is not known: it told of no object that others/,
    ),
  );
  // A third one, which has begun to tell of its own, too.
  writeFileSync(join(logs, 'kube-c.log'), textOf([writtenLater(OTHER[0]!, 10)]));
  expect(await openAfter(args)).not.toEqual([]);
  writeFileSync(join(logs, 'kube-c.log'), textOf([writtenLater(OTHER[0]!, 10), writtenLater(MINE[1]!, 11)]));
  expect(await openAfter(args)).toEqual([]);
});

/** What says whose the files are. */
const SAID = 'one=00000000-0000-4000-8000-000000000000';
function fileOf(folder: string, said: string): string {
  const file = join(folder, 'uids');
  writeFileSync(file, said);
  return file;
}

test.each<
  [string, Readonly<Record<string, readonly string[]>>, (folder: string) => Readonly<Record<string, string>>]
>([
  ['one log was rotated into them', { 'audit.log.1': MINE, 'audit.log': OTHER }, () => ({})],
  [
    'CLUSTER_UIDS says whose they are',
    { 'kube-a.log': MINE, 'kube-b.log': OTHER },
    () => ({ CLUSTER_UIDS: SAID }),
  ],
  [
    'the file of CLUSTER_UIDS_FILE says whose they are',
    { 'kube-a.log': MINE, 'kube-b.log': OTHER },
    (folder) => ({ CLUSTER_UIDS_FILE: fileOf(folder, SAID) }),
  ],
])('files that share no object are of one cluster where %s', async (_, files, environmentIn) => {
  const folder = ownFolder();
  for (const [name, lines] of Object.entries(files)) writeFileSync(join(folder, name), textOf(lines));
  const paths = Object.keys(files).map((name) => join(folder, name));
  const args = ['--data', join(folder, 'data'), '--audit-log', ...paths];
  expect(await openAfter(args, environmentIn(folder))).toEqual([]);
});

test.each<[string, (folder: string) => Readonly<Record<string, string>>]>([
  ['CLUSTER_UIDS', () => ({ CLUSTER_UIDS: 'two=f00d' })],
  ['the file of CLUSTER_UIDS_FILE', (folder) => ({ CLUSTER_UIDS_FILE: fileOf(folder, 'two=f00d') })],
])('a cluster in %s that is not the one of --cluster is refused', (_, environmentIn) => {
  const folder = ownFolder();
  const log = join(folder, 'audit.log');
  writeFileSync(log, textOf(MINE));
  const args = ['up', '--cluster', 'one', '--port', '0', '--data', join(folder, 'data'), '--audit-log', log];
  const { code, err } = margay(args, '', environmentIn(folder));
  expect(code).toBe(1);
  expect(err).toContain(
    'CLUSTER_UIDS is "two=f00d": no cluster here is called two: give one that CLUSTER_NAME has (one)',
  );
});

/** A write of the same object as a log at level Metadata has it: its request claims that uid. */
function atMetadata(line: string, seconds: number, verb: string): string {
  const { responseObject, objectRef, ...event } = JSON.parse(writtenLater(line, seconds)) as {
    responseObject: { metadata: { uid: string } };
    objectRef: object;
  };
  const { uid } = responseObject.metadata;
  return JSON.stringify({ ...event, level: 'Metadata', verb, objectRef: { ...objectRef, uid } });
}

test.each([
  ['shows whose it is by an update, whose uid its API server holds it to', 'update', false],
  ['does not by a patch, which may claim any', 'patch', true],
])('a log at level Metadata beside another one %s', async (_, verb, isOpen) => {
  const folder = ownFolder();
  const paths = ['full.log', 'metadata.log'].map((name) => join(folder, name));
  writeFileSync(paths[0]!, textOf(MINE));
  writeFileSync(paths[1]!, textOf([atMetadata(MINE[1]!, 11, verb)]));
  const open = await openAfter(['--data', join(folder, 'data'), '--audit-log', ...paths]);
  expect(open.some((reason) => reason.startsWith('Of which cluster'))).toBe(isOpen);
  expect(open).not.toEqual([]);
});

/** What kubectl writes of one pod, as the log shows it, under another name and uid where it is of another cluster. */
function listOf(line: string, other?: string): string {
  const { metadata, ...object } = (JSON.parse(line) as { responseObject: { metadata: object } })
    .responseObject;
  const named =
    other === undefined ? {} : { name: other, uid: `10000000-0000-4000-8000-${other.padStart(12, '0')}` };
  const items = [{ ...object, metadata: { ...metadata, ...named } }];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

test('each list of objects is judged by itself, whatever its file is called, and not by what it does not show', async () => {
  const folder = ownFolder();
  const [log, list] = ['audit.log', 'pods.json'].map((name) => join(folder, name)) as [string, string];
  const lines = [...MINE];
  const openWith = async (second: number, environment: Readonly<Record<string, string>> = {}) => {
    const at = `2026-03-01T08:00:0${second}Z`;
    lines.push(writtenLater(MINE[1]!, lines.length + 10));
    writeFileSync(log, textOf(lines));
    const data = ['--data', join(folder, 'data'), '--audit-log', log];
    const open = await openAfter([...data, '--baseline', list, '--baseline-at', at], environment);
    return open.filter((reason) => reason.startsWith('Of which cluster'));
  };
  writeFileSync(list, listOf(MINE[2]!));
  expect(await openWith(3)).toEqual([]);
  writeFileSync(list, listOf(MINE[2]!, '1'));
  expect(await openWith(4)).toEqual([
    expect.stringMatching(/^Of which cluster baseline pods.json tells is not known/),
  ]);
  expect(await openWith(4, { CLUSTER_UIDS: SAID })).toEqual([]);
});
