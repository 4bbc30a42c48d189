import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { saidUid } from './said-uid.ts';

test.each<[string, Readonly<Record<string, string>>, string | undefined, string | undefined | RegExp]>([
  ['nothing is set', {}, undefined, undefined],
  ['nothing is set, and a name that no setting takes', {}, 'my cluster', undefined],
  ['an empty variable', { CLUSTER_UIDS: '' }, 'a', undefined],
  ['its own', { CLUSTER_UIDS: 'a=a1' }, 'a', 'a1'],
  ['its own in capitals, as no API server writes it', { CLUSTER_UIDS: 'a=A1' }, 'a', 'a1'],
  ['the only one', { CLUSTER_UIDS: 'a=a1' }, undefined, 'a1'],
  ['several, and nobody says which', { CLUSTER_UIDS: 'a=a1,b=b1' }, undefined, /a, b\): say with --cluster/],
  ['that of another one', { CLUSTER_UIDS: 'b=b1' }, 'a', /CLUSTER_UIDS/],
  ['no uid', { CLUSTER_UIDS: 'a=?' }, undefined, /is no NAME=UID/],
])('of which cluster logs are, as settings say it: %s', (_, environment, cluster, said) => {
  const asked = () => saidUid(environment, cluster);
  if (said instanceof RegExp) expect(asked).toThrow(said);
  else expect(asked()).toBe(said);
});

test('a file may say it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-uids-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'uids'), 'a=a1\n');
  expect(saidUid({ CLUSTER_UIDS_FILE: join(folder, 'uids') })).toBe('a1');
});
