import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { signingKey } from '@margay/ledger';
import { databaseIn } from '@margay/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbedded } from './embedded.ts';
import { checkLog, logReports } from './ledger/append.ts';
import { clusterUidOf } from './tellers/cluster-uid.ts';
import { BEGUN, readAsBefore } from './testing/before-clusters/read.ts';

const kept = (name: string) => readFileSync(new URL(`testing/before-clusters/${name}`, import.meta.url));
const KEY = signingKey('margay.example/old', new Uint8Array(32).fill(3));

test('a data folder of the version that did not tell clusters apart is read as it read it, and goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-before-clusters-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(databaseIn(folder), gunzipSync(kept('margay.db.gz')));
  const expected = JSON.parse(kept('embedded.json').toString('utf8')) as Awaited<
    ReturnType<typeof readAsBefore>
  >;
  const stores = openEmbedded(folder);
  onTestFinished(() => stores.close());
  expect(JSON.parse(JSON.stringify(await readAsBefore(stores)))).toEqual(expected);
  // By which the cluster is told from another one of its name from now on.
  expect(await clusterUidOf(stores)).toBe('uid-alpha-kube-system');

  const [first] = expected.headers;
  const report = { ...first!, id: 'daily-2', end: BEGUN + 200, digest: 'of the second', parts: [] };
  const next = await stores.archive.complete(report);
  expect(next).toMatchObject({ sequence: 2, previous: first!.headerDigest });
  expect(await stores.archive.newest()).toEqual([next]);
  await logReports(stores, [next], KEY);
  expect(await stores.ledger.head()).toMatchObject({ size: 2 });
  await checkLog(stores.ledger, KEY);
});
