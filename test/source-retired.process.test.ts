import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Coverage, RunDetail } from '@margay/api-contract';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startUp, stopped } from './testing/margay.ts';

const lines = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').trimEnd().split('\n');
const timeOf = (line: number) => (JSON.parse(lines[line]!) as { stageTimestamp: string }).stageTimestamp;

/** Starts `margay up` over the logs of two API servers, the second of which ends early; `ask` is of its API. */
async function withTwoLogs() {
  const folder = ownFolder();
  const data = join(folder, 'data');
  const logs = [lines, lines.slice(0, 600)].map((all, i) => {
    const path = join(folder, `kube-${i === 0 ? 'a' : 'b'}.log`);
    writeFileSync(path, `${all.join('\n')}\n`);
    return path;
  });
  const whileUp = async <T>(
    work: (ask: <A>(path: string) => Promise<A>, api: string) => Promise<T>,
  ): Promise<T> => {
    const { child, url } = await startUp(['--cluster', 'own', '--data', data, '--audit-log', ...logs]);
    const ask = async <A>(path: string) => (await (await fetch(`${url}/api/v1${path}`)).json()) as A;
    const done = await work(ask, url);
    await stopped(child);
    return done;
  };
  return { folder, data, whileUp };
}

const retired = (data: string, ...args: readonly string[]) =>
  margay([
    'source-retired',
    ...args,
    '--by',
    'ann',
    '--because',
    'it was replaced, ticket 1',
    '--data',
    data,
  ]);

test('a log that was taken out of service leaves no gap from then on, reports say who said so, and the last one cannot be missed', async () => {
  const { folder, data, whileUp } = await withTwoLogs();
  const id = await whileUp(async (ask) => {
    const { items } = await ask<{ items: { id: string }[] }>('/runs?report=inventory');
    const run = await ask<RunDetail>(`/runs/${items[0]!.id}`);
    expect(run.evidence).toMatchObject({ complete: false, grade: 'gaps' });
    return run.id;
  });
  expect(retired(data, 'kube-c.log')).toMatchObject({
    code: 2,
    err: expect.stringContaining('No source of this cluster is called kube-c.log') as string,
  });
  expect(retired(data, 'kube-b.log', '--from', timeOf(100))).toMatchObject({
    code: 2,
    err: expect.stringContaining('told something at') as string,
  });
  // Just behind its last word.
  const from = new Date(Date.parse(timeOf(599)) + 1_000).toISOString();
  const said = retired(data, 'kube-b.log', '--from', from);
  expect(said).toMatchObject({ code: 0, out: '' });
  expect(said.err).toMatch(/^The silence of kube-b\.log is no gap from .* on\. Its last word was of /);

  await whileUp(async (ask, api) => {
    const { sources } = await ask<Coverage>('/coverage');
    const by = { by: 'ann', because: 'it was replaced, ticket 1' };
    expect(sources.find(({ source }) => source === 'kube-b.log')).toMatchObject({ gaps: [], retired: by });
    expect(margay(['run', id, '--revise', '--wait', '--api', api])).toMatchObject({ code: 0 });
    const { evidence } = await ask<RunDetail>(`/runs/${id}-r2`);
    expect(evidence).toMatchObject({ complete: true, grade: 'no gap seen' });
    expect(evidence!.sources?.retired).toMatchObject([{ source: 'kube-b.log', of: 'changes', ...by }]);
    expect(evidence!.notes).toContainEqual(
      expect.stringMatching(/^kube-b\.log was retired: ann said at .*: it was replaced, ticket 1\./),
    );
    for (const file of ['report.json', 'evidence.zip']) {
      const path = join(folder, file);
      const answer = await fetch(`${api}/api/v1/runs/${id}-r2/downloads/${file}`);
      writeFileSync(path, Buffer.from(await answer.arrayBuffer()));
      expect(margay(['verify', path]).code).toBe(0);
    }
  });

  const last = retired(data, 'kube-a.log', '--from', '2026-11-24T00:22:10Z');
  expect(last.err).toContain('No other source of its sort is left');
  await whileUp(async (ask, api) => {
    const window = ['--start', '2026-11-24T00:22:30Z', '--end', '2026-11-24T00:23:30Z'];
    const asked = margay(['run', 'inventory', ...window, '--wait', '--api', api]);
    const { evidence } = await ask<RunDetail>(`/runs/${asked.out.trim()}`);
    expect(evidence).toMatchObject({ complete: false });
    expect(evidence!.sources?.gaps).toHaveLength(1);
  });
}, 300_000);
