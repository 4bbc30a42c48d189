import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { openEmbedded, readKeyFile } from '@margay/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { AUDIT_LOG, margay, type Ran } from './testing/margay.ts';
import { dailyLogged, recordedStores } from './testing/recorded-stores.ts';

/** A log whose key was rotated once and then lost: a report was logged under each. */
const folder = mkdtempSync(join(tmpdir(), 'margay-key-rotation-'));
const data = join(folder, 'data');
const path = (name: string): string => join(folder, name);
const made = (name: string): string => margay(['key', path(name), '--name', 'margay.example/log']).out.trim();
const [FIRST, SECOND, THIRD] = ['first.key', 'second.key', 'third.key'].map(made) as [string, string, string];

/** Archives a report, and logs it with a key of a file. */
async function logged(id: string, later: number, keyFile: string): Promise<void> {
  const stores = id === 'daily-1' ? await recordedStores(AUDIT_LOG, data) : openEmbedded(data);
  await dailyLogged(stores, id, later, readKeyFile(path(keyFile)));
  await stores.close();
}

/** Downloads the evidence of the first report as it is now. */
async function evidence(name: string): Promise<void> {
  const stores = openEmbedded(data);
  const app = await apiHere({ stores, access: anyone });
  for (const file of ['evidence.zip', 'report.pdf']) {
    const answer = await app.inject(`/api/v1/runs/daily-1/downloads/${file}`);
    writeFileSync(path(`${name}-${file}`), answer.rawPayload);
  }
  writeFileSync(path(`${name}.txt`), (await app.inject('/api/v1/log/checkpoint')).body);
  await app.close();
  await stores.close();
}

let rotated: Ran;
beforeAll(async () => {
  await logged('daily-1', 1, 'first.key');
  await evidence('old');
  rotated = margay(['key', 'rotate', path('second.key'), '--from', path('first.key'), '--data', data]);
  await logged('daily-2', 2, 'second.key');
  await evidence('rotated');
  margay(['key', 'rotate', path('third.key'), '--lost', SECOND, '--data', data]);
  await logged('daily-3', 3, 'third.key');
  await evidence('lost');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('who rotates a key is told which one signs from now on', () => {
  expect(rotated).toEqual({
    code: 0,
    out: `${SECOND}\n`,
    err: expect.stringMatching(
      /^Entry 1 of the log says that margay\.example\/log\+\w+ signs it from now on/,
    ) as string,
  });
});

const INTACT = /: intact: the report that margay\.example\/log logged and signed/;
const UNSIGNED = /: unsigned: /;

test.each<[string, string, string, number, RegExp, RegExp]>([
  ['evidence of before the change', 'old', FIRST, 0, INTACT, /signed by the key/],
  [
    'evidence of after it, by the old key, which announced the new one',
    'rotated',
    FIRST,
    0,
    INTACT,
    /shown: the key margay\.example\/log\+\w+ announced in that log that margay\.example\/log\+\w+ follows it/,
  ],
  [
    'evidence of after it, by the new key alone',
    'rotated',
    SECOND,
    0,
    INTACT,
    /coverage\.dsse\.json says .* and is signed by the key/,
  ],
  [
    'evidence of after the loss, by the key that was lost, which signed the log with that report in it before',
    'lost',
    SECOND,
    0,
    INTACT,
    /signed that log as it was with 3 entries, this one among them[^]*not shown: that margay\.example\/log\+\w+ may sign that log: an entry says that the key margay\.example\/log\+\w+ was lost/,
  ],
  ['evidence of after the loss, by the newest key', 'lost', THIRD, 0, INTACT, /signed by the key/],
])('%s', (_, name, key, code, conclusion, words) => {
  const said = margay(['verify', path(`${name}-evidence.zip`), '--key', key]);
  expect(said.out).toMatch(conclusion);
  expect(said.out).toMatch(words);
  expect(said.code).toBe(code);
  const pdf = margay(['verify', path(`${name}-report.pdf`), '--key', key]).out;
  expect(pdf).toMatch(code === 0 ? /: logged: / : UNSIGNED);
});

test('a checkpoint of before is still one that was kept', () => {
  const said = margay(['verify', path('rotated-evidence.zip'), '--key', SECOND, '--since', path('old.txt')]);
  expect(said.out).toMatch(/not all that was asked for is shown.*growth\?from=1&to=3/s);
});

test('the whole archive is checked by the newest key, and by the first as far as keys announced one another', () => {
  expect(
    margay(['archive', 'check', '--data', data, '--key', THIRD, '--since', path('old.txt')]),
  ).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^intact: the archive that margay\.example\/log logged and signed/) as string,
  });
  // The folder of an auditor, and a checkpoint on paper.
  for (const kept of ['old.txt', 'old-report.pdf'])
    expect(margay(['verify', `--archive=${data}`, '--key', THIRD, '--since', path(kept)])).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^intact: .*goes on from the checkpoint that was kept, of 1 entries/s,
      ) as string,
    });
  expect(margay(['verify', `--archive=${data}`, '--key', FIRST]).code).toBe(1);
  expect(margay(['verify', `--archive=${data}`, 'x']).code).toBe(2);
  const first = margay(['archive', 'check', '--data', data, '--key', FIRST]);
  expect(first.code).toBe(1);
  expect(first.out).toMatch(/replaced: The log is signed by .*, and by no key that was given/);
  expect(first.out).toMatch(
    /not shown: that margay\.example\/log\+\w+ may sign the log: an entry says .* was lost/,
  );
});

test.each<[string, string[], number, RegExp, next?: string]>([
  ['no old key', [], 2, /give the old key with --from, or with --lost/],
  [
    'the key that signs as lost',
    ['--from', path('third.key'), '--lost', THIRD],
    2,
    /with --from, or with --lost/,
  ],
  [
    'a key that did not sign last',
    ['--from', path('first.key')],
    1,
    /follows .*, which signs nothing any more/,
  ],
  ['the key that it has', ['--from', path('third.key')], 1, /the key that the log has already/, 'third.key'],
])('%s is refused, and nothing is appended', (_, options, code, words, next = 'second.key') => {
  const said = margay(['key', 'rotate', path(next), ...options, '--data', data]);
  expect(said.err).toMatch(words);
  expect(said.code).toBe(code);
});
