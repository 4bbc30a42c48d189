import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeReport, toReportJson, typeOfReport } from '@margay/reports';
import { zipSync } from 'fflate';
import { expect, onTestFinished, test } from 'vitest';
import { judge } from './judge.ts';
import type { Judgement } from './judgement.ts';
import { type BroughtEvidence, readBrought } from './read-evidence.ts';
import { Wrong } from './wrong.ts';

type Files = Readonly<Record<string, string>>;

const REPORT = computeReport({
  name: 'daily',
  spec: { reportType: 'inventory' },
  window: { start: 1_764_000_000_000_000, end: 1_764_003_600_000_000 },
  cluster: 'c',
  versions: [],
});

/** What stands beside the manifest. */
const HONEST: Files = {
  ...Object.fromEntries(
    typeOfReport(REPORT).downloads.map(({ name, render }) => [name, [...render(REPORT)].join('')]),
  ),
  'report.json': [...toReportJson(REPORT)].join(''),
};

const REPORT_TEXT = HONEST['report.json']!;

const manifestOf = (files: Files, digest = REPORT.digest): string =>
  JSON.stringify({
    digest,
    files: Object.entries(files).map(([name, text]) => ({
      name,
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  });

const without = (files: Files, name: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([each]) => each !== name));

/** What is said of a ZIP of these files. */
async function judged(files: Files, manifest: string | undefined = manifestOf(HONEST)): Promise<Judgement> {
  const all = { ...files, ...(manifest !== '' && { 'manifest.json': manifest }) };
  return judgedFile(
    'evidence.zip',
    zipSync(Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])), {
      // Without a time the library looks at the clock twice, for the header and for the list.
      mtime: new Date(2026, 0, 1),
    }),
  );
}

async function judgedFile(name: string, bytes: Uint8Array): Promise<Judgement> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return judge((await readBrought(path)) as BroughtEvidence, { keys: [], now: Date.now() });
}

const CSV = 'endpoints.csv';
const ALTERED: Files = { ...HONEST, [CSV]: `${HONEST[CSV]}Pod.v1(shop/web),true\n` };

test('files as they were exported are shown to be made of the report, and that nobody signed the manifest is said', async () => {
  expect(Object.keys(HONEST)).toContain(CSV);
  const said = await judged(HONEST);
  expect(said).toMatchObject({ isAnswered: true, doubtful: [] });
  expect(said.wrong).toBeUndefined();
  const shown = said.shown.join('\n');
  for (const name of Object.keys(HONEST).filter((each) => each !== 'report.json'))
    expect(shown).toContain(name);
  expect(shown).toContain('nobody signed manifest.json');
});

test.each<[what: string, files: Files, manifest: string, why: string]>([
  ['changed', ALTERED, manifestOf(HONEST), `${CSV} was changed`],
  ['removed', without(HONEST, CSV), manifestOf(HONEST), `${CSV} is missing`],
  ['of another report', HONEST, manifestOf(HONEST, 'other'), 'it is of a report with the digest other'],
])('a file that is %s is found out by the manifest', async (_, files, manifest, why) => {
  const said = await judged(files, manifest);
  expect(said.wrong).toContain(why);
  expect(said.isAnswered).toBe(false);
});

test('a file that was changed with the manifest is found out by the report', async () => {
  const said = await judged(ALTERED, manifestOf(ALTERED));
  expect(said).toMatchObject({ isAnswered: false, doubtful: [CSV] });
  expect(said.notShown.join('\n')).toContain(`something else: ${CSV}`);
});

test('what the manifest does not name, and what nothing is made of, is named, and not all is shown', async () => {
  const more = { ...HONEST, 'note.txt': 'all is well' };
  for (const [manifest, words] of [
    [manifestOf(HONEST), 'manifest.json does not name: note.txt'],
    [manifestOf(more), 'not tried: note.txt'],
  ] as const) {
    const said = await judged(more, manifest);
    expect(said.wrong).toBeUndefined();
    expect(said).toMatchObject({ isAnswered: false, doubtful: ['note.txt'] });
    expect(said.notShown.join('\n')).toContain(words);
  }
});

test.each(['log-entry.json', 'report.tlog-proof', 'log-checkpoint.txt', 'log-key.txt', 'coverage.dsse.json'])(
  '%s without all of what shows the log is not what is exported',
  async (name) => {
    const more = { ...HONEST, [name]: '{"grade":"proven"}' };
    expect((await judged(more, manifestOf(more))).wrong).toMatch(
      new RegExp(`^\\S+ is missing: where ${name.replaceAll('.', '\\.')} is, it is too`),
    );
  },
);

test('what a template of users made is not tried, and neither is why one failed', async () => {
  const custom = computeReport({
    name: 'daily',
    spec: { reportType: 'own' },
    typeSpec: {
      includeEndpointData: false,
      includeEndpointFlowLogData: false,
      auditEventsSelection: { resources: [] },
      downloadTemplates: [{ name: 'a.txt', template: 'x' }],
    },
    window: { start: 1_764_000_000_000_000, end: 1_764_003_600_000_000 },
    cluster: 'c',
    versions: [],
  });
  const files = { 'report.json': [...toReportJson(custom)].join(''), 'a.txt': 'x', 'a.txt.problem.txt': 'y' };
  const said = await judged(files, manifestOf(files, custom.digest));
  expect(said).toMatchObject({ isAnswered: true, doubtful: [] });
  expect(said.notShown.join('\n')).toContain('not tried: a.txt, a.txt.problem.txt');
});

test('why there is no log is not tried; beside a log, or of a file that no template makes, it is not shown', async () => {
  const problem = { ...HONEST, 'log.problem.txt': 'x' };
  expect(await judged(problem, manifestOf(problem))).toMatchObject({ isAnswered: true, doubtful: [] });
  const beside = { ...problem, [`${CSV}.problem.txt`]: 'x' };
  const { doubtful } = await judged(beside, manifestOf(beside));
  expect(doubtful).toEqual([`${CSV}.problem.txt`]);
});

test('of what stands beside a report no more is read than any release writes', async () => {
  const files = { ...HONEST, 'log-entry.json': ' '.repeat(33 * 1024 ** 2) };
  await expect(judged(files, manifestOf(files))).rejects.toThrow(
    'log-entry.json in it has more than 33554432 bytes',
  );
});

/** Each has the report that is intact for who takes the last of two names, and another one for who takes the first. */
const TWO_REPORTS: readonly (readonly [what: string, report: string, why: string])[] = [
  [
    'rows twice',
    REPORT_TEXT.replace('"endpoints": ', '"endpoints": [{"endpoint":"fake"}],\n$&'),
    '"endpoints"',
  ],
  ['a field twice', REPORT_TEXT.replace('"cluster": ', '"cluster": "other",\n$&'), '"cluster"'],
  ['a field within a field twice', REPORT_TEXT.replace('"numTotal":', '"numTotal":9,$&'), '"numTotal"'],
  [
    'a name in other letters',
    REPORT_TEXT.replace('"cluster": ', String.raw`"\u0063luster": "other", $&`),
    '"cluster"',
  ],
  ['a number of more digits', REPORT_TEXT.replace('"numTotal":0', '"numTotal":0.0'), '"0.0"'],
];

test.each(TWO_REPORTS)('a report with %s is not intact, alone or in a ZIP', async (_, report, why) => {
  expect(report).not.toBe(REPORT_TEXT);
  const files = { ...HONEST, 'report.json': report };
  const alone = () => judgedFile('report.json', Buffer.from(report));
  const inZip = () => judged(files, manifestOf(files));
  for (const judging of [alone, inZip]) {
    const said = judging();
    await expect(said).rejects.toThrow(Wrong);
    await expect(said).rejects.toThrow(why);
  }
});

test('a report that is written in another way and read in one is intact, and that is said', async () => {
  for (const text of [
    JSON.stringify(JSON.parse(REPORT_TEXT)),
    JSON.stringify(JSON.parse(REPORT_TEXT), undefined, 2),
    `${REPORT_TEXT} `,
  ]) {
    const said = await judgedFile('report.json', Buffer.from(text));
    expect(said.wrong).toBeUndefined();
    expect(said.notShown.join('\n')).toContain('that report.json is as it was exported');
  }
  const exported = await judgedFile('report.json', Buffer.from(REPORT_TEXT));
  expect(exported.notShown.join('\n')).not.toContain('as it was exported');
});

test('a report that is no UTF-8 is not intact: it is another text for each program', async () => {
  const text = REPORT_TEXT.replace('"cluster": "c"', '"cluster": "\u00ff"');
  await expect(judgedFile('report.json', Buffer.from(text, 'latin1'))).rejects.toThrow(
    /^report\.json: it is no UTF-8/,
  );
});

test.each([
  ['the digest twice', manifestOf(HONEST).replace('{', '{"digest":"other",'), '"digest" twice'],
  ['a hash twice', manifestOf(HONEST).replace('"sha256":', '"sha256":"other",$&'), '"sha256" twice'],
  ['names that differ in case', manifestOf(HONEST).replace('"sha256":', '"SHA256":"other",$&'), 'twice'],
  [
    'a file twice',
    manifestOf(HONEST).replace('"files":[', `$&{"name":"${CSV}","sha256":"x"},`),
    `${CSV} twice`,
  ],
])('a manifest with %s is not intact', async (_, manifest, why) => {
  await expect(judged(HONEST, manifest)).rejects.toThrow(Wrong);
  await expect(judged(HONEST, manifest)).rejects.toThrow(why);
});

test.each([
  ['cluster', 'other'],
  ['reportName', 'other'],
  ['reportType', 'network-access'],
  ['startTime', '2020-01-01T00:00:00Z'],
  ['endTime', '2020-01-01T00:00:00Z'],
  ['revision', 2],
  ['supersedes', 'x'],
])('a manifest that says another %s than the report is not intact', async (field, value) => {
  const manifest = { ...(JSON.parse(manifestOf(HONEST)) as object), [field]: value };
  expect((await judged(HONEST, JSON.stringify(manifest))).wrong).toContain(`manifest.json: its ${field} is`);
});

test('a ZIP that does not say what belongs to it is refused', async () => {
  await expect(judged(HONEST, '')).rejects.toThrow('without manifest.json');
  await expect(judged(HONEST, '{}')).rejects.toThrow('names no files');
  await expect(judged(HONEST, '{"files":[1]}')).rejects.toThrow('files[0] has no name and sha256');
});

test('what the manifest says of sizes is held against the files, and what nothing here says is named', async () => {
  const sized = (more: object, add: number) => {
    const manifest = JSON.parse(manifestOf(HONEST)) as { files: { name: string }[] };
    const files = manifest.files.map((file) => ({
      ...file,
      sizeBytes: Buffer.byteLength(HONEST[file.name]!) + (file.name === 'report.json' ? add : 0),
    }));
    return judged(HONEST, JSON.stringify({ ...manifest, ...more, files }));
  };
  const named = ({ notShown }: Judgement) => notShown.filter((words) => words.startsWith('what manifest'));
  expect(named(await sized({}, 0))).toEqual([]);
  await expect(sized({}, 1)).rejects.toThrow(
    /^manifest\.json: it says that report\.json has \d+ bytes, and it has/,
  );
  const archive = { sequence: 7, previous: null, headerDigest: 'h' };
  expect(named(await sized({ id: 'daily@1', archive, note: [{ by: 'me' }] }, 0))).toEqual([
    'what manifest.json says of id, archive.sequence, archive.previous, archive.headerDigest, note.by: nothing else here says it',
  ]);
});
