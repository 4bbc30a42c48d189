import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startUp } from './testing/margay.ts';

/** A key that may be read by those whom the mode names. */
function keyOf(mode: number): string {
  const file = join(ownFolder(), 'a.key');
  expect(margay(['key', file, '--name', 'margay.example/a']).err).toBe(`Made ${file}.\n`);
  chmodSync(file, mode);
  return file;
}

test.each([
  [0o600, undefined],
  [0o400, undefined],
  [0o640, /is open to its group \(mode 0640\), and who reads it can sign/],
  [0o604, /is open to everybody on this machine \(mode 0604\)/],
  [0o644, /is open to everybody on this machine \(mode 0644\).*: chmod 600 /],
])('a key of mode %o is used, and who else may read it is said: %s', (mode, says) => {
  const { code, out, err } = margay(['key', keyOf(mode)]);
  expect([code, out]).toEqual([0, expect.stringContaining('margay.example/a+')]);
  if (says === undefined) expect(err).toBe('');
  else expect(err).toMatch(says);
});

test('a data folder that others may write, and its key that they may read, are said at every start', async () => {
  const data = join(ownFolder(), 'data');
  const args = ['--cluster', 'a', '--audit-log', AUDIT_LOG, '--data', data];
  const first = await startUp(args);
  expect(first.child.said()).not.toContain('is open to');
  first.child.kill('SIGKILL');
  chmodSync(data, 0o777);
  chmodSync(join(data, 'ledger.key'), 0o644);
  const { child } = await startUp(args, /Serving|Reports and downloads/);
  expect(child.said()).toContain(
    `margay: ${data} is open to everybody on this machine (mode 0777), and who writes into it can change evidence and reports: chmod go-w ${data}\n`,
  );
  expect(child.said()).toContain(
    `margay: ${data}/ledger.key is open to everybody on this machine (mode 0644)`,
  );
});

test.each(['ledger.key', 'cluster.json'])('a pipe as %s is refused, and nobody waits for it', (name) => {
  const data = ownFolder();
  execFileSync('mkfifo', [join(data, name)]);
  const { code, err } = margay([
    'up',
    '--port',
    '0',
    '--cluster',
    'a',
    '--audit-log',
    AUDIT_LOG,
    '--data',
    data,
  ]);
  expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(`${name}:? .*is no file`))]);
});

test('a folder as a key is refused', () => {
  const folder = ownFolder();
  mkdirSync(join(folder, 'a.key'));
  expect(margay(['key', join(folder, 'a.key')]).err).toMatch(
    /Cannot read the key of the log, \S+a\.key: it is no file/,
  );
});
