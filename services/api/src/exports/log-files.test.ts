import { checkProof, signingKey, verifierKeyText } from '@margay/ledger';
import { logReports, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { filesOfLog, shownByLog } from './log-files.ts';

const KEY = signingKey('margay.example/c', new Uint8Array(32).fill(1));
const header = (id: string) => ({
  id,
  cluster: 'c',
  reportName: 'daily',
  reportType: 'inventory',
  start: 0,
  end: 1,
  generatedAt: 2,
  digest: 'd',
  parts: [],
  content: {},
  sequence: 1,
  headerDigest: 'h',
});

function opened() {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  const textsOf = async (id: string) => {
    const log = await shownByLog(stores.ledger, header(id));
    const { version } = log;
    const texts: Record<string, string> = {};
    for (const file of filesOfLog(log)) {
      texts[file.name] = '';
      for await (const piece of file.text()) texts[file.name] += String(piece);
    }
    return { texts, version };
  };
  return { stores, textsOf };
}

test('a report that is logged comes with what shows it, as the log is now; without a log there is nothing', async () => {
  const { stores, textsOf } = opened();
  expect(await textsOf('a')).toEqual({ texts: {}, version: 'no log' });
  await logReports(stores, [header('a')], KEY);
  const first = await textsOf('a');
  await logReports(stores, [header('b')], KEY);
  const { texts, version } = await textsOf('a');
  expect(Object.keys(texts)).toEqual([
    'log-entry.json',
    'report.tlog-proof',
    'log-checkpoint.txt',
    'log-key.txt',
  ]);
  const entry = Buffer.from(texts['log-entry.json']!);
  const shown = checkProof(Buffer.from(texts['report.tlog-proof']!), entry, [KEY]);
  expect(shown).toMatchObject({ origin: KEY.name, size: 2, index: 0, signed: [{ key: KEY }] });
  expect(texts['report.tlog-proof']!.endsWith(texts['log-checkpoint.txt']!)).toBe(true);
  expect(texts['log-key.txt']).toBe(`${verifierKeyText(KEY)}\n`);
  expect(texts['log-entry.json']).toBe(first.texts['log-entry.json']);
  expect(version).not.toBe(first.version);
});

test('where there is a log, and the report is not in it, that is said until it is', async () => {
  const { stores, textsOf } = opened();
  await logReports(stores, [header('a')], KEY);
  const without = await textsOf('b');
  expect(without).toEqual({
    texts: {
      'log.problem.txt': expect.stringMatching(
        /^The log of reports has no entry of this report: .* before the log began, or .* appended .*\n$/,
      ) as string,
    },
    version: 'unlogged',
  });
  await logReports(stores, [header('b')], KEY, { later: true });
  const { texts, version } = await textsOf('b');
  expect(Object.keys(texts)).toContain('report.tlog-proof');
  expect(version).not.toBe(without.version);
});

test('where the log in the store does not show it, that is said', async () => {
  const { stores, textsOf } = opened();
  await logReports(stores, [header('a')], KEY);
  const head = (await stores.ledger.head())!;
  const entries = [{ run: 'b', bytes: Buffer.from('{}') }];
  const tiles = [{ level: 0, index: 0, width: 2, bytes: new Uint8Array(64) }];
  await stores.ledger.grow(1, { head: { ...head, size: 2 }, entries, tiles });
  expect(await textsOf('a')).toEqual({
    texts: {
      'log.problem.txt': expect.stringContaining('it says 2 entries, and its checkpoint is of 1') as string,
    },
    version: 'refused',
  });
});
