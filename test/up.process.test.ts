import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openEmbedded, writeNewKey } from '@margay/storage';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startMargay, startUp, stopped } from './testing/margay.ts';

const recorded = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8');

/** What the stores of a folder say, in an order of its own. */
async function historyIn(folder: string) {
  const stores = openEmbedded(folder, { readOnly: true });
  const versions = [];
  for await (const version of stores.history.versions({ start: 0, end: 8e15 })) versions.push(version);
  const repeats = await stores.history.repeats({ start: 0, end: 8e15 });
  const { headers } = await stores.archive.headers();
  await stores.close();
  return { versions, repeats, reports: headers.map(({ id, digest }) => `${id} ${digest}`).sort() };
}

test('a log goes on with its own key or not at all: one that is lost or garbled ends the start, and none is made', async () => {
  const folder = ownFolder();
  const first = await startUp(['--data', folder]);
  await stopped(first.child, 'SIGTERM');
  const headOf = async () => {
    const stores = openEmbedded(folder, { readOnly: true });
    const head = await stores.ledger.head();
    await stores.close();
    return head;
  };
  const head = await headOf();
  expect(head).toMatchObject({ size: 4 });
  const file = join(folder, 'ledger.key');
  const kept = readFileSync(file);
  const start = () => margay(['up', '--port', '0', '--data', folder]);

  writeFileSync(file, 'garbled\n');
  const garbled = start();
  rmSync(file);
  const lost = start();
  for (const { code, out, err } of [garbled, lost]) {
    expect({ code, out }).toMatchObject({ code: 1, out: expect.not.stringContaining('new key') as string });
    const told = err.split('\n').filter((line) => line.includes(file));
    expect(told).toEqual([
      expect.stringMatching(
        /back from a backup.*; where there is none, margay key rotate --lost has the log go on with another key\.$/,
      ),
    ]);
  }
  expect(existsSync(file)).toBe(false);
  expect(await headOf()).toEqual(head);

  // One of another log, or another one of this name: both keys are named.
  for (const name of ['margay/other', 'margay/cluster-a']) {
    const stranger = writeNewKey(join(folder, 'other.key'), name);
    const { code, err } = margay(['up', '--port', '0', '--data', folder], '', {
      LEDGER_KEY_FILE: join(folder, 'other.key'),
    });
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `not the one that the key ${name}\\+${stranger.id} signed: .*signed by the key margay/cluster-a\\+[0-9a-f]{8}\\.`,
      ),
    );
    rmSync(join(folder, 'other.key'));
  }
  expect(await headOf()).toEqual(head);

  // Put back, or named, it is the key again.
  const elsewhere = join(folder, 'backup.key');
  writeFileSync(elsewhere, kept);
  const named = await startUp(['--data', folder], undefined, { LEDGER_KEY_FILE: elsewhere });
  await stopped(named.child, 'SIGTERM');
  expect(named.child.said()).not.toContain('does not go on');
  // Its head is kept beside it, by which another folder that has it is told of.
  expect(readFileSync(`${elsewhere}.head`, 'utf8')).toBe((await headOf())!.checkpoint);
  const other = await startUp(['--data', ownFolder()], undefined, { LEDGER_KEY_FILE: elsewhere });
  await stopped(other.child, 'SIGTERM');
  expect(other.child.said().match(/of \S+ signed a log from which this one does not go on/g)).toHaveLength(2);
  renameSync(elsewhere, file);
  const again = await startUp(['--data', folder]);
  expect(again.child.said()).not.toContain('new key');
});

test('kill -9 at any instant, then a restart: the same history, no repeat counted, one report each', async () => {
  const clean = ownFolder();
  await stopped((await startUp(['--data', clean])).child, 'SIGTERM');
  const killed = ownFolder();
  for (const milliseconds of [700, 900, 1_100, 1_300, 1_500, 1_700]) {
    const child = startMargay(['up', '--port', '0', '--data', killed]);
    await sleep(milliseconds);
    await stopped(child, 'SIGKILL');
  }
  await stopped((await startUp(['--data', killed])).child, 'SIGTERM');
  expect(await historyIn(killed)).toEqual(await historyIn(clean));
});

test('a log that grows, rotates and is truncated is followed, over restarts, to the same history', async () => {
  const clean = ownFolder();
  const folder = ownFolder();
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const log = join(logs, 'audit.log');
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  const lines = recorded.trimEnd().split('\n');
  const write = (from: number, to: number) =>
    appendFileSync(
      log,
      lines
        .slice(from, to)
        .map((line) => `${line}\n`)
        .join(''),
    );
  const where = ['--cluster', 'own', '--data', join(folder, 'data'), '--reports', reports];
  const args = [...where, '--audit-log', log, '--follow'];

  const data = join(folder, 'data');
  // What the tail has read is known by its marks: a truncation before that would be a real loss.
  const reads = (lines: number) =>
    expect.poll(() => linesIn(data), { timeout: 60_000, interval: 100 }).toBe(lines);

  write(0, 500);
  const first = await startUp(args, /Serving/);
  await reads(500);
  write(500, 900);
  await stopped(first.child, 'SIGKILL');
  write(900, 1200);
  renameSync(log, join(logs, 'audit-1.log'));
  write(1200, 1500);
  const second = await startUp(args, /Serving/);
  await reads(1500);
  copyFileSync(log, join(logs, 'copy.log'));
  writeFileSync(log, '');
  // Shorter than before for at least one look of the tail.
  await sleep(1_000);
  write(1500, 2300);
  appendFileSync(log, lines[2300]!.slice(0, 100));
  await reads(2300);
  appendFileSync(log, `${lines[2300]!.slice(100)}\n`);
  write(2301, 2362);
  await reads(2362);
  await stopped(second.child, 'SIGTERM');
  const [tailed, whole] = [await historyIn(data), await historyOf(clean)];
  expect(tailed.versions).toEqual(whole);
  expect(tailed.repeats).toEqual([]);
});

const COMPLETE = /^complete: no gap seen/;

test('a log that rotates between starts that read it to its end is one log, to the same history', async () => {
  const [clean, folder] = [ownFolder(), ownFolder()];
  const [log, data] = [join(folder, 'audit.log'), join(folder, 'data')];
  const lines = recorded.trimEnd().split('\n');
  const write = (from: number, to: number) => appendFileSync(log, `${lines.slice(from, to).join('\n')}\n`);
  const read = async () => {
    const logs = ['', '.1', '.2.gz'].map((end) => `${log}${end}`).filter((path) => existsSync(path));
    const args = ['--cluster', 'own', '--data', data, ...logs.flatMap((path) => ['--audit-log', path])];
    const { child } = await startUp(args);
    await stopped(child, 'SIGTERM');
    return /Evidence: (.*)/.exec(child.said())?.[1];
  };
  write(0, 900);
  expect(await read()).toMatch(COMPLETE);
  write(900, 1200);
  renameSync(log, `${log}.1`);
  write(1200, 1500);
  expect(await read()).toMatch(COMPLETE);
  write(1500, 2000);
  writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(`${log}.1`)));
  renameSync(log, `${log}.1`);
  write(2000, 2362);
  expect(await read()).toMatch(COMPLETE);
  expect(await linesIn(data)).toBe(2362);
  expect((await historyIn(data)).versions).toEqual(await historyOf(clean));
});

/** How many lines the marks of a folder's stores count; 0 before there are any. */
async function linesIn(folder: string): Promise<number> {
  const stores = openEmbedded(folder, { readOnly: true });
  const marks = await stores.coverage.marks();
  await stores.close();
  return marks.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The history of the whole log, read at once. */
async function historyOf(folder: string) {
  await stopped((await startUp(['--data', folder])).child, 'SIGTERM');
  return (await historyIn(folder)).versions;
}

test('a report with a schedule runs when its window is over, one window after the other', async () => {
  const folder = ownFolder();
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  writeFileSync(join(folder, 'audit.log'), recorded);
  writeFileSync(
    join(reports, 'hourly.yaml'),
    `apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: hourly }
spec: { reportType: inventory, schedule: '0 * * * *' }
---
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: broken }
spec: { reportType: nonsense, schedule: '* * * * *' }
`,
  );
  // The file's time stands for the report's creation: three hours ago.
  const created = Date.now() / 1000 - 3 * 3600;
  utimesSync(join(reports, 'hourly.yaml'), created, created);
  const { child, headers } = await startUp(
    [
      '--cluster',
      'own',
      '--data',
      join(folder, 'data'),
      '--audit-log',
      join(folder, 'audit.log'),
      '--follow',
      '--reports',
      reports,
      '--start-delay',
      '0s',
    ],
    /Serving/,
  );
  await expect.poll(async () => (await headers()).length, { timeout: 60_000, interval: 200 }).toBe(3);
  expect(child.said()).toMatch(
    /spec\.reportType: is "nonsense".*inventory, network-access, policy-audit, protection-audit/,
  );
});

test('a port in use, a folder that may not be written, and one that another margay uses: what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  const ran = margay(['up', '--data', ownFolder(), '--port', String(port)]);
  expect(ran.err).toMatch(new RegExp(`Port ${port} .* in use.*--port`));
  expect(ran.err).not.toContain('EADDRINUSE');
  expect(ran).toMatchObject({ code: 1, out: '' });
  server.close();

  const folder = ownFolder();
  await startUp(['--data', folder]);
  const second = margay(['up', '--data', folder, '--port', '0']);
  expect(second).toMatchObject({ code: 1 });
  expect(second.err).toMatch(/margay: .*another/i);

  const readOnly = ownFolder();
  writeFileSync(join(readOnly, 'data'), 'a file, not a folder');
  chmodSync(join(readOnly, 'data'), 0o400);
  const refused = margay(['up', '--data', join(readOnly, 'data'), '--port', '0']);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/margay: .*data/);
});
