import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUnusable } from '@margay/sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbedded } from '../embedded.ts';
import { collect } from '../testing/collect.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'margay-turned-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const KEY = { group: 'networking.k8s.io', resource: 'networkpolicies', namespace: 'shop', name: 'web' };
const content = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop', uid: 'u' },
  spec: { podSelector: { matchLabels: { app: 'selected' } } },
};

/** Keeps a policy, and turns one bit of its text over, as disks do: the database itself finds nothing wrong with it. */
async function turnedOver() {
  const stores = openEmbedded(folder);
  const origin = { source: 'audit.log', position: 1 };
  const change = { ...KEY, id: 'c', eventId: 'e', what: 'present', uid: 'u', resourceVersion: '1' } as const;
  await stores.history.append([{ ...change, at: 1_000_000, receivedAt: 1_000_000, content, origin }]);
  await stores.close();
  const path = join(folder, 'margay.db');
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"selected"');
  expect(at).toBeGreaterThan(0);
  bytes[at + 1]! ^= 1;
  writeFileSync(path, bytes);
  return { ...openEmbedded(folder), path };
}

test.each<[string, (stores: Awaited<ReturnType<typeof turnedOver>>) => Promise<unknown>]>([
  ['over a window', ({ history }) => collect(history.versions({ start: 0, end: 2 ** 52 }))],
  ['by its changes', ({ history }) => history.changesOf(KEY)],
])(
  'an object in which a bit was turned over is read %s as damage, and nothing is computed from it',
  async (_, read) => {
    const stores = await turnedOver();
    const error = await read(stores).catch((thrown: unknown) => thrown);
    expect(isUnusable(error)).toBe(true);
    expect(String(error)).toContain(`Database ${stores.path}: the file is damaged`);
    await stores.close();
  },
);
