import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { coveragePredicate } from '@margay/api-contract';
import { readCheckpoint, readEnvelope, readVerifierKey, verifierKeyText } from '@margay/ledger';
import { unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { installedVerifier } from './testing/verifier.ts';

/** What is answered to somebody who opens it under this name. */
const statusUnder = (url: string, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(url, { headers: { host } }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
  });

/** It installs the verifier and starts the command line six times. */
const PATIENCE = 300_000;

test(
  'the recorded cluster: reports, page and downloads; a second start does no work twice',
  { timeout: PATIENCE },
  async () => {
    const folder = ownFolder();
    const first = await startUp(['--data', folder]);
    const headers = await first.headers();
    expect(headers.map(({ report }) => report).sort()).toEqual([
      'inventory',
      'network-access',
      'policy-audit',
      'protection-audit',
    ]);
    expect(await (await fetch(first.url)).text()).toContain('<div id="app">');
    const inventory = headers.find(({ report }) => report === 'inventory')!;
    const endpoints = await (
      await fetch(`${first.url}/api/v1/runs/${inventory.id}/downloads/endpoints.csv`)
    ).text();
    // 174 endpoints: every pod name that had a node and an address, and two host endpoints.
    expect(endpoints.trimEnd().split('\n')).toHaveLength(175);
    expect((await fetch(`${first.url}/api/v1/runs/none/downloads/summary.csv`)).status).toBe(404);
    expect((await fetch(`${first.url}/api/v1/runs/${inventory.id}/downloads/passwd`)).status).toBe(404);
    // Each report is in a log, signed by a key that is told once and kept for its owner only.
    const key = readVerifierKey(/margay\/cluster-a\+\S+/.exec(first.child.said())![0]);
    const checkpoint = await (await fetch(`${first.url}/api/v1/log/checkpoint`)).text();
    expect(readCheckpoint(Buffer.from(checkpoint), [key])).toMatchObject({ size: 4, signed: [{ key }] });
    expect(await (await fetch(`${first.url}/api/v1/log/growth?from=0&to=4`)).text()).toBe('');
    expect((await fetch(`${first.url}/api/v1/log/growth?from=1&to=5`)).status).toBe(400);
    expect(statSync(join(folder, 'ledger.key')).mode & 0o777).toBe(0o600);
    expect(await statusUnder(first.url, 'evil.example')).toBe(421);
    // And whoever has that key sees it in the ZIP, anywhere.
    const zip = join(folder, 'evidence.zip');
    const downloads = `${first.url}/api/v1/runs/${inventory.id}/downloads`;
    writeFileSync(zip, Buffer.from(await (await fetch(`${downloads}/evidence.zip`)).arrayBuffer()));
    const envelope = Buffer.from(unzipSync(readFileSync(zip))['coverage.dsse.json']!).toString();
    const { statement, signed } = readEnvelope(envelope, [key]);
    expect(signed).toEqual([key]);
    const { grade, sources } = coveragePredicate.parse(statement.predicate);
    expect({ grade, lines: sources.listed.map(({ lines }) => lines) }).toEqual({
      grade: 'no gap seen',
      lines: [2362],
    });
    const kept = join(folder, 'kept');
    writeFileSync(kept, checkpoint);
    const verified = margay(['verify', zip, '--key', verifierKeyText(key), '--since', kept]);
    expect(verified.out).toContain(
      'evidence.zip: intact: the report that margay/cluster-a logged and signed',
    );
    expect(verified.out).toContain('shown: what is made of report.json now is the same: ');
    expect(verified.code).toBe(0);
    expect(installedVerifier()([zip, '--key', verifierKeyText(key), '--since', kept])).toEqual(verified);
    writeFileSync(
      zip,
      zipSync({ ...unzipSync(readFileSync(zip)), 'endpoints.csv': Buffer.from('all is well') }),
    );
    const altered = margay(['verify', zip, '--key', verifierKeyText(key)]);
    expect(altered.out).toContain('NOT INTACT: endpoints.csv was changed');
    expect(altered.code).toBe(1);
    await stopped(first.child, 'SIGTERM');

    const hosts = ['--hosts', 'margay.example'];
    const second = await startUp(['--data', folder, ...hosts]);
    const asked = ['margay.example', 'localhost', 'evil.example'];
    const statuses = asked.map((host) => statusUnder(second.url, host));
    expect(await Promise.all(statuses)).toEqual([200, 200, 421]);
    expect(second.child.said()).toMatch(/Nothing new to read/);
    expect(second.child.said()).toMatch(/No new reports/);
    expect(await second.headers()).toEqual(headers);
    expect(second.child.said()).not.toContain('new key');
    expect(await (await fetch(`${second.url}/api/v1/log/checkpoint`)).text()).toBe(checkpoint);
  },
);
