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
function read(...logs: readonly (readonly string[])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'margay-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = logs.map((lines, i) => {
    const path = join(folder, `${i}.log`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  });
  return readLogs(paths, [], openProgress({ write: () => true }));
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
