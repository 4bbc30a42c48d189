import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { openEmbedded, readKeyFile, type Stores } from '@margay/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { AUDIT_LOG, margay } from './testing/margay.ts';
import { scanned, typedOff } from './testing/on-paper.ts';
import { dailyLogged, recordedStores } from './testing/recorded-stores.ts';
import { installedVerifier } from './testing/verifier.ts';

/**
 * A stranger has a PDF on paper, evidence.zip, the half of the log's key that checks, and the verifier, which is installed alone and asks nobody. Since the
 * paper was printed the log went on, and its key was rotated. Beside it there is a log that its own key signed and that is another one.
 */
const folder = mkdtempSync(join(tmpdir(), 'margay-stranger-'));
const path = (name: string): string => join(folder, name);
const [FIRST, SECOND] = ['first.key', 'second.key'].map((name) =>
  margay(['key', path(name), '--name', 'margay.example/log']).out.trim(),
) as [string, string];

const logged = (stores: Stores, id: string, later: number, key: string): Promise<void> =>
  dailyLogged(stores, id, later, readKeyFile(path(key)));

/** Downloads what a stranger is given: files of a run, as they are named here, and proofs between two sizes of the log. */
async function download(stores: Stores, files: Readonly<Record<string, string>>): Promise<void> {
  const app = await apiHere({ stores, access: anyone });
  for (const [name, asked] of Object.entries(files)) {
    const { statusCode, rawPayload } = await app.inject(`/api/v1/${asked}`);
    expect([asked, statusCode]).toEqual([asked, 200]);
    writeFileSync(path(name), rawPayload);
  }
  await app.close();
}

beforeAll(async () => {
  const data = path('data');
  let stores = await recordedStores(AUDIT_LOG, data);
  await logged(stores, 'daily-1', 1, 'first.key');
  await download(stores, {
    'one.pdf': 'runs/daily-1/downloads/report.pdf',
    'one.zip': 'runs/daily-1/downloads/evidence.zip',
  });
  await logged(stores, 'daily-2', 2, 'first.key');
  await download(stores, { 'two.pdf': 'runs/daily-2/downloads/report.pdf' });
  await stores.close();
  margay(['key', 'rotate', path('second.key'), '--from', path('first.key'), '--data', data]);
  stores = openEmbedded(data);
  await logged(stores, 'daily-3', 3, 'second.key');
  await download(stores, {
    'one-later.zip': 'runs/daily-1/downloads/evidence.zip',
    'three.zip': 'runs/daily-3/downloads/evidence.zip',
    'three.pdf': 'runs/daily-3/downloads/report.pdf',
    'from-1.txt': 'log/growth?from=1&to=4',
    'from-2.txt': 'log/growth?from=2&to=4',
  });
  await stores.close();
  const fork = await recordedStores(AUDIT_LOG);
  await logged(fork, 'daily-1', 7, 'first.key');
  await download(fork, { 'fork-one.zip': 'runs/daily-1/downloads/evidence.zip' });
  await logged(fork, 'daily-2', 8, 'first.key');
  await download(fork, {
    'fork.zip': 'runs/daily-2/downloads/evidence.zip',
    'fork-from-1.txt': 'log/growth?from=1&to=2',
  });
  await fork.close();
  for (const name of ['one', 'two', 'three']) {
    writeFileSync(path(`${name}-typed.txt`), typedOff(path(`${name}.pdf`)));
    writeFileSync(path(`${name}-scanned.txt`), scanned(path(`${name}.pdf`)));
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const INTACT = 'intact: the report that margay.example/log logged and signed';
const FOLLOWS = 'announced in that log that margay.example/log+';
const OF_ONE = 'the one of the checkpoint that was kept, of 1 entries';

/** What a stranger gives the verifier, beside the key, and what he reads. */
const ASKED: readonly (readonly [
  about: string,
  key: string,
  args: string,
  code: 0 | 1,
  ...words: string[],
])[] = [
  ['evidence', FIRST, 'one.zip', 0, INTACT],
  ['with what is typed off paper', FIRST, 'one.zip --since one-typed.txt', 0, INTACT, `is ${OF_ONE}`],
  ['with what a camera read', FIRST, 'one.zip --since one-scanned.txt', 0, INTACT, `is ${OF_ONE}`],
  ['with the file of the PDF', FIRST, 'one.zip --since one.pdf', 0, INTACT, `is ${OF_ONE}`],
  // Of a report that was logged before the rotation, the evidence of after it stands under the head that the new key signed.
  ['made after a rotation, by the old key', FIRST, 'one-later.zip', 0, INTACT, FOLLOWS, 'of 4 entries'],
  ['made after it, by the new key', SECOND, 'one-later.zip', 0, INTACT, 'of 4 entries'],
  ...[FIRST, SECOND].map(
    (key) =>
      [
        'paper that a key signed which signs no more',
        key,
        'one-later.zip --since one-typed.txt --growth from-1.txt',
        0,
        INTACT,
        `goes with ${OF_ONE}`,
      ] as const,
  ),
  [
    'a PDF of another report is a checkpoint of the same log',
    SECOND,
    'one-later.zip --since two.pdf --growth from-2.txt',
    0,
    INTACT,
    'goes with the one of the checkpoint that was kept, of 2 entries',
  ],
  ['a report of after the rotation', FIRST, 'three.zip --since three-scanned.txt', 0, INTACT, FOLLOWS],
  [
    'without the proof between the two',
    FIRST,
    'one-later.zip --since one-typed.txt',
    1,
    'growth?from=1&to=4',
  ],
  [
    'made before the rotation, by the new key alone',
    SECOND,
    'one.zip',
    1,
    'unsigned: ',
    'no key that was given signed it',
  ],
  [
    'a PDF',
    FIRST,
    'one.pdf',
    1,
    'logged: margay.example/log logged',
    'as run daily-1, revision 1',
    'nobody signs pages',
  ],
  ['a PDF of another report', FIRST, 'two.pdf', 1, 'entry 1 of', 'as run daily-2, revision 1'],
  ['paper alone', FIRST, 'one-typed.txt', 1, 'signed: a checkpoint of margay.example/log, no report'],
  [
    'a log that was made anew, with its own key',
    FIRST,
    'fork-one.zip --since one-typed.txt',
    1,
    'NOT INTACT: the log of 1 entries does not go on from the one of 1',
  ],
  [
    'a log that went another way, with a proof of its own',
    FIRST,
    'fork.zip --since one-typed.txt --growth fork-from-1.txt',
    1,
    'NOT INTACT: the log of 2 entries does not go on from the one of 1',
  ],
  [
    'a log that went another way, of the same size',
    FIRST,
    'fork.zip --since two-scanned.txt',
    1,
    'NOT INTACT: the log of 2 entries does not go on from the one of 2',
  ],
];

test(
  'a stranger with the verifier alone, evidence.zip and a PDF on paper reads what they show',
  { timeout: 240_000 },
  () => {
    const verify = installedVerifier();
    const said = ASKED.map(([about, key, args, code, ...words]) => {
      const files = args.split(' ').map((arg) => (arg.startsWith('--') ? arg : path(arg)));
      const ran = verify([...files, '--key', key]);
      return {
        about,
        args,
        code: ran.code,
        missing: words.filter((each) => !ran.out.includes(each)),
        err: ran.err,
        expected: code,
        out: ran.out,
      };
    });
    expect(said.filter(({ code, expected, missing }) => code !== expected || missing.length > 0)).toEqual([]);
    // Whatever was found wrong, nothing of it is called intact.
    for (const { code, out } of said) if (code === 1) expect(out).not.toMatch(/: intact/);
  },
);
