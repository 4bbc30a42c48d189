import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, PROGRAM } from './testing/margay.ts';
import { asRoot, mayMount } from './testing/small-volume.ts';

/** The command line where no file may grow longer than so many blocks of 512 bytes, as on a disk that is full. */
function onFullDisk(blocks: number, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', process.execPath, PROGRAM, ...args],
    { encoding: 'utf8', env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } },
  );
  return { code: status, out: stdout, err: stderr };
}

const report = (name: string, more = '') =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: ${name} }\n${more}`;
const moved = (text: string) => text.replace('projectcalico.org', 'margay.io');
const long = `# ${'x'.repeat(2_000)}\n`;

function manifests(texts: Readonly<Record<string, string>>) {
  const folder = ownFolder();
  const files = Object.keys(texts).map((name) => join(folder, name));
  for (const [i, text] of Object.values(texts).entries()) writeFileSync(files[i]!, text);
  const now = () =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  return { folder, files, now };
}

test('manifests on a full disk stay as they are, all of them, and the one that could not be written is named', () => {
  const texts = { 'a.yaml': report('a'), 'b.yaml': report('b', long), 'c.yaml': report('c') };
  const { files, now } = manifests(texts);
  const { code, out, err } = onFullDisk(1, ['migrate', '--write', ...files]);
  expect(err).toMatch(/^margay: \S+b\.yaml cannot be written, nothing was changed: EFBIG.*\n$/);
  expect([code, out, now()]).toEqual([1, '', texts]);
});

test('manifests that are written anew keep their mode, links stay links, and what was changed is said', () => {
  const { folder, files, now } = manifests({ 'a.yaml': report('a'), 'b.yaml': '# nothing\n' });
  chmodSync(files[0]!, 0o640);
  symlinkSync('a.yaml', join(folder, 'link.yaml'));
  const { code, err } = margay(['migrate', '--write', join(folder, 'link.yaml'), files[1]!, files[1]!]);
  expect([code, err]).toEqual([0, `${join(folder, 'link.yaml')}: GlobalReport a\n`]);
  expect(lstatSync(join(folder, 'link.yaml')).isSymbolicLink()).toBe(true);
  expect(statSync(files[0]!).mode & 0o777).toBe(0o640);
  expect(now()).toEqual({
    'a.yaml': moved(report('a')),
    'b.yaml': '# nothing\n',
    'link.yaml': moved(report('a')),
  });
});

test.runIf(mayMount)('where a file cannot be replaced, those before it have their old texts again', () => {
  const texts = { 'a.yaml': report('a'), 'b.yaml': report('b') };
  const { files, now } = manifests(texts);
  // What something is mounted on cannot be renamed away, as a file that a container was given.
  asRoot('mount', '--bind', files[1]!, files[1]!);
  onTestFinished(() => asRoot('umount', files[1]!));
  const { code, err } = margay(['migrate', '--write', ...files]);
  expect(err).toMatch(/^margay: \S+b\.yaml cannot be written, nothing was changed: EBUSY/);
  expect([code, now()]).toEqual([1, texts]);
});

test('a file that is no UTF-8 is refused, and stays', () => {
  const { files } = manifests({ 'a.yaml': report('a') });
  const bytes = Buffer.from(report('a', '# caf\u00e9\n'), 'latin1');
  writeFileSync(files[0]!, bytes);
  const { code, err } = margay(['migrate', '--write', ...files]);
  expect([code, err]).toEqual([1, expect.stringMatching(/a\.yaml: it is no UTF-8/)]);
  expect(readFileSync(files[0]!)).toEqual(bytes);
});

test('standard input is not written anew, and no file of its name is made', () => {
  const { code, err } = margay(['migrate', '--write', '-'], report('a'));
  expect([code, err]).toEqual([2, expect.stringContaining('--write is for files')]);
});

test('a report on a full disk names the file, leaves none behind, and keeps the one that was there', () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'report.json'), '{}');
  const of = ['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--out', folder];
  const { code, err } = onFullDisk(1, of);
  expect(err).toMatch(/margay: \S+\/report\.json cannot be written: EFBIG/);
  expect([code, readdirSync(folder), readFileSync(join(folder, 'report.json'), 'utf8')]).toEqual([
    1,
    ['report.json'],
    '{}',
  ]);
});

test.each([
  ['a full disk', 0, 'new.key', /The key of a log cannot be written to \S+new\.key: EFBIG/],
  ['a folder that is not there', 9, 'none/new.key', /cannot be written to \S+new\.key: ENOENT/],
])('a key on %s names the file and leaves none behind', (_, blocks, name, says) => {
  const folder = ownFolder();
  const { code, out, err } = onFullDisk(blocks, ['key', join(folder, name), '--name', 'margay.example/a']);
  expect(err).toMatch(says);
  expect([code, out, readdirSync(folder)]).toEqual([1, '', []]);
});

test('standard output on a full disk is named', () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'a.yaml'), report('a'));
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, PROGRAM, 'migrate', join(folder, 'a.yaml')],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([1, expect.stringMatching(/Standard output cannot be written: ENOSPC/)]);
});

test.each([
  [
    'a token with a line break',
    'runs',
    { MARGAY_TOKEN: 'first-s3cret\nsecond-s3cret' },
    [],
    /MARGAY_TOKEN is no token/,
  ],
  ['a token beyond ASCII', 'runs', { MARGAY_TOKEN: 's3cret…' }, [], /MARGAY_TOKEN is no token/],
  [
    'a token with a line break',
    'up',
    { MARGAY_TOKEN: 's3cret\n' },
    ['--port', '0'],
    /MARGAY_TOKEN is no token/,
  ],
  [
    'a file with a token that is none',
    'runs',
    { MARGAY_TOKEN_FILE: PROGRAM },
    [],
    /margay\.js is no token: it holds a blank, a line break/,
  ],
  [
    'a file that is not there',
    'runs',
    { MARGAY_TOKEN_FILE: '/none/token' },
    [],
    /MARGAY_TOKEN_FILE cannot be read: ENOENT/,
  ],
  [
    'a query',
    'runs',
    {},
    ['--api', 'http://127.0.0.1:1/?token=s3cret'],
    /--api http:\/\/127\.0\.0\.1:1 has a query/,
  ],
  [
    'credentials',
    'runs',
    {},
    ['--api', 'http://u:s3cret@127.0.0.1:1'],
    /--api http:\/\/127\.0\.0\.1:1 has a query/,
  ],
  ['no address', 'runs', {}, ['--api', 's3cret'], /--api is no address/],
  ['another scheme', 'runs', {}, ['--api', 'data:s3cret'], /--api is no address/],
  [
    'a path',
    'runs',
    {},
    ['--api', 'http://127.0.0.1:1/s3cret/'],
    /No Margay answers at http:\/\/127\.0\.0\.1:1: /,
  ],
])('%s, given to margay %s, is not printed', (_, command, environment, more, says) => {
  const { code, out, err } = margay([command, ...more], '', environment as Record<string, string>);
  expect(err).toMatch(says);
  expect(`${out}${err}`).not.toContain('s3cret');
  expect(code).toBeGreaterThan(0);
});
