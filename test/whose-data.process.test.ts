import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbedded } from '@margay/storage';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { logOf, namespace, pod } from './testing/own-log.ts';

/** Runs `margay up` until it has reported, and stops it. */
async function reported(args: readonly string[]): Promise<void> {
  const { child } = await startUp(args);
  await stopped(child);
}

async function podsIn(data: string): Promise<string[]> {
  const stores = openEmbedded(data, { readOnly: true });
  const names = new Set<string>();
  for await (const { resource, name } of stores.history.versions({ start: 0, end: 8e15 }))
    if (resource === 'pods') names.add(name);
  await stores.close();
  return [...names].sort();
}

test('a data folder takes the evidence of one cluster only', async () => {
  const folder = ownFolder();
  const data = join(folder, 'data');
  const logFile = (name: string, objects: Parameters<typeof logOf>[0]) => {
    writeFileSync(join(folder, name), logOf(objects));
    return join(folder, name);
  };
  // The objects of a log have the uids of their places in it.
  const mine = logFile('mine.log', [namespace('kube-system'), namespace('shop'), pod('shop', 'mine')]);
  const other = logFile('other.log', [namespace('shop'), namespace('kube-system'), pod('shop', 'other')]);
  const up = (cluster: string, log: string) => ['--cluster', cluster, '--data', data, '--audit-log', log];
  await reported(up('mine', mine));

  const byName = margay(['up', '--port', '0', ...up('other', other)]);
  expect(byName.err).toContain('holds the evidence of cluster mine, and this is cluster other');
  expect(byName.code).toBe(2);
  const recording = margay(['up', '--port', '0', '--data', data]);
  expect(recording.err).toContain('holds the evidence of cluster mine, and this is cluster cluster-a');
  expect(recording.code).toBe(2);

  const byUid = margay(['up', '--port', '0', ...up('mine', other)]);
  expect(byUid.err).toMatch(/kube-system has the uid \S+0000, .* the uid \S+0001/);
  expect(byUid.code).toBe(2);
  expect(await podsIn(data)).toEqual(['mine']);

  // A folder that was begun before folders said whose they are is known by its reports.
  rmSync(join(data, 'cluster.json'));
  expect(margay(['up', '--port', '0', ...up('other', other)]).err).toContain('of cluster mine');
  await reported(up('mine', mine));
});

test('whose log it is has to be said; the recorded cluster has a folder of its own', () => {
  const { code, err } = margay(['up', '--audit-log', AUDIT_LOG]);
  expect(err).toMatch(/--cluster.*\.\/data\/<name>/);
  expect(code).toBe(2);
});

test('a start with wrong settings leaves no folder, of which the next would say that it lost its database', () => {
  const data = join(ownFolder(), 'data');
  const up = (environment: Readonly<Record<string, string>>) =>
    margay(['up', '--port', '0', '--data', data], '', environment);
  for (const wrong of [
    { NOTIFY_URL: 'http://user:word@127.0.0.1/' },
    { TRUSTED_PROXIES: 'everybody' },
    { API_URL: 'ftp://127.0.0.1' },
  ]) {
    const { code, err } = up(wrong);
    expect(code).toBe(1);
    expect(err).toContain('These settings cannot be used');
    expect(existsSync(data)).toBe(false);
  }
});

test('dead letters are looked for in a data folder that is there, and none is made', () => {
  const data = join(ownFolder(), 'data');
  for (const command of ['list', 'replay']) {
    const { code, out, err } = margay(['dlq', command, '--data', data]);
    expect(err).toContain(`${data} is no data folder of margay up`);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  }
  expect(existsSync(data)).toBe(false);
});
