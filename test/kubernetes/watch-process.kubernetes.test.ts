import { setTimeout as sleep } from 'node:timers/promises';
import { evidenceFor } from '@margay/coverage';
import { project, type Version } from '@margay/history';
import { apiVersionOf, watchableKinds, type KubernetesClient } from '@margay/kubernetes';
import { openEmbedded } from '@margay/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownFolder, startMargay } from '../testing/margay.ts';
import { admin, applyDefinitions, kubeconfig } from './cluster.ts';
import { Scenario } from './scenario.ts';

const client = admin('server-0');
beforeAll(applyDefinitions);
afterAll(() => client.close());

const line = (
  group: string,
  resource: string,
  { namespace, name, uid, content }: Pick<Version, 'namespace' | 'name' | 'uid' | 'content'>,
): string => `${resource} ${group} ${namespace}/${name} ${uid} ${JSON.stringify(content)}`;

/** What the API server lists, as reports see it. */
async function listed(from: KubernetesClient): Promise<string[]> {
  const state: string[] = [];
  for (const { kind, resource } of await watchableKinds(from)) {
    for (const object of await from.listAll(resource)) {
      const seen = project(kind, { ...object, apiVersion: apiVersionOf(resource) });
      if (!('lacks' in seen)) state.push(line(kind.group, kind.resource, seen as unknown as Version));
    }
  }
  return state.sort();
}

/** What the history in the folder says exists now. */
async function present(directory: string): Promise<string[]> {
  const stores = openEmbedded(directory, { readOnly: true });
  try {
    const now = Date.now() * 1_000;
    const state: string[] = [];
    for await (const version of stores.history.versions({ start: now, end: now + 1 }))
      state.push(line(version.group, version.resource, version));
    return state.sort();
  } finally {
    await stores.close();
  }
}

async function evidence(directory: string, window: { start: number; end: number }) {
  const stores = openEmbedded(directory, { readOnly: true });
  try {
    return evidenceFor(await stores.coverage.marks(), [], window);
  } finally {
    await stores.close();
  }
}

test('margay up --watch is killed in the middle of changes and goes on: its history is what the API server lists', async () => {
  const data = ownFolder();
  const args = ['up', '--watch', '--cluster', 'c', '--kubeconfig', kubeconfig, '--data', data, '--port', '0'];
  const scenario = new Scenario([client], `w${Date.now().toString(36)}`);
  const first = startMargay(args);
  await scenario.begin();
  await expect.poll(() => first.said(), { timeout: 30_000 }).toContain('Serving');
  await expect.poll(async () => (await present(data)).length, { timeout: 60_000 }).toBeGreaterThan(20);
  const begun = Date.now() * 1_000;

  const changing = scenario.change();
  await sleep(400);
  first.kill('SIGKILL');
  await changing;
  const second = startMargay(args);
  await expect
    .poll(async () => (await present(data)).join('\n') === (await listed(client)).join('\n'), {
      timeout: 90_000,
      interval: 1_000,
    })
    .toBe(true);

  await scenario.end();
  await expect
    .poll(async () => (await present(data)).join('\n') === (await listed(client)).join('\n'), {
      timeout: 90_000,
      interval: 1_000,
    })
    .toBe(true);
  // The API server still had every change, so that nothing is in doubt.
  const end = Date.now() * 1_000;
  expect((await evidence(data, { start: begun, end })).events.doubtful).toEqual({});
  second.kill('SIGTERM');
  await new Promise((ended) => second.once('exit', ended));
  expect(second.exitCode).toBe(0);
});
