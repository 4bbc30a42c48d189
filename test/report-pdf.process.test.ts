import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { printedText, readPrinted, signingKey, verifierKeyText } from '@margay/ledger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { margay } from './testing/margay.ts';
import { dailyLogged, LOG_KEY, recordedStores } from './testing/recorded-stores.ts';

const KEY = ['--key', verifierKeyText(LOG_KEY)];
const OTHER = ['--key', verifierKeyText(signingKey('margay.example/recorded', new Uint8Array(32).fill(2)))];
const stores = await recordedStores();
const http = await apiHere({ stores, access: anyone });
const folder = mkdtempSync(join(tmpdir(), 'margay-report-pdf-'));
let printed = '';
const [PDF, ZIP, LATER] = ['report.pdf', 'evidence.zip', 'later.zip'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

async function download(id: string, name: string, path: string): Promise<Buffer> {
  const { statusCode, rawPayload } = await http.inject(`/api/v1/runs/${id}/downloads/${name}`);
  expect(statusCode).toBe(200);
  writeFileSync(path, rawPayload);
  return rawPayload;
}

beforeAll(async () => {
  await dailyLogged(stores, 'daily-1', 1);
  await download('daily-1', 'report.pdf', PDF);
  await download('daily-1', 'evidence.zip', ZIP);
  const { checkpoint } = (await stores.ledger.head())!;
  const { digest } = (await stores.archive.header('daily-1'))!;
  printed = printedText({ run: 'daily-1', digest, index: 0, checkpoint });
  await dailyLogged(stores, 'daily-2', 2);
  await download('daily-1', 'evidence.zip', LATER);
});
afterAll(async () => {
  await http.close();
  rmSync(folder, { recursive: true });
});

test('a PDF says which report the log has, who signed it, and that nothing shows its pages', () => {
  const { code, out } = margay(['verify', PDF, ...KEY]);
  expect(code).toBe(1);
  expect(out).toMatch(
    /report\.pdf: logged: margay\.example\/recorded logged and signed the report that this PDF is said to be; pages not looked at\n/,
  );
  expect(out).toMatch(
    /shown: entry 0 of the log margay\.example\/recorded of 1 entries is of daily \(inventory\) of recorded \(.*\), .* as run daily-1, revision 1, with the digest sha256 [0-9a-f]{64}\n/,
  );
  expect(out).toMatch(/not shown: that the pages are of that report/);
  expect(margay(['verify', PDF]).out).toMatch(/unsigned: the proof in this PDF is consistent with itself/);
  expect(margay(['verify', PDF, ...OTHER]).out).toMatch(
    /unsigned: .*\n.*not shown: who made it: no key that was given signed it/s,
  );
});

test('what is printed in a PDF is signed, shows no report by itself, and stands for a checkpoint that was kept', () => {
  const { code, out } = margay(['verify', '-', ...KEY], printed);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^-: signed: a checkpoint of margay\.example\/recorded, no report; not all that was asked for is shown\n/,
  );
  expect(out).toMatch(
    /not shown: that entry 0 of that log is of run daily-1 with the digest sha256 [0-9a-f]{64}/,
  );
  const typed = join(folder, 'typed.txt');
  writeFileSync(typed, printed);
  for (const kept of [typed, PDF]) {
    expect(margay(['verify', ZIP, ...KEY, '--since', kept])).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /: intact: .*that log is the one of the checkpoint that was kept/s,
      ) as string,
    });
    expect(margay(['verify', LATER, ...KEY, '--since', kept]).out).toMatch(/log\/growth\?from=1&to=2/);
  }
  const forged = printed.replace(/entry 0/, 'entry 7');
  expect(margay(['verify', '-', ...KEY], forged).out).toMatch(/NOT INTACT: it says that entry 7/);
  const mistyped = printed.replace('\n1\n', '\n2\n');
  expect(margay(['verify', '-', ...KEY], mistyped).out).toMatch(
    /NOT INTACT: the signature .* is not over this/,
  );
});

test('a checkpoint alone is signed, or is not', () => {
  const { checkpoint } = readPrinted(printed);
  expect(margay(['verify', '-', ...KEY], checkpoint)).toMatchObject({ code: 0 });
  expect(margay(['verify', '-'], checkpoint)).toMatchObject({
    code: 1,
    out: expect.stringContaining('unsigned: a checkpoint, origin not shown') as string,
  });
});
