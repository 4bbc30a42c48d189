import { appendFileSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import type { Coverage, GlobalReports, RunDetail, Runs } from '@margay/api-contract';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startUp, stopped } from './testing/margay.ts';

const lines = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').trimEnd().split('\n');

/** What the log says between two places, as a file. */
function log(folder: string, name: string, keep: (line: number) => boolean): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.filter((_, i) => keep(i)).join('\n')}\n`);
  return path;
}

/** Starts `margay up` and waits until its reports are there. */
async function up(args: readonly string[], ready?: RegExp) {
  const { child, url: api } = await startUp(['--cluster', 'own', ...args], ready);
  const get = async <T>(path: string) => (await (await fetch(`${api}/api/v1${path}`)).json()) as T;
  return { child, api, get, stop: () => stopped(child) };
}

test('evidence that comes later marks a report; a revision takes it in, and both stay', async () => {
  const folder = ownFolder();
  const data = ['--data', join(folder, 'data')];
  // The lines of the middle come later, in a file of their own.
  const isLate = (line: number) => line >= 1_000 && line < 1_100;
  const early = log(folder, 'early.log', (line) => !isLate(line));
  const first = await up([...data, '--audit-log', early]);
  const { items: before } = await first.get<Runs>('/runs?report=inventory');
  expect(before).toMatchObject([{ revision: 1, supersededBy: null, late: { words: 'nothing came later' } }]);
  const { id, digest } = before[0]!;
  await first.stop();

  const late = log(folder, 'late.log', isLate);
  const second = await up([...data, '--audit-log', early, late]);
  const run = await second.get<RunDetail>(`/runs/${id}`);
  expect(run).toMatchObject({ digest, state: 'completed' });
  expect(run.late!.events).toBeGreaterThan(0);
  // The file that came says of itself that it has a part of the time only.
  expect(run.late!.opened).toContainEqual(expect.stringMatching(/late\.log/));
  const { words } = run.late!;
  expect(words).toMatch(
    new RegExp(`^${run.late!.events} events came later, \\d gaps? (was|were) found later$`),
  );
  expect(second.child.said()).toContain(`${words}: margay run inventory --revise takes that in`);
  const { out: listed } = margay(['runs', 'inventory', '--api', second.api]);
  expect(listed).toContain(words);
  // What is left open is said beside a grade that alone would read as complete.
  expect(run.evidence).toMatchObject({ complete: false });
  expect(listed).toContain('no gap seen, something is left open');

  const revised = margay(['run', 'inventory', '--revise', '--wait', '--api', second.api]);
  expect(revised).toMatchObject({ code: 0, out: `${id}-r2\n` });
  expect(revised.err).toContain(`Revision 2, which supersedes ${id}: the digest is another`);
  const newest = await second.get<RunDetail>(`/runs/${id}-r2`);
  expect(newest).toMatchObject({
    revision: 2,
    supersedes: id,
    supersededBy: null,
    unchanged: false,
    late: { words: 'nothing came later' },
    revisions: [
      { id, revision: 1, digest },
      { id: `${id}-r2`, revision: 2 },
    ],
  });
  // What is listed is the newest; the one before is as it was, and can be reached.
  expect((await second.get<Runs>('/runs?report=inventory')).items.map((each) => each.id)).toEqual([
    `${id}-r2`,
  ]);
  const all = (await second.get<Runs>('/runs?report=inventory&revisions=all')).items;
  expect(all.map((each) => [each.id, each.supersededBy, each.digest])).toEqual([
    [`${id}-r2`, null, newest.digest],
    [id, `${id}-r2`, digest],
  ]);

  // Every file of the revision says what it is, and those of the first report are what they were.
  const file = async (of: string, name: string) =>
    Buffer.from(await (await fetch(`${second.api}/api/v1/runs/${of}/downloads/${name}`)).arrayBuffer());
  const [columns, cells] = (await file(`${id}-r2`, 'summary.csv')).toString().trimEnd().split('\n');
  expect(columns).toMatch(/,revision,supersedes$/);
  expect(cells).toMatch(new RegExp(`,2,${id}$`));
  expect((await file(id, 'summary.csv')).toString()).not.toContain('revision');
  expect(JSON.parse((await file(`${id}-r2`, 'report.json')).toString())).toMatchObject({
    revision: 2,
    supersedes: id,
    digest: newest.digest,
  });
  const zip = unzipSync(await file(`${id}-r2`, 'evidence.zip'));
  expect(JSON.parse(Buffer.from(zip['manifest.json']!).toString())).toMatchObject({
    id: `${id}-r2`,
    revision: 2,
    supersedes: id,
  });
  expect((await file(`${id}-r2`, 'report.pdf')).length).toBeGreaterThan(1_000);
  const path = join(folder, 'report.json');
  writeFileSync(path, await file(`${id}-r2`, 'report.json'));
  expect(margay(['verify', path]).out).toContain(`carries, sha256 ${newest.digest}`);

  // Nothing came since: the next revision says so.
  const again = margay(['run', `${id}-r2`, '--revise', '--wait', '--api', second.api]);
  expect(again).toMatchObject({ code: 0, out: `${id}-r3\n` });
  expect(again.err).toContain('nothing changed, the digest is the same');
  await second.stop();
}, 300_000);

test('with --since a schedule has the windows that the logs cover, reports are listed, and one is run by hand', async () => {
  const folder = ownFolder();
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  writeFileSync(
    join(reports, 'reports.yaml'),
    `apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: often }
spec: { reportType: inventory, schedule: '18,20 * * * *' }
---
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: yearly }
spec: { reportType: inventory, schedule: '0 0 1 1 *' }
---
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: by-hand }
spec: { reportType: policy-audit }
`,
  );
  const since = '2026-11-24T00:00:00Z';
  const args = [
    '--data',
    join(folder, 'data'),
    '--audit-log',
    AUDIT_LOG,
    '--reports',
    reports,
    '--since',
    since,
  ];
  const { child, api, get, stop } = await up(args);
  const { items } = await get<Runs>('/runs');
  expect(items.map(({ report, window }) => [report, window.start, window.end])).toEqual([
    ['by-hand', '2026-11-24T00:17:33.150092Z', '2026-11-24T00:22:01.391938Z'],
    ['often', '2026-11-24T00:18:00Z', '2026-11-24T00:20:00Z'],
    ['often', since, '2026-11-24T00:18:00Z'],
  ]);
  expect(child.said()).toContain('GlobalReport yearly has no window: no two times of its schedule 0 0 1 1 *');
  const listed = await get<GlobalReports>('/reports');
  expect(listed.items.map(({ name, schedule, last }) => [name, schedule, last?.window.end])).toEqual([
    ['by-hand', null, '2026-11-24T00:22:01.391938Z'],
    ['often', '18,20 * * * *', '2026-11-24T00:20:00Z'],
    ['yearly', '0 0 1 1 *', undefined],
  ]);
  const table = margay(['reports', '--api', api]).out;
  expect(table).toMatch(
    /^by-hand +policy-audit +when asked +- +completed, to 2026-11-24T00:22:01\.391938Z, complete: no gap seen$/m,
  );
  expect(table).toMatch(/^yearly +inventory +0 0 1 1 \* +- +never ran$/m);

  const window = ['--start', '2026-11-24T00:18:30Z', '--end', '2026-11-24T00:19:30Z'];
  const asked = margay(['run', 'yearly', ...window, '--wait', '--api', api]);
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/^yearly-20261124t001830z-/) as string });
  expect(await get<RunDetail>(`/runs/${asked.out.trim()}`)).toMatchObject({
    state: 'completed',
    manual: true,
  });
  // As a pod says it that is made by hand, with the token that it was given.
  const token = join(folder, 'token');
  writeFileSync(token, 'of-a-pod\n');
  const ofPod = {
    TIGERA_COMPLIANCE_REPORT_NAME: 'yearly',
    TIGERA_COMPLIANCE_REPORT_START_TIME: '2026-11-24T00:18:30Z',
    TIGERA_COMPLIANCE_REPORT_END_TIME: '2026-11-24T00:19:30Z',
    MARGAY_API: api,
    MARGAY_TOKEN_FILE: token,
  };
  expect(margay(['run', '--wait'], '', ofPod)).toMatchObject({ code: 0, out: asked.out });
  // Over all the evidence unless it is said: that one is there already.
  expect(margay(['run', 'by-hand', '--api', api]).err).toContain('it is completed already');
  await stop();
}, 300_000);

test('where a log merely went on, nothing came later, and a revision has the digest of what it supersedes', async () => {
  const folder = ownFolder();
  const growing = log(folder, 'audit.log', (line) => line < 1_500);
  const args = ['--data', join(folder, 'data'), '--audit-log', growing, '--follow'];
  const { api, get, stop } = await up(args, /Serving http/);
  const read = async () =>
    (await get<Coverage>('/coverage')).sources
      .flatMap(({ buckets }) =>
        buckets.map(({ kept, ignored, doubtful, unusable }) => kept + ignored + doubtful + unusable),
      )
      .reduce((sum, n) => sum + n, 0);
  await expect.poll(read, { timeout: 60_000, interval: 200 }).toBe(1_500);
  const timeOf = (line: number) => (JSON.parse(lines[line]!) as { stageTimestamp: string }).stageTimestamp;
  const window = ['--start', timeOf(0), '--end', `${timeOf(1_000).slice(0, 16)}:00Z`];
  const asked = margay(['run', 'inventory', ...window, '--wait', '--api', api]);
  expect(asked).toMatchObject({ code: 0 });
  const id = asked.out.trim();
  appendFileSync(growing, `${lines.slice(1_500).join('\n')}\n`);
  await expect.poll(read, { timeout: 60_000, interval: 200 }).toBe(lines.length);
  const revised = margay(['run', id, '--revise', '--wait', '--api', api]);
  expect(revised).toMatchObject({ code: 0, out: `${id}-r2\n` });
  const [first, second] = [await get<RunDetail>(`/runs/${id}`), await get<RunDetail>(`/runs/${id}-r2`)];
  expect(first.late).toMatchObject({ events: 0, deliveries: 0 });
  expect(second.digest).toBe(first.digest);
  await stop();
}, 180_000);
