import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { signingKey, type SigningKey, verifierKeyText } from '@margay/ledger';
import { databaseIn, logUnlogged, openEmbedded, type Stores } from '@margay/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startMargay } from './testing/margay.ts';
import { LOG_KEY, logArchived, recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';
import { sealed } from './testing/sealed.ts';

/** Somebody who may write whatever he likes to the embedded store: what `margay archive check` finds then. */
const sound = mkdtempSync(join(tmpdir(), 'margay-archive-check-'));
const KEY = ['--key', verifierKeyText(LOG_KEY)];
const [OLD, NEW] = ['old-checkpoint.txt', 'new-checkpoint.txt'].map((name) => join(sound, name)) as [
  string,
  string,
];

const PLAIN_PDF = join(sound, 'plain.pdf');

/** Logs what is not in the log yet, and gives its signed head. */
async function logged(stores: Stores, by = LOG_KEY): Promise<string> {
  await logArchived(stores, by);
  return (await stores.ledger.head())!.checkpoint;
}

/** Three reports of one chain and one of another, all logged; one checkpoint was kept before the last, one after it. */
beforeAll(async () => {
  const stores = await recordedStores(AUDIT_LOG, sound);
  const later = (n: number) => ({ ...SPAN, end: SPAN.end + n });
  await report(stores, windowOf('audit-1', 'policy-audit'));
  await report(stores, windowOf('daily-1', 'inventory', later(1), 'daily'));
  await report(stores, windowOf('daily-2', 'inventory', later(2), 'daily'));
  writeFileSync(OLD, await logged(stores));
  await report(stores, windowOf('daily-3', 'inventory', later(3), 'daily'));
  writeFileSync(NEW, await logged(stores));
  await stores.close();
}, 120_000);
afterAll(() => rmSync(sound, { recursive: true }));

type Header = Record<string, unknown> & { readonly id: string; readonly headerDigest: string };
const headerOf = (store: DatabaseSync, id: string) =>
  JSON.parse(
    (store.prepare('SELECT header FROM headers WHERE id = ?').get(id) as { header: string }).header,
  ) as Header;
const keep = (store: DatabaseSync, header: Readonly<Record<string, unknown>>) =>
  store
    .prepare('UPDATE headers SET header = ?, sequence = ? WHERE id = ?')
    .run(JSON.stringify(header), Number(header['sequence']), String(header['id']));

/** Makes a report say something else, and everything after it fit that. */
function replaceChain(store: DatabaseSync): void {
  const row = store.prepare("SELECT id, body FROM parts WHERE report_id = 'daily-1' AND part = 0").get() as {
    id: number;
    body: string;
  };
  const body = row.body.replace('false', 'true');
  const digest = createHash('sha256').update(body).digest('hex');
  store.prepare('UPDATE parts SET body = ?, digest = ? WHERE id = ?').run(body, digest, row.id);
  const first = headerOf(store, 'daily-1');
  const parts = (first['parts'] as object[]).map((part, i) => (i === 0 ? { ...part, digest } : part));
  let before = sealed({ ...first, parts });
  keep(store, before);
  for (const id of ['daily-2', 'daily-3']) {
    before = sealed({ ...headerOf(store, id), previous: before.headerDigest });
    keep(store, before);
  }
}

/** Two reports of a chain change places, and each has the digest that it should have. */
function exchangeReports(store: DatabaseSync): void {
  const [second, third] = [headerOf(store, 'daily-2'), headerOf(store, 'daily-3')];
  store.exec("UPDATE headers SET sequence = 99 WHERE id = 'daily-2'");
  keep(store, sealed({ ...third, sequence: 2 }));
  keep(store, sealed({ ...second, sequence: 3 }));
}

const removeReport = (id: string) => (store: DatabaseSync) =>
  store.exec(`DELETE FROM headers WHERE id = '${id}'; DELETE FROM parts WHERE report_id = '${id}'`);
const removeLog = (store: DatabaseSync) =>
  store.exec('DELETE FROM log_head; DELETE FROM log_entries; DELETE FROM log_tiles');

/** The log is what it was before its last entry, as a backup has it, with its signed head; the archive is not. */
function olderLog(store: DatabaseSync): void {
  store.exec('DELETE FROM log_entries WHERE number = 3; UPDATE log_tiles SET bytes = substr(bytes, 1, 96)');
  store.prepare('UPDATE log_head SET size = 3, checkpoint = ?').run(readFileSync(OLD, 'utf8'));
}

/** The last report is as if it had never been. */
function truncate(store: DatabaseSync): void {
  removeReport('daily-3')(store);
  olderLog(store);
}

function changeEntry(store: DatabaseSync): void {
  const { entry } = store.prepare('SELECT entry FROM log_entries WHERE number = 1').get() as {
    entry: Uint8Array;
  };
  const changed = Buffer.from(entry).toString().replace('"inventory"', '"inventorz"');
  store.prepare('UPDATE log_entries SET entry = ? WHERE number = 1').run(Buffer.from(changed));
}

interface Attack {
  readonly name: string;
  readonly damage: (store: DatabaseSync) => unknown;
  /** Signs a log of his own behind that, with this key. */
  readonly signs?: SigningKey;
  /** A worker begins behind that, and logs what has no entry. */
  readonly begins?: true;
  /** Each line of a finding, in any order. */
  readonly found: readonly RegExp[];
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a header is changed',
    damage: (store) =>
      store.exec(
        "UPDATE headers SET header = replace(header, '\"numTotal\":', '\"numTotal\":1') WHERE id = 'daily-2'",
      ),
    found: [/^- changed: The header of report daily-2 was changed/],
  },
  {
    name: 'rows are changed',
    damage: (store) =>
      store.exec(
        "UPDATE parts SET body = replace(body, 'false', 'true') WHERE report_id = 'daily-2' AND part = 0",
      ),
    found: [/^- changed: Part 0 of report daily-2 was changed/],
  },
  {
    name: 'rows are no rows, and have a digest',
    damage: (store) => {
      const digest = createHash('sha256').update('{').digest('hex');
      store
        .prepare("UPDATE parts SET body = '{', digest = ? WHERE report_id = 'daily-3' AND part = 0")
        .run(digest);
      const header = headerOf(store, 'daily-3');
      const parts = (header['parts'] as object[]).map((part, i) => (i === 0 ? { ...part, digest } : part));
      keep(store, sealed({ ...header, parts }));
    },
    found: [
      /^- changed: Part 0 of report daily-3 was changed: it is no list of rows/,
      /^- replaced: Report daily-3 was replaced/,
    ],
  },
  {
    name: 'a header names parts that are none',
    damage: (store) => keep(store, sealed({ ...headerOf(store, 'daily-3'), parts: [null] })),
    found: [/^- changed: The header of report daily-3 was changed/],
  },
  {
    name: 'a report is hidden from those of its name',
    damage: (store) => store.exec("UPDATE headers SET report_name = 'x' WHERE id = 'daily-2'"),
    found: [
      /^- changed: Report daily-2 is not listed where it belongs, among those of daily, type inventory/,
    ],
  },
  {
    name: 'a report is hidden behind newer ones',
    damage: (store) => store.exec('UPDATE headers SET "end" = 1 WHERE id = \'daily-3\''),
    found: [/^- changed: Report daily-3 is not listed where it belongs/],
  },
  {
    name: 'the head of the log is none',
    damage: (store) => store.exec("UPDATE log_head SET checkpoint = 'x', size = 9007199254740991"),
    found: [
      /^- changed: The signed head of the log was changed/,
      /^- truncated: The log ends before entry 4, and its head says that it has 9007199254740991/,
    ],
  },
  {
    name: 'rows are removed',
    damage: (store) => store.exec("DELETE FROM parts WHERE report_id = 'daily-2' AND part = 0"),
    found: [/^- removed: Part 0 of report daily-2 is not in the archive any more/],
  },
  {
    name: 'rows are changed and the whole chain is made anew',
    damage: replaceChain,
    found: ['daily-1', 'daily-2', 'daily-3'].map(
      (id) => new RegExp(`^- replaced: Report ${id} was replaced`),
    ),
  },
  {
    name: 'a report is removed from the middle of its chain',
    damage: removeReport('daily-2'),
    found: [
      /^- removed: The chain of daily lacks number 2, before report daily-3/,
      /^- removed: Report daily-2 \(daily, .*\) is entry 2 of the log/,
    ],
  },
  {
    name: 'the last report of its chain is removed',
    damage: removeReport('daily-3'),
    found: [/^- removed: Report daily-3 \(daily, .*\) is entry 3 of the log/],
  },
  {
    name: 'reports change places',
    damage: exchangeReports,
    found: [
      /^- replaced: Report daily-2 was replaced/,
      /^- replaced: Report daily-3 was replaced/,
      /^- replaced: In the chain of daily report daily-3, number 2, does not follow/,
      /^- reordered: In the chain of daily report daily-2, number 3, does not follow/,
    ],
  },
  {
    name: 'the last report and its entry are removed, and an older head put back',
    damage: truncate,
    found: [/^- truncated: The log has 3 entries, and the checkpoint that was kept is of 4/],
  },
  {
    name: 'a log that is older than the archive is put in its place',
    damage: olderLog,
    found: [
      /^- truncated: The log has 3 entries, and the checkpoint that was kept is of 4/,
      /^- unlogged: Report daily-3 is in the archive and has no entry in the log/,
    ],
  },
  {
    name: 'a log that is older than the archive is put in its place, and a worker goes on with it',
    damage: olderLog,
    begins: true,
    found: [/^- forked: The log does not go on from the checkpoint that was kept/],
  },
  {
    name: 'an archive that is older than the log is put in its place',
    damage: removeReport('daily-3'),
    found: [/^- removed: Report daily-3 .* is entry 3 of the log, .* and is not in the archive/],
  },
  {
    name: 'the log ends before its head says',
    damage: (store) => store.exec('DELETE FROM log_entries'),
    found: [/^- truncated: The log ends before entry 0, and its head says that it has 4/],
  },
  {
    name: 'an entry is removed',
    damage: (store) => store.exec('DELETE FROM log_entries WHERE number = 2'),
    found: [/^- removed: Entry 2 of the log is not there/],
  },
  {
    name: 'entries change places',
    damage: (store) =>
      store.exec(
        'UPDATE log_entries SET number = 9 WHERE number = 1; UPDATE log_entries SET number = 1 WHERE number = 2; UPDATE log_entries SET number = 2 WHERE number = 9',
      ),
    found: [/^- reordered: Entries of the log stand in another order: 1, 2/, /^- forked: /],
  },
  {
    name: 'an entry is changed',
    damage: changeEntry,
    found: [/^- changed: Entry 1 of the log is not the one that was signed/, /^- forked: /],
  },
  {
    name: 'tiles are changed',
    damage: (store) => store.exec('UPDATE log_tiles SET bytes = zeroblob(length(bytes))'),
    found: [/^- changed: Tiles of the log were changed/],
  },
  {
    name: 'the store says that a report has no entry',
    damage: (store) => store.exec("UPDATE log_entries SET run = 'x' WHERE number = 1"),
    found: [/^- changed: Entry 1 of the log is about run daily-1, and the store has no entry for it/],
  },
  {
    name: 'what was signed of the evidence is changed',
    damage: (store) => store.exec("UPDATE log_entries SET statement = '{}' WHERE number = 1"),
    found: [/^- changed: What was signed of the evidence of report daily-1 was changed/],
  },
  {
    name: 'a report is added',
    damage: (store) => {
      const { headerDigest } = headerOf(store, 'daily-3');
      const added = sealed({
        ...headerOf(store, 'daily-3'),
        id: 'daily-4',
        sequence: 4,
        previous: headerDigest,
        parts: [],
      });
      store
        .prepare(
          "INSERT INTO headers SELECT 'daily-4', report_name, report_type, \"end\", 4, ? FROM headers WHERE id = 'daily-3'",
        )
        .run(JSON.stringify(added));
    },
    found: [/^- unlogged: Report daily-4 is in the archive and has no entry in the log/],
  },
  {
    name: 'a chain and the log are made anew, with the key of the log',
    damage: (store) => {
      replaceChain(store);
      removeLog(store);
    },
    signs: LOG_KEY,
    found: [/^- forked: The log does not go on from the checkpoint that was kept: of its first 4 entries/],
  },
  {
    name: 'the log is made anew with another key of its name',
    damage: removeLog,
    signs: signingKey(LOG_KEY.name, new Uint8Array(32).fill(2)),
    found: [/^- replaced: The log is signed by margay\.example\/recorded\+[0-9a-f]{8}, and by no key/],
  },
  {
    name: 'the log is removed',
    damage: removeLog,
    found: [/^- removed: There is no log of reports/],
  },
];

test.each(ATTACKS)('$name: it is found', async ({ damage, signs, begins, found }) => {
  const folder = ownFolder();
  cpSync(sound, folder, { recursive: true });
  const store = new DatabaseSync(databaseIn(folder));
  damage(store);
  store.close();
  if (signs !== undefined) {
    const stores = openEmbedded(folder);
    await logged(stores, signs);
    await stores.close();
  }
  if (begins === true) {
    const stores = openEmbedded(folder);
    expect(await logUnlogged(stores, LOG_KEY)).toBe(1);
    await stores.close();
  }
  const { code, out, err } = margay(['archive', 'check', '--data', folder, ...KEY, '--since', NEW]);
  const lines = out.split('\n').filter((line) => line.startsWith('- ') && !/^- (not )?shown: /.test(line));
  for (const words of found) expect([...lines, err]).toContainEqual(expect.stringMatching(words));
  expect({ code, first: out.split('\n')[0] }).toEqual({
    code: 1,
    first: `NOT INTACT: ${lines.length === 1 ? '1 finding' : `${lines.length} findings`}`,
  });
});

test('an archive that nobody changed is intact, by the key and any checkpoint that was kept; without a key nothing shows who made it', () => {
  for (const since of [OLD, NEW]) {
    const { code, out, err } = margay(['archive', 'check', '--data', sound, ...KEY, '--since', since]);
    expect(out.split('\n')[0]).toBe('intact: the archive that margay.example/recorded logged and signed');
    expect(out).toMatch(/- shown: the log goes on from the checkpoint that was kept, of [34] entries/);
    expect(err).toContain('margay: 4 of 4 reports looked at');
    expect(code).toBe(0);
  }
  const { code, out } = margay(['archive', 'check', '--data', sound]);
  expect([code, out.split('\n')[0]]).toEqual([0, 'unsigned: consistent with itself, origin not shown']);
});

/** The first line where the rows of so many reports were not read. */
const passedOver = (reports: number): string =>
  `the archive that margay.example/recorded logged and signed; the rows of ${reports} report${reports === 1 ? '' : 's'} were not looked at now`;

test('a check that was interrupted goes on: rows that it found right it does not read again, and says that they were not looked at', () => {
  const resume = join(ownFolder(), 'checked.txt');
  const check = () =>
    margay(['archive', 'check', '--data', sound, ...KEY, '--since', NEW, '--resume', resume]);
  const first = check();
  expect(first.out.split('\n')[0]).toBe('intact: the archive that margay.example/recorded logged and signed');
  expect(first.out).not.toContain('were not looked at now');
  const digests = readFileSync(resume, 'utf8').split('\n').slice(0, 4);
  // It ended while it wrote the fourth.
  writeFileSync(resume, `${digests.slice(0, 3).join('\n')}\n${digests[3]!.slice(0, 20)}`);
  const { code, out } = check();
  expect(out.split('\n')[0]).toBe(passedOver(3));
  expect(out).toContain(
    `- not shown: the rows of 3 reports: they were not looked at now, since ${resume} says that an earlier check found them right`,
  );
  expect(code).toBe(0);
  expect(check().out.split('\n')[0]).toBe(passedOver(4));
});

test('a file of what was looked at is believed only where nobody else may write it', () => {
  const resume = join(ownFolder(), 'checked.txt');
  const check = () => margay(['archive', 'check', '--data', sound, ...KEY, '--resume', resume]);
  expect(check().code).toBe(0);
  expect(statSync(resume).mode & 0o777).toBe(0o600);
  for (const mode of [0o620, 0o602]) {
    chmodSync(resume, mode);
    const { code, out, err } = check();
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`Cannot go by ${resume}: others than you may write it`);
  }
  chmodSync(resume, 0o644);
  expect(check().code).toBe(0);
});

/** The files of a folder, each with its digest. */
const contentsOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );

test('a check that is killed leaves the archive as it was, and the next one is right', async () => {
  const folder = ownFolder();
  cpSync(sound, folder, { recursive: true });
  const before = contentsOf(folder);
  const resume = join(ownFolder(), 'checked.txt');
  const args = ['archive', 'check', '--data', folder, ...KEY, '--since', NEW, '--resume', resume];
  const killedOnceItTold = async (words: string): Promise<boolean> => {
    const child = startMargay(args);
    const ended = once(child, 'exit');
    while (!child.said().includes(words)) await Promise.race([once(child.stderr!, 'data'), ended]);
    child.kill('SIGKILL');
    const [, signal] = (await ended) as [number | null, string | null];
    expect(contentsOf(folder)).toEqual(before);
    return signal === 'SIGKILL';
  };
  expect(await killedOnceItTold('')).toBe(true);
  // It may have come to its end by then, and not each time.
  const killed: boolean[] = [];
  while (!killed.includes(true) && killed.length < 10)
    killed.push(await killedOnceItTold('entries looked at'));
  expect(killed).toContain(true);
  const found = existsSync(resume) ? readFileSync(resume, 'utf8').match(/^[0-9a-f]{64}$/gm)?.length : 0;
  const { code, out } = margay(args);
  expect([code, out.split('\n')[0]]).toEqual([
    0,
    found ? passedOver(found) : 'intact: the archive that margay.example/recorded logged and signed',
  ]);
  expect(contentsOf(folder)).toEqual(before);
});

test.each([
  ['a folder that is none', ['--data', '/nowhere'], 1, /is no data folder of margay up/],
  ['no key', ['--key', 'x'], 2, /--key is no key for checking/],
  [
    'a PDF without a checkpoint',
    ['--data', sound, '--since', PLAIN_PDF],
    1,
    /Cannot take \S+plain\.pdf for a checkpoint that was kept: .*no checkpoint attached/,
  ],
])('%s is refused', (_, options, expected, words) => {
  writeFileSync(PLAIN_PDF, '%PDF-1.7\n');
  const { code, err } = margay(['archive', 'check', ...options]);
  expect({ code, err }).toEqual({ code: expected, err: expect.stringMatching(words) as string });
});
