import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { TEMPLATE_BOMBS } from '../libs/reports/src/testing/template-bombs.ts';
import { AUDIT_LOG, ownFolder, startMargay, startUp } from './testing/margay.ts';

/** What the chart gives the api. */
const MEGABYTES_MAX = 1_024;

/**
 * Looks again and again at the memory of a process and of those that it started.
 *
 * @returns tells the most that all had together until now, in megabytes; what they share is counted for each.
 */
function watchMemory(pid: number): () => number {
  let most = 0;
  const look = setInterval(() => {
    const all = [pid, ...read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)];
    const kilobytes = all.map((each) => /VmHWM:\s+(\d+)/.exec(read(`/proc/${each}/status`))?.[1] ?? 0);
    most = Math.max(most, kilobytes.reduce((sum: number, each) => sum + Number(each), 0) / 1_024);
  }, 20);
  onTestFinished(() => clearInterval(look));
  return () => most;
}

/** What is in a file; nothing where it is gone, as those of a process are that has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const bomb = (name: string): string => TEMPLATE_BOMBS.find((each) => each.name === name)!.template;

/** Those that take the most memory, or the most time. */
const WORST: Readonly<Record<string, string>> = {
  'memory.txt': bomb('a text taken apart at a letter, and kept'),
  'letters.txt': bomb('letters that grow when they are large'),
  'time.txt': bomb('what js escapes'),
  'yaml.txt': bomb('the report as YAML'),
};

/** A folder with a short log, and a report whose type makes the files. */
function withType(files: Readonly<Record<string, string>>) {
  const folder = ownFolder();
  const log = join(folder, 'audit.log');
  const manifest = join(folder, 'bomb.json');
  const lines = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').split('\n');
  writeFileSync(log, `${lines.slice(0, 400).join('\n')}\n`);
  const object = (kind: string, name: string, spec: object) =>
    JSON.stringify({ apiVersion: 'projectcalico.org/v3', kind, metadata: { name }, spec });
  const type = {
    includeEndpointData: true,
    downloadTemplates: Object.entries(files).map(([name, template]) => ({ name, template })),
  };
  writeFileSync(
    manifest,
    `${object('GlobalReportType', 'bomb', type)}\n---\n${object('GlobalReport', 'bomb', { reportType: 'bomb' })}\n`,
  );
  return { folder, log, manifest };
}

const upArguments = (folder: string, log: string): string[] =>
  `--audit-log ${log} --cluster c --data ${join(folder, 'data')} --reports ${folder} --permissions none`.split(
    ' ',
  );

test('bombs that are asked for at once are refused, and the process answers meanwhile and has its memory', async () => {
  const { folder, log } = withType(WORST);
  const { child, url } = await startUp(upArguments(folder, log));
  const megabytes = watchMemory(child.pid!);
  const runs = (await (await fetch(`${url}/api/v1/runs`)).json()) as { items: { id: string }[] };
  const { id } = runs.items[0]!;

  const download = async (name: string) => {
    for (;;) {
      const answer = await fetch(`${url}/api/v1/runs/${id}/downloads/${name}`);
      const { detail } = (await answer.json()) as { detail: string };
      if (answer.status !== 503) return { status: answer.status, detail };
      // Others take the processors: whoever asks again gets it.
      await sleep(1_000);
    }
  };
  const alive = async (): Promise<number> => {
    const start = performance.now();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    return (performance.now() - start) / 1_000;
  };
  const names = Object.keys(WORST);
  const answers = Promise.all(names.slice(0, 3).map(download));
  const waited = await alive();
  for (const answer of [...(await answers), await download(names[3]!)])
    expect(answer).toEqual({ status: 422, detail: expect.stringMatching(/more than/) as string });
  expect(waited).toBeLessThan(1);
  expect(megabytes()).toBeLessThan(MEGABYTES_MAX);
}, 120_000);

test('files that each are as large as may be are not all made into one archive', async () => {
  // Thirty million characters each, in a second.
  const large = `{{range .Endpoints}}{{end}}{{$x := printf "%1000000s" "x"}}${'{{$x}}'.repeat(30)}`;
  const names = Array.from({ length: 10 }, (_, i) => `large-${i}.txt`);
  const { folder, log } = withType(Object.fromEntries(names.map((name) => [name, large])));
  const { child, url } = await startUp(upArguments(folder, log));
  const megabytes = watchMemory(child.pid!);
  const runs = (await (await fetch(`${url}/api/v1/runs`)).json()) as { items: { id: string }[] };
  const downloads = `${url}/api/v1/runs/${runs.items[0]!.id}/downloads`;
  const one = await fetch(`${downloads}/large-0.txt`);
  expect([one.status, (await one.text()).length]).toEqual([200, 30_000_000]);
  const all = await fetch(`${downloads}/evidence.zip`);
  expect(all.status).toBe(422);
  expect(await all.json()).toMatchObject({
    detail: expect.stringMatching(/^they (make more than 64.* million characters|take more)/) as string,
  });
  expect((await fetch(`${downloads}/report.json`)).status).toBe(200);
  expect(megabytes()).toBeLessThan(MEGABYTES_MAX);
}, 120_000);

test('the command line has the same limits', async () => {
  const { folder, log, manifest } = withType({ ...WORST, 'good.txt': '{{len .Endpoints}}' });
  const out = join(folder, 'out');
  const child = startMargay(['report', '--config', manifest, '--audit-log', log, '--out', out]);
  const megabytes = watchMemory(child.pid!);
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(1);
  for (const name of Object.keys(WORST))
    expect(child.said()).toMatch(new RegExp(`^(margay: )?${name} is not written: .*more than`, 'm'));
  expect(Number(readFileSync(join(out, 'good.txt'), 'utf8'))).toBeGreaterThan(0);
  expect(megabytes()).toBeLessThan(MEGABYTES_MAX);
}, 120_000);

test('a type that is refused is told of by its own words, and nothing is said of what the archive has', async () => {
  const { folder, log } = withType({ '../../etc/passwd': 'x', 'a.txt': '{{nope}}' });
  const { child } = await startUp(upArguments(folder, log), /No new reports/);
  const told = child
    .said()
    .split('\n')
    .filter((line) => line.includes('GlobalReport'))
    .map((line) => line.replaceAll(folder, ''));
  expect(told).toEqual([
    'margay: /bomb.json: GlobalReportType bomb: spec.downloadTemplates[0].name: is "../../etc/passwd". Name the file, as in endpoints.csv.',
    'margay: /bomb.json: GlobalReportType bomb: spec.downloadTemplates[1].template: a.txt, line 1: there is no function nope. Correct the template.',
    'margay: /bomb.json: GlobalReport bomb: spec.reportType is bomb, and the GlobalReportType of that name cannot be used',
    'No new reports: no GlobalReport can be used',
  ]);
}, 60_000);
