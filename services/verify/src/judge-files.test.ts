import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeReport, toReportJson, typeOfReport } from '@margay/reports';
import { zipSync } from 'fflate';
import { expect, onTestFinished, test } from 'vitest';
import { judge, type Judgement } from './judge.ts';
import { readEvidence } from './read-evidence.ts';

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
  const folder = mkdtempSync(join(tmpdir(), 'margay-verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'evidence.zip');
  const all = { ...files, ...(manifest !== '' && { 'manifest.json': manifest }) };
  writeFileSync(
    path,
    zipSync(Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)]))),
  );
  return judge(await readEvidence(path), { keys: [] });
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

test('what the manifest does not name is named, and so is what nothing is made of', async () => {
  const more = { ...HONEST, 'note.txt': 'all is well' };
  for (const [manifest, words] of [
    [manifestOf(HONEST), 'manifest.json does not name: note.txt'],
    [manifestOf(more), 'not tried: note.txt'],
  ] as const) {
    const said = await judged(more, manifest);
    expect(said.wrong).toBeUndefined();
    expect(said.notShown.join('\n')).toContain(words);
  }
});

test('a ZIP that does not say what belongs to it is refused', async () => {
  await expect(judged(HONEST, '')).rejects.toThrow('without manifest.json');
  await expect(judged(HONEST, '{}')).rejects.toThrow('names no files');
  await expect(judged(HONEST, '{"files":[1]}')).rejects.toThrow('files[0] has no name and sha256');
});
