import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { signingKey, verifierKeyText } from '@margay/ledger';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from './testing/api-application.ts';
import { margay, PROGRAM, type Ran, startMargay, startUp, stopped } from './testing/margay.ts';
import { dailyLogged, LOG_KEY, recordedStores } from './testing/recorded-stores.ts';

const folder = mkdtempSync(join(tmpdir(), 'margay-witness-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = ['--key', verifierKeyText(LOG_KEY)];
const [W1, W2] = ['w1', 'w2', 'w3', 'w4', 'w5'].map((name) =>
  margay(['key', path(`${name}.key`), '--name', `witness.example/${name}`, '--witness']).out.trim(),
) as [string, string];

/** Runs the command line while this process goes on, and serves what it asks for. */
const meanwhile = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

/** A Margay that has one logged report more each time. */
async function margayWithLog(ids: readonly string[]) {
  const stores = await recordedStores();
  const app = await apiHere({ stores, access: anyone });
  onTestFinished(() => app.close());
  for (const [i, id] of ids.entries()) await dailyLogged(stores, id, i + 1);
  return { stores, app, api: ['--api', await addressOf(app)] };
}

/** A witness of the log, whose address is given. */
async function witness(
  name: string,
  log = KEY[1]!,
  ...options: readonly string[]
): Promise<{ address: string; stop: () => Promise<void> }> {
  const child = startMargay([
    'witness',
    'serve',
    '--key',
    path(`${name}.key`),
    '--data',
    path(name),
    '--log',
    log,
    '--port',
    '0',
    ...options,
  ]);
  await expect.poll(child.said, { timeout: 60_000 }).toMatch(/add-checkpoint\n/);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    address: /https?:\/\/[\w.]+:\d+/.exec(child.said())![0],
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

test(
  'witnesses cosign what goes on, over a restart, and say no to a fork; verify counts them',
  { timeout: 180_000 },
  async () => {
    const { stores, app, api } = await margayWithLog(['daily-1']);
    let first = await witness('w1');
    expect(await meanwhile(['witness', 'ask', first.address, ...api])).toMatchObject({ code: 0 });
    await first.stop();
    await dailyLogged(stores, 'daily-2', 2);
    first = await witness('w1');
    const second = await witness('w2');
    const both = await meanwhile(['witness', 'ask', first.address, second.address, ...api]);
    expect(both).toMatchObject({ code: 0 });
    writeFileSync(path('cosigned.txt'), both.out);
    writeFileSync(
      path('evidence.zip'),
      (await app.inject('/api/v1/runs/daily-2/downloads/evidence.zip')).rawPayload,
    );

    const verified = (...options: string[]) => margay(['verify', path('evidence.zip'), ...KEY, ...options]);
    const kept = ['--since', path('cosigned.txt')];
    const two = verified(...kept, '--witness', W1, '--witness', W2);
    expect(two.out).toMatch(
      /: intact: .*shown: 2 of the 2 witnesses that were given saw that log with this report in it/s,
    );
    expect(two.code).toBe(0);
    const none = verified('--witness', W1);
    expect(none.out).toMatch(/not shown: that 1 witnesses saw it: 0 of the 1 witnesses/);
    expect(none.code).toBe(1);
    const absent = verifierKeyText(signingKey('witness.example/away', new Uint8Array(32).fill(9), 'witness'));
    expect(verified(...kept, '--witness', W1, '--witness', absent).code).toBe(1);
    expect(verified(...kept, '--witness', W1, '--witness', absent, '--witnesses', '1').code).toBe(0);
    writeFileSync(path('cosigned.txt'), both.out.replace(/(witness\.example\/w1 .{20})./, '$1A'));
    const damaged = verified(...kept, '--witness', W1);
    expect(damaged.out).toMatch(
      /not shown: that it goes with the checkpoint that was kept: .*the signature of witness\.example\/w1/,
    );
    expect(damaged.out).not.toMatch(/NOT INTACT/);
    expect(damaged.code).toBe(1);

    // An insider with the key makes the history anew.
    const forked = await margayWithLog(['daily-x', 'daily-y', 'daily-z']);
    const refused = await meanwhile(['witness', 'ask', first.address, 'http://127.0.0.1:1', ...forked.api]);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/did not cosign: it answered 422: .*not shown to go on from the one of 2/);
    expect(refused.err).toMatch(/http:\/\/127\.0\.0\.1:1 did not cosign/);
    const cut = await margayWithLog(['daily-1']);
    expect((await meanwhile(['witness', 'ask', first.address, ...cut.api])).err).toMatch(
      /it saw a log of 2 entries, and this one has 1/,
    );
  },
);

test(
  'the address of a Margay may end in a slash, and stand in MARGAY_API',
  { timeout: 120_000 },
  async () => {
    const { app, api } = await margayWithLog(['daily-1']);
    const checkpoint = (await app.inject('/api/v1/log/checkpoint')).body;
    const { address, stop } = await witness('w3');
    for (const [options, environment] of [
      [['--api', `${api[1]!}/`], {}],
      [[], { MARGAY_API: api[1]! }],
    ] as const)
      expect(await meanwhile(['witness', 'ask', address, ...options], environment)).toEqual({
        code: 0,
        out: expect.stringContaining(checkpoint) as string,
        err: '',
      });
    await stop();
  },
);

/** Something that serves a log of two entries, and no proof that it goes on from the one that a witness saw. */
async function apiWithoutProof(): Promise<string> {
  const { app } = await margayWithLog(['daily-1', 'daily-2']);
  const checkpoint = (await app.inject('/api/v1/log/checkpoint')).body;
  const server = createServer((request, response) => {
    response.end(request.url?.endsWith('/log/checkpoint') ? checkpoint : 'a page to sign in\n');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an answer that is no proof is said to be none', { timeout: 120_000 }, async () => {
  const { api } = await margayWithLog(['daily-1']);
  const { address, stop } = await witness('w4');
  expect(await meanwhile(['witness', 'ask', address, ...api])).toMatchObject({ code: 0 });
  const { code, err } = await meanwhile(['witness', 'ask', address, '--api', await apiWithoutProof()]);
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringMatching(
      /did not cosign: of the proof that was answered line 1 is no hash in base64/,
    ) as string,
  });
  await stop();
});

test('the key of a log is not taken for one of a witness', () => {
  margay(['key', path('log.key'), '--name', 'margay.example/log']);
  expect(margay(['key', path('log.key'), '--witness'])).toEqual({
    code: 2,
    out: '',
    err: expect.stringMatching(
      /log\.key holds the key of a log, margay\.example\/log, and none of a witness/,
    ) as string,
  });
});

test(
  'margay up asks its witnesses by itself: evidence.zip alone shows who saw the log',
  { timeout: 180_000 },
  async () => {
    const log = margay(['key', path('up.key'), '--name', 'margay.example/up']).out.trim();
    const first = await witness('w1', log);
    const started = await startUp(['--data', path('up')], /Reports and downloads/, {
      LEDGER_KEY_FILE: path('up.key'),
      WITNESSES: `${W1} ${first.address}, ${W2} http://localhost:59999`,
    });
    const [run] = await started.headers();
    const zip = `${started.url}/api/v1/runs/${run!.id}/downloads/evidence.zip`;
    const verified = async (...options: string[]) => {
      writeFileSync(path('seen.zip'), Buffer.from(await (await fetch(zip)).arrayBuffer()));
      return meanwhile(['verify', path('seen.zip'), '--key', log, ...options]);
    };
    await expect.poll(async () => (await verified('--witness', W1)).code, { timeout: 30_000 }).toBe(0);
    const { out } = await verified('--witness', W1);
    expect(out).toMatch(/shown: the witness witness\.example\/w1 saw that log at 2/);
    expect(out).toMatch(/1 of the 1 witnesses that were given saw that log with this report in it/);
    expect((await verified('--witness', W1, '--witness', W2)).code).toBe(1);
    expect((await verified('--witness', W1, '--witness', W2, '--witnesses', '1')).code).toBe(0);
    expect(await (await fetch(`${started.url}/readyz`)).json()).toMatchObject({
      ready: true,
      checks: {
        confirmations: {
          reason: expect.stringMatching(/w2\+\S+ has not confirmed .* cannot be reached/) as string,
        },
      },
    });
    // The PDF has what the witness signed, as text and as a code, and what is printed is read again.
    const pdf = await fetch(`${started.url}/api/v1/runs/${run!.id}/downloads/report.pdf`);
    writeFileSync(path('seen.pdf'), Buffer.from(await pdf.arrayBuffer()));
    const ofPdf = await meanwhile(['verify', path('seen.pdf'), '--key', log, '--key', W1]);
    expect(ofPdf.out).toMatch(/shown: the witness witness\.example\/w1 saw that log at 2/);
    await stopped(started.child);
  },
);

test('a folder has one witness, which may serve by TLS', { timeout: 120_000 }, async () => {
  const { api } = await margayWithLog(['daily-1']);
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${path('tls.key')} -out ${path('tls.crt')}`.split(
      ' ',
    ),
  );
  expect(made.status).toBe(0);
  const tls = ['--host', 'localhost', '--tls-cert', path('tls.crt'), '--tls-key', path('tls.key')];
  const { address, stop } = await witness('w5', KEY[1]!, ...tls);
  expect(address).toMatch(/^https:\/\/localhost:/);
  const trusting = { NODE_EXTRA_CA_CERTS: path('tls.crt') };
  expect(await meanwhile(['witness', 'ask', address, ...api], trusting)).toMatchObject({
    code: 0,
    out: expect.stringContaining('— witness.example/w5 ') as string,
  });
  expect((await meanwhile(['witness', 'ask', address, ...api])).err).toMatch(/SELF_SIGNED/);
  const serve = [
    'witness',
    'serve',
    '--key',
    path('w5.key'),
    '--log',
    KEY[1]!,
    '--port',
    '0',
    '--data',
    path('w5'),
  ];
  const second = margay(serve);
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining(path('w5')) as string });
  expect(margay([...serve, '--tls-cert', path('tls.crt')])).toMatchObject({ code: 2 });
  await stop();
});

test.each<[string, string[], RegExp]>([
  ['so many of none', ['--witnesses', '1'], /--witnesses needs --witness/],
  ['more than there are', ['--witness', W1, '--witnesses', '2'], /from 1 to 1/],
  ['the key of a log', ['--witness', KEY[1]!], /--witness is the key of a log/],
])('%s is refused', (_, options, words) => {
  const { code, err } = margay(['verify', 'none', ...options]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(words) as string });
});

test('a witness takes one key of each log', () => {
  const second = margay(['key', path('second.key'), '--name', 'margay.example/log']).out.trim();
  margay(['key', path('w6.key'), '--name', 'witness.example/w6', '--witness']);
  const options = ['--key', path('w6.key'), '--data', path('w6'), '--log', KEY[1]!];
  const first = margay(['key', path('first.key'), '--name', 'margay.example/log']).out.trim();
  expect(margay(['witness', 'serve', ...options, '--log', first, '--log', second])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/are keys of one log, which one of them alone signs/) as string,
  });
});
