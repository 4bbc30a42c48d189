import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProgress } from '@margay/runtime';
import { UsageError } from '@margay/terminal';
import { expect, onTestFinished, test } from 'vitest';
import { readLogs } from './read-logs.ts';

/** The event by which the namespace kube-system was made, or was read. */
const firstObject = (uid: string, verb: 'create' | 'get'): string =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `${verb} ${uid}`,
    stage: 'ResponseComplete',
    verb,
    user: { username: 'system:apiserver' },
    objectRef: { resource: 'namespaces', name: 'kube-system', apiVersion: 'v1' },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    responseObject: {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: {
        name: 'kube-system',
        uid,
        resourceVersion: '4',
        creationTimestamp: '2026-11-20T10:00:00Z',
      },
    },
    requestReceivedTimestamp: '2026-11-20T10:00:00.000000Z',
    stageTimestamp: '2026-11-20T10:00:00.100000Z',
  });

/** Reads logs, each a file of its own. */
const read = (...logs: readonly (readonly string[])[]) => readAs(undefined, ...logs);

/** Reads them where somebody says of whose cluster they are. */
function readAs(uid: string | undefined, ...logs: readonly (readonly string[])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'margay-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = logs.map((lines, i) => {
    const path = join(folder, `${i}.log`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  });
  return readLogs(paths, [], openProgress({ write: () => true }), { uid });
}

test('logs of two clusters are refused, by their kube-system: what protects in one protects nothing in the other', async () => {
  const [one, other] = [firstObject('u-1', 'create'), firstObject('u-2', 'create')];
  await expect(read([one], [other])).rejects.toThrow(UsageError);
  await expect(read([one], [other])).rejects.toThrow(
    /of two clusters.* uid u-1 in .*0\.log and u-2 in .*1\.log/,
  );
  await expect(read([one, other])).rejects.toThrow(UsageError);
  const { birth } = await read([one, one], [one, firstObject('u-1', 'get')]);
  expect(birth).toBe(Date.parse('2026-11-20T10:00:00Z') * 1000);
});

test('whose logs are is believed of those that do not show it, and logs of another cluster are refused', async () => {
  const { marks } = await readAs('u-1', [A], [B], [firstObject('u-1', 'get')]);
  expect(marks.filter(({ source }) => source.startsWith('lost/'))).toEqual([]);
  await expect(readAs('u-1', [A], [firstObject('u-2', 'get')])).rejects.toThrow(
    /of two clusters.* uid u-1 in CLUSTER_UIDS and u-2 in .*1\.log/,
  );
});

const AT = Date.parse('2026-11-20T10:00:00Z');

/** The event by which a policy was written, so many minutes after the beginning. */
const written = (uid: string, minutes: number, verb: 'create' | 'update' = 'create'): string => {
  const at = new Date(AT + minutes * 60_000).toISOString();
  const metadata = { name: uid, namespace: 'shop', uid, resourceVersion: String(minutes + 10) };
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `${verb} ${uid} ${minutes}`,
    stage: 'ResponseComplete',
    verb,
    user: { username: 'ana' },
    objectRef: {
      apiGroup: 'networking.k8s.io',
      apiVersion: 'v1',
      resource: 'networkpolicies',
      namespace: 'shop',
      name: uid,
    },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    responseObject: {
      kind: 'NetworkPolicy',
      apiVersion: 'networking.k8s.io/v1',
      metadata,
      spec: { podSelector: {} },
    },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  });
};
const [A, B, C] = [written('a', 0), written('b', 1), written('c', 2)];

/** The event of a request at level Metadata that names the uid which the first policy has. */
function naming(verb: 'update' | 'patch' | 'create', code: number): string {
  const event = JSON.parse(written('a', 3)) as {
    objectRef: object;
    responseObject: { metadata: { uid: string } };
  };
  const { responseObject, objectRef, ...more } = event;
  const { uid } = responseObject.metadata;
  const named = { objectRef: { ...objectRef, uid }, responseStatus: { code } };
  return JSON.stringify({ ...more, ...named, verb, level: 'Metadata', auditID: `meta ${verb}` });
}

test.each<[string, string[][], number | undefined]>([
  ['one log', [[A, B]], undefined],
  [
    'logs of API servers that one object ties',
    [
      [A, B],
      [C, written('a', 3, 'update')],
    ],
    undefined,
  ],
  [
    'those that a third one ties',
    [[A], [B], [written('a', 3, 'update'), written('b', 4, 'update')]],
    undefined,
  ],
  [
    'those that kube-system ties',
    [
      [firstObject('u', 'create'), A],
      [firstObject('u', 'get'), B],
    ],
    undefined,
  ],
  [
    'a log at level Metadata, of an update that names an object of the others',
    [[A], [naming('update', 200)]],
    undefined,
  ],
  [
    'two such logs',
    [[naming('update', 200)], [naming('update', 200).replace('meta update', 'again')]],
    undefined,
  ],
  ['one whose update was refused, since its object is another', [[A], [B, naming('update', 409)]], 1],
  ['one of a patch that claims it', [[A], [naming('patch', 200)]], 3],
  ['one of a creation that claims it', [[A], [naming('create', 201)]], 3],
  ['a log that shows no object of the others', [[A], [B]], 1],
  ['whichever comes first', [[B], [A]], 1],
  [
    'two of which one shows kube-system',
    [
      [firstObject('u', 'create'), A],
      [B, C],
    ],
    1,
  ],
  ['a third one that stands alone', [[A], [written('a', 3, 'update')], [C]], 2],
  [
    'one that tells of nothing but who was refused',
    [[A], [B.replace('"code":201', '"code":403').replace(/"responseObject".*?,"request/, '"request')]],
    1,
  ],
  [
    'one that tells of no object',
    [[A], [A.replace('"create"', '"get"').replace(/"responseObject".*?,"request/, '"request')]],
    undefined,
  ],
])(
  'logs of which nothing shows that they are of one cluster leave everything in doubt: %s',
  async (_, logs, minutes) => {
    const { marks } = await read(...logs);
    const open = marks.filter(({ source }) => source.startsWith('lost/everything:'));
    expect(open.flatMap(({ problems }) => problems.map(({ after }) => after))).toEqual(
      minutes === undefined ? [] : [(AT + minutes * 60_000) * 1_000],
    );
    for (const { problems } of open)
      expect(problems[0]!.message).toMatch(/^Of which cluster .*\.log tells is not known/);
  },
);

test.each([
  ['in the order of their dates', ['audit-2026-11-20T10-00-30.000.log', 'audit.log'], 0],
  ['as logs of two API servers are called', ['one.log', 'other.log'], 1],
])('files that one log was rotated into are of one cluster: %s', async (_, names, open) => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = names.map((name) => join(folder, name));
  for (const [i, path] of paths.entries()) writeFileSync(path, `${[A, B][i]}\n`);
  const { marks } = await readLogs(paths, [], openProgress({ write: () => true }));
  expect(marks.filter(({ source }) => source.startsWith('lost/everything:'))).toHaveLength(open);
});
