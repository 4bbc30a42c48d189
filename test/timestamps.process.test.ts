import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { unzipSync, zipSync } from 'fflate';
import { expect, onTestFinished, test } from 'vitest';
import { margay, ownFolder, type Ran, startUp, stopped } from './testing/margay.ts';
import { installedVerifier } from './testing/verifier.ts';

if (!hasOpenssl) console.warn('There is no openssl: timestamps of the log are not tried.');

/** An authority of openssl that answers at an address. */
async function authorities() {
  const made = openAuthorities();
  made.authority('tsa');
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(made.answer('tsa', Buffer.concat(chunks))));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    made.close();
  });
  return { made, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsr` };
}

/** The same ZIP with another file in it, of which the manifest tells. */
function withFile(zip: Buffer, name: string, content: Uint8Array): Uint8Array {
  const files = unzipSync(zip);
  const manifest = JSON.parse(Buffer.from(files['manifest.json']!).toString()) as {
    files: { name: string; sizeBytes: number; sha256: string }[];
  };
  const sha256 = createHash('sha256').update(content).digest('hex');
  for (const file of manifest.files)
    if (file.name === name) Object.assign(file, { sizeBytes: content.length, sha256 });
  const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  return zipSync({ ...files, [name]: content, 'manifest.json': text });
}

test.skipIf(!hasOpenssl)(
  'an authority of timestamps says since when the log has a report, and who has its certificates reads that in evidence.zip',
  { timeout: 240_000 },
  async () => {
    const { made, address: authority } = await authorities();
    const folder = ownFolder();
    const path = (name: string) => join(folder, name);
    const key = margay(['key', path('up.key'), '--name', 'margay.example/up']).out.trim();
    for (const root of ['root', 'other-root']) writeFileSync(path(`${root}.pem`), made.pem(root));
    const up = await startUp(['--data', path('up')], undefined, {
      LEDGER_KEY_FILE: path('up.key'),
      TIMESTAMP_URL: authority,
      TIMESTAMP_CA_FILE: path('root.pem'),
      TIMESTAMP_INTERVAL: '0s',
    });
    const [run] = await up.headers();
    const address = `${up.url}/api/v1/runs/${run!.id}/downloads/evidence.zip`;
    const download = async () => Buffer.from(await (await fetch(address)).arrayBuffer());
    const isIn = async () => 'log-checkpoint.tsr' in unzipSync(await download());
    await expect.poll(isIn, { timeout: 60_000 }).toBe(true);
    const zip = await download();
    await stopped(up.child);

    // What stands before the signatures, and the answer, are what others check.
    const files = unzipSync(zip);
    const head = Buffer.from(files['log-checkpoint.txt']!).toString().split('\n').slice(0, 3);
    expect(made.takes(files['log-checkpoint.tsr']!, Buffer.from(`${head.join('\n')}\n`))).toBe(true);

    const verified = (content: Uint8Array, ...options: string[]): Ran => {
      writeFileSync(path('evidence.zip'), content);
      return margay(['verify', path('evidence.zip'), '--key', key, ...options]);
    };
    const trusting = verified(zip, '--timestamp-ca', path('root.pem'));
    expect(trusting.out).toMatch(
      /: intact: .*shown: the head of that log existed at \d{4}-\S+Z, according to O=Example, CN=tsa\n/s,
    );
    expect(trusting.code).toBe(0);
    const args = [path('evidence.zip'), '--key', key, '--timestamp-ca', path('root.pem')];
    expect(installedVerifier()(args)).toEqual({ code: 0, out: trusting.out, err: '' });
    const without = verified(zip);
    expect(without.out).toMatch(
      /not shown: that the head of that log existed at \S+Z, according to O=Example, CN=tsa: --timestamp-ca takes/,
    );
    expect(without.code).toBe(0);
    const other = verified(zip, '--timestamp-ca', path('other-root.pem'));
    expect(other.out).toMatch(
      /not shown: that the head .*: the certificate that signed it did not lead to one/,
    );
    expect(other.code).toBe(1);

    const swapped = withFile(zip, 'log-checkpoint.tsr', made.answer('tsa', made.request(Buffer.from('x'))));
    const lying = verified(swapped, '--timestamp-ca', path('root.pem'));
    expect(lying.out).toMatch(/NOT INTACT: log-checkpoint\.tsr: it is of something else/);
    expect(lying.code).toBe(1);
    const report = path('report.json');
    writeFileSync(report, files['report.json']!);
    const alone = margay(['verify', report, '--timestamp-ca', path('root.pem')]);
    expect(alone.out).toContain('not shown: that the log was there at a time: no timestamp is with it');
    expect(alone.code).toBe(1);
    expect(margay(['verify', report, '--timestamp-ca', path('up.key')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('it has no certificates in PEM') as string,
    });
  },
);
