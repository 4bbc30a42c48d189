import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { anyone } from '@margay/api';
import type { Run, Runs, Trend } from '@margay/api-contract';
import { openMetrics } from '@margay/runtime';
import { Readiness } from '@margay/runtime/nest';
import { checkLog, databaseIn, LogRefused, logUnlogged, type Stores } from '@margay/storage';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { AUDIT_LOG } from './testing/margay.ts';
import { LOG_KEY, logArchived, recordedStores, report, windowOf } from './testing/recorded-stores.ts';
import { sealed } from './testing/sealed.ts';

/** Somebody who may write to the store changes an archived report of the one process: what is answered then. */
const folder = mkdtempSync(join(tmpdir(), 'margay-damaged-archive-'));
const ID = 'inventory-1';

let stores: Stores;
let api: NestFastifyApplication;

/** What an insider has. */
let store: DatabaseSync;
beforeAll(async () => {
  stores = await recordedStores(AUDIT_LOG, folder);
  for (const [id, type] of [
    [ID, 'inventory'],
    ['inventory-2', 'inventory'],
    ['audit-1', 'policy-audit'],
  ] as const)
    await report(stores, windowOf(id, type));
  await logArchived(stores);
  store = new DatabaseSync(databaseIn(folder), { timeout: 5_000 });
});
afterAll(async () => {
  store.close();
  await stores.close();
  rmSync(folder, { recursive: true });
});

/** The API as it is after a start: what it remembers of a list is not what is looked at here. */
async function started(): Promise<NestFastifyApplication> {
  await api?.close();
  return (api = await apiHere({ stores, access: anyone }));
}

interface Row {
  readonly [column: string]: string | number | Uint8Array;
}
const headerRow = () => store.prepare('SELECT * FROM headers WHERE id = ?').get(ID) as unknown as Row;
const keepHeader = (text: string, id = ID) =>
  store.prepare('UPDATE headers SET header = ? WHERE id = ?').run(text, id);
const forgeHeader = (header: Record<string, unknown>) => keepHeader(JSON.stringify(sealed(header)));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const firstPart = () =>
  store.prepare('SELECT id, body FROM parts WHERE report_id = ? AND part = 0').get(ID) as unknown as {
    id: number;
    body: string;
  };

const ALL = [
  `/runs/${ID}`,
  `/runs/${ID}/rows/endpoints`,
  `/runs/${ID}/compare/inventory-2`,
  `/runs/inventory-2/compare/${ID}`,
  `/runs/${ID}/timeline?endpoint=Pod.v1(a/b)`,
  `/runs/${ID}/changes/x`,
  `/runs/${ID}/downloads/report.json`,
  `/runs/${ID}/downloads/endpoints.csv`,
  `/runs/${ID}/downloads/report.pdf`,
  `/runs/${ID}/downloads/evidence.zip`,
];
/** Of a report whose header is sound, and which rows are not. */
const OF_ROWS = ALL.filter((path) => !/^\/runs\/inventory-1$|timeline|changes/.test(path));

const CHANGED = { status: 409, title: 'The archive was changed' };
const REMOVED = { status: 410, title: 'The report was removed' };

test.each<[string, () => void, typeof CHANGED, RegExp, readonly string[]]>([
  [
    'a header, no digest made anew',
    () => keepHeader(String(headerRow()['header']).replace('"numTotal":174', '"numTotal":1')),
    CHANGED,
    /header of report inventory-1 was changed: it has not the digest that it says\..* backup/,
    ALL,
  ],
  [
    'a header that is none',
    () => keepHeader('{"id":'),
    CHANGED,
    /header of report inventory-1 was changed/,
    ALL,
  ],
  [
    'a header that is empty',
    () => keepHeader('null'),
    CHANGED,
    /header of report inventory-1 was changed/,
    ALL,
  ],
  [
    'the header of another report in its place',
    () => {
      const { header } = store.prepare("SELECT header FROM headers WHERE id = 'inventory-2'").get() as {
        header: string;
      };
      keepHeader(header);
    },
    CHANGED,
    /the one of another report stands in its place/,
    ALL,
  ],
  [
    'a header with its digest made anew',
    () => forgeHeader({ ...JSON.parse(String(headerRow()['header'])), generatedAt: 1 }),
    CHANGED,
    /the log of reports has a header with the digest [0-9a-f]{64}, not [0-9a-f]{64}/,
    ALL,
  ],
  [
    'rows',
    () => {
      const { id, body } = firstPart();
      store.prepare('UPDATE parts SET body = ? WHERE id = ?').run(body.replace('false', 'true'), id);
    },
    CHANGED,
    /Part 0 of report inventory-1 was changed: it has not the digest/,
    OF_ROWS,
  ],
  [
    'rows, and every digest made anew',
    () => {
      const { id, body } = firstPart();
      const changed = body.replace('false', 'true');
      const digest = sha256(changed);
      store.prepare('UPDATE parts SET body = ?, digest = ? WHERE id = ?').run(changed, digest, id);
      const header = JSON.parse(String(headerRow()['header'])) as { parts: { digest: string }[] };
      const parts = header.parts.map((part, i) => (i === 0 ? { ...part, digest } : part));
      forgeHeader({ ...header, parts });
    },
    CHANGED,
    /the log of reports has a header with the digest/,
    ALL,
  ],
  [
    'rows that are removed',
    () => store.prepare('DELETE FROM parts WHERE id = ?').run(firstPart().id),
    REMOVED,
    /Part 0 of report inventory-1 is not in the archive any more/,
    OF_ROWS,
  ],
  [
    'a report that is removed',
    () => store.prepare('DELETE FROM headers WHERE id = ?').run(ID),
    REMOVED,
    /Run inventory-1: Its report was archived, and is entry \d of the log of reports, with the digest [0-9a-f]{64}\. It is no longer in the archive/,
    ALL,
  ],
])(
  '%s: nothing of it is served, and every answer says what is wrong',
  async (_, damage, answer, words, paths) => {
    const sound = store.prepare('SELECT * FROM headers').all() as unknown as Row[];
    const parts = store.prepare('SELECT * FROM parts').all() as unknown as Row[];
    damage();
    try {
      await started();
      for (const path of paths) {
        const { statusCode, body } = await api.inject({ url: `/api/v1${path}` });
        expect({ path, statusCode, ...(JSON.parse(body) as object) }).toMatchObject({
          path,
          statusCode: answer.status,
          title: answer.title,
          detail: expect.stringMatching(words) as string,
        });
      }
      // The others are served as ever, in a list that has all of them.
      const { items } = (await api.inject({ url: '/api/v1/runs' })).json<Runs>();
      expect(items.map(({ id }) => id).toSorted()).toEqual(['audit-1', ID, 'inventory-2']);
      const problems = Object.fromEntries(items.map((run: Run) => [run.id, run.archiveProblem]));
      expect(problems).toMatchObject({ 'audit-1': null, 'inventory-2': null });
      // What is seen of the header, and of what the log has of it, is said in lists, too, and no number of it.
      if (paths === ALL) {
        const { items: trend } = (await api.inject({ url: `/api/v1/runs/${ID}/trend` })).json<Trend>();
        for (const list of [items, trend])
          expect(list.find(({ id }) => id === ID)).toMatchObject({
            summary: null,
            evidence: null,
            late: null,
            archiveProblem: expect.stringMatching(
              /inventory-1 was changed|no longer in the archive/,
            ) as string,
          });
      }
      expect((await api.inject({ url: '/api/v1/runs/inventory-2' })).statusCode).toBe(200);
      expect((await api.inject({ url: '/api/v1/runs/inventory-2/downloads/report.json' })).statusCode).toBe(
        200,
      );
    } finally {
      for (const row of sound) restore('headers', row);
      for (const row of parts) restore('parts', row);
    }
    expect((await (await started()).inject({ url: `/api/v1/runs/${ID}` })).statusCode).toBe(200);
  },
);

test('a header that is forged is counted when somebody scrapes, and said by lists that knew it as it was', async () => {
  await api?.close();
  const metrics = openMetrics({ defaults: false });
  api = await apiHere({ stores, access: anyone, metrics });
  const listed = async () =>
    (await api.inject({ url: '/api/v1/runs' })).json<Runs>().items.find(({ id }) => id === ID)!;
  const first = await listed();
  expect(first).toMatchObject({ archiveProblem: null, digest: expect.any(String) as string });
  const sound = headerRow();
  const now = vi.spyOn(performance, 'now');
  const later = (seconds: number) => {
    const at = performance.now();
    now.mockImplementation(() => at + seconds * 1_000);
  };
  try {
    forgeHeader({ ...JSON.parse(String(sound['header'])), end: 2, reportName: 'other' });
    later(61);
    await metrics.exposition();
    await vi.waitFor(async () =>
      expect(await metrics.exposition()).toContain(
        'margay_archive_damaged_total{cluster="recorded",what="log"} 1',
      ),
    );
    // It stands where the log has it, whatever the header says now.
    const { report: name, window } = first;
    expect(await listed()).toMatchObject({ report: name, window, digest: null, summary: null });
  } finally {
    restore('headers', sound);
    now.mockRestore();
  }
});

/** The lists, the metric and the check of an API that begins after the damage was done. */
async function seenAnew() {
  await api?.close();
  const metrics = openMetrics({ defaults: false });
  api = await apiHere({ stores, access: anyone, metrics });
  const { items } = (await api.inject({ url: '/api/v1/runs' })).json<Runs>();
  const { ready, checks } = await api.get(Readiness).look();
  return {
    problemOf: (run: string) => items.find(({ id }) => id === run)?.archiveProblem,
    wrong: /margay_log_entries_wrong\{.*\} (\d+)/.exec(await metrics.exposition())?.[1],
    check: { ready, reason: checks['log entries']?.reason },
  };
}

const REMOVED_IT = /It is no longer in the archive: somebody removed it/;

test.each<[string, damage: () => void, of: number, words: RegExp]>([
  [
    'one that is missing',
    () => store.prepare('DELETE FROM log_entries WHERE number = ?').run(numberOf('audit-1')),
    1,
    /^recorded: Entry \d of the log of reports is missing\. Somebody changed the store/,
  ],
  [
    'one that was changed',
    () =>
      store
        .prepare('UPDATE log_entries SET entry = ? WHERE number = ?')
        .run(Buffer.from('{}'), numberOf('audit-1')),
    1,
    /^recorded: Entry \d of the log of reports was changed: it is not the one that was signed\./,
  ],
  [
    'the tile with their hashes',
    () => store.exec('DELETE FROM log_tiles WHERE level = 0'),
    3,
    /^recorded: The tile with the hash of entry 0/,
  ],
])(
  'entries of the log, %s: it is told, and the others show what was removed',
  async (_, damage, of, words) => {
    const kept = ['headers', 'log_entries', 'log_tiles'].map(
      (table) => [table, store.prepare(`SELECT * FROM ${table}`).all() as unknown as Row[]] as const,
    );
    store.prepare('DELETE FROM headers WHERE id = ?').run(ID);
    damage();
    try {
      const { problemOf, wrong, check } = await seenAnew();
      expect(wrong).toBe(String(of));
      expect(check).toEqual({ ready: true, reason: expect.stringMatching(words) as string });
      // By a log without its hashes nothing is shown, and it says so.
      if (of === 1) expect(problemOf(ID)).toMatch(REMOVED_IT);
      // Whatever the archive has is not logged again over the hole. An entry that was changed leaves none: its hash is there.
      const appended = logUnlogged(stores, LOG_KEY).then(() => checkLog(stores.ledger, LOG_KEY));
      if (String(words).includes('changed:')) await appended;
      else await expect(appended).rejects.toThrow(LogRefused);
      expect((await stores.ledger.head())!.size).toBe(3);
    } finally {
      for (const [table, rows] of kept) for (const row of rows) restore(table, row);
    }
    expect(await seenAnew()).toMatchObject({ wrong: '0', check: { ready: true, reason: undefined } });
  },
);

test('a forged report whose entry the store has as that of another run is not served', async () => {
  const sound = headerRow();
  forgeHeader({ ...JSON.parse(String(sound['header'])), generatedAt: 1 });
  store.prepare("UPDATE log_entries SET run = 'x' WHERE run = ?").run(ID);
  try {
    await started();
    for (const path of ALL.filter((each) => !each.includes('compare'))) {
      const { statusCode, body } = await api.inject({ url: `/api/v1${path}` });
      expect({ path, statusCode, body }).toMatchObject({
        statusCode: 409,
        body: expect.stringContaining('was changed: its digests are right') as string,
      });
    }
  } finally {
    restore('headers', sound);
    store.prepare("UPDATE log_entries SET run = ? WHERE run = 'x'").run(ID);
  }
});

const numberOf = (run: string) =>
  (store.prepare('SELECT number FROM log_entries WHERE run = ?').get(run) as { number: number }).number;

function restore(table: string, row: Row): void {
  const columns = Object.keys(row).map((column) => `"${column}"`);
  store
    .prepare(`REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(...Object.values(row));
}
