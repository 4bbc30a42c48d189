import { verify, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  NoKey,
  NotSigned,
  readCheckpoint,
  readKeyChange,
  signingKey,
  signingKeyText,
  type Signer,
  type VerifierKey,
  verifierKey,
  verifierKeyText,
} from '@margay/ledger';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedded } from '../embedded.ts';
import type { Stores } from '../stores.ts';
import { type TransitServer, transitServer } from '../testing/transit-server.ts';
import { changeLogKey, checkLog, logReports } from './append.ts';
import { ledgerKeyFor, ledgerKeyNow, ledgerKeyOf, readKeyFile, writeSigner } from './key.ts';
import { readTransitAddress, transitSigner } from './transit.ts';

const NAME = 'margay.example/log';
let folder: string;
let server: TransitServer;
let stores: Stores;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'margay-transit-'));
  server = await transitServer();
  stores = openEmbedded(':memory:');
});
afterEach(async () => {
  await server.close();
  await stores.close();
  rmSync(folder, { recursive: true });
});

const keyOf = (version: number, name = NAME): VerifierKey => verifierKey(name, server.halves[version - 1]!);
const signerOf = (key = keyOf(1), milliseconds = 5_000): Signer =>
  transitSigner(key, server.address, { access: () => ({ token: 'a-token' }), milliseconds });

/** Whether OpenSSL takes a signature. */
const isBy = (version: number, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    null,
    message,
    createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(server.halves[version - 1]!).toString('base64url') },
      format: 'jwk',
    }),
    signature,
  );

const MESSAGES = ['a', 'b', ''].map((text) => Buffer.from(text));

test('one question signs all messages, with the version of the key that is the log’s', async () => {
  const signer = signerOf();
  server.rotate();
  const signatures = await signer.sign(MESSAGES);
  expect(signatures.map((signature, i) => isBy(1, MESSAGES[i]!, signature))).toEqual([true, true, true]);
  const next = await signerOf(keyOf(2)).sign(MESSAGES);
  expect(next.map((signature, i) => isBy(2, MESSAGES[i]!, signature))).toEqual([true, true, true]);
  await signer.sign([MESSAGES[0]!]);
  expect(server.asked.filter((asked) => asked.includes('/keys/'))).toHaveLength(2);
  expect(server.asked.filter((asked) => asked.includes('/sign/'))).toHaveLength(3);
});

/** Archives a report, which nobody logged. */
async function archived(id: string): Promise<Parameters<typeof logReports>[1]> {
  const of = { id, cluster: 'c', reportName: 'daily', reportType: 'inventory', start: 0, end: 1_000 };
  await stores.archive.complete({ ...of, generatedAt: 1, digest: 'd', parts: [], content: {} });
  return [(await stores.archive.header(id))!];
}

test('a log is signed by whoever has its key, and goes on with the next version of it there', async () => {
  const old = signerOf();
  const first = (await logReports(stores, await archived('a'), old))!;
  expect(readCheckpoint(Buffer.from(first.checkpoint), [keyOf(1)]).signed).toHaveLength(1);
  server.rotate();
  // Rotated there alone: the log keeps its key.
  const second = (await logReports(stores, await archived('b'), old))!;
  expect(second.key).toBe(verifierKeyText(keyOf(1)));
  const next = signerOf(keyOf(2));
  const third = await changeLogKey(stores.ledger, old, next);
  expect(readCheckpoint(Buffer.from(third.checkpoint), [keyOf(2)]).signed).toHaveLength(1);
  const [entry] = await stores.ledger.entries(2, 3);
  expect(readKeyChange(entry!, 2)).toEqual({
    before: keyOf(1),
    key: keyOf(2),
    isAnnounced: true,
    isPlaced: true,
    root: readCheckpoint(Buffer.from(second.checkpoint), []).root,
  });
  await logReports(stores, await archived('c'), next);
  await expect(logReports(stores, await archived('d'), old)).rejects.toThrow('signs nothing any more');
});

test('a key of a file is changed for one that somebody has, and that one for another of a file', async () => {
  const own = signingKey(NAME, new Uint8Array(32).fill(1));
  await logReports(stores, await archived('a'), own);
  await changeLogKey(stores.ledger, own, signerOf());
  await logReports(stores, await archived('b'), signerOf());
  const other = signingKey(NAME, new Uint8Array(32).fill(9));
  await changeLogKey(stores.ledger, signerOf(), other);
  expect((await logReports(stores, await archived('c'), other))!.size).toBe(5);
});

describe('nothing is appended, and what is wrong is said, where whoever has the key', () => {
  test.each<[string, string, RegExp, (server: TransitServer) => void]>([
    ['is sealed', 'away', /answered 503: Vault is sealed/, (it) => refuse(it, 503, 'Vault is sealed')],
    ['has too much to do', 'away', /answered 429/, (it) => refuse(it, 429, 'slow down')],
    [
      'does not answer in time',
      'away',
      /127\.0\.0\.1:\d+ cannot be reached: no answer within 0\.3 seconds/,
      (it) => void (it.instead = () => {}),
    ],
    [
      'hangs up',
      'away',
      /cannot be reached: /,
      (it) => void (it.instead = (_, response) => response.destroy()),
    ],
    [
      'does not know the token',
      'refused',
      /answered 403: 1 error occurred: \* permission denied$/,
      (it) => void (it.token = 'b'),
    ],
    ['has no such key', 'refused', /answered 404$/, (it) => refuse(it, 404)],
    ['sends elsewhere, where the token would be shown', 'refused', /answered 307$/, (it) => refuse(it, 307)],
    ['says no JSON', 'wrong', /not what a transit engine answers/, (it) => say(it, 'ok')],
    [
      'has a key of another type',
      'refused',
      /its key margay is of type ecdsa-p256/,
      (it) => say(it, { data: { type: 'ecdsa-p256', keys: { 1: { public_key: '-----BEGIN' } } } }),
    ],
    [
      'has another key by that name',
      'wrong',
      /no version of the key margay of http:\/\/127\.0\.0\.1:\d+ is margay\.example\/log\+[0-9a-f]{8}/,
      (it) => {
        it.rotate();
        it.halves.shift();
      },
    ],
  ])('%s', async (_, reason, words, damage) => {
    const signer = signerOf(keyOf(1), 300);
    damage(server);
    for (const failing of [
      logReports(stores, await archived('a'), signer),
      checkLog(stores.ledger, signer),
    ]) {
      const error = await failing.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(NotSigned);
      expect(error).toMatchObject({ reason, message: expect.stringMatching(words) as string });
      expect(String(error)).not.toContain('a-token');
    }
    expect(await stores.ledger.head()).toBeUndefined();
  });

  test('answers with the signatures of other messages, or too few', async () => {
    const signer = signerOf();
    const good = await signer.sign(MESSAGES);
    for (const answered of [[], [good[0]!]]) {
      const batch = answered.map((each) => ({
        signature: `vault:v1:${Buffer.from(each).toString('base64')}`,
      }));
      say(server, { data: { batch_results: batch } });
      await expect(logReports(stores, await archived('a'), signer)).rejects.toThrow(
        `what was answered is no signature of the key ${NAME}+${keyOf(1).id}`,
      );
    }
    expect(await stores.ledger.head()).toBeUndefined();
  });

  test('does not sign with that version any more', async () => {
    const signer = signerOf();
    await signer.check();
    say(server, { data: { batch_results: [{ error: 'requested version is too old' }] } });
    await expect(signer.sign(MESSAGES)).rejects.toThrow(
      'its key margay does not sign: requested version is too old',
    );
  });
});

const say = (server: TransitServer, body: unknown): void =>
  void (server.instead = (_, response) => response.end(JSON.stringify(body)));
const refuse = (server: TransitServer, status: number, ...errors: string[]): void =>
  void (server.instead = (_, response) =>
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify({ errors })));

test('once he signs again, the same report is logged as ever', async () => {
  const signer = signerOf();
  refuse(server, 503);
  await expect(logReports(stores, await archived('a'), signer)).rejects.toThrow(NotSigned);
  server.instead = undefined;
  expect((await logReports(stores, await archived('a'), signer))!.size).toBe(1);
});

test('who has the key stands in its file, and the settings say how to be let in', async () => {
  const [file, token] = ['ledger.key', 'token'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(token, 'a-token\n');
  const environment = { LEDGER_SIGNER_TOKEN_FILE: token, LEDGER_KEY_FILE: file };
  const made = await writeSigner(file, NAME, server.address, environment);
  expect(readFileSync(file, 'utf8')).toBe(`${verifierKeyText(keyOf(1))} ${server.address}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(verifierKeyText(made)).toBe(verifierKeyText(keyOf(1)));
  const text = readFileSync(file, 'utf8').trim();
  const key = ledgerKeyNow({ LEDGER_KEY: text }, environment);
  await (key() as Signer).check();
  // What he said is known by then.
  expect(key()).toBe(key());
  // A token that was renewed is the one.
  server.token = 'another';
  await expect((key() as Signer).check()).rejects.toThrow('403');
  writeFileSync(token, 'another');
  await (key() as Signer).check();
  server.rotate();
  await writeSigner(join(folder, 'next.key'), NAME, server.address, environment);
  writeFileSync(file, readFileSync(join(folder, 'next.key')));
  expect(verifierKeyText(key()!)).toBe(verifierKeyText(keyOf(2)));
  await expect(writeSigner(join(folder, 'none.key'), 'a name', server.address, environment)).rejects.toThrow(
    NoKey,
  );
  expect(() => readKeyFile(file)).toThrow('holds no key of a log');
});

test('a role signs in with what the pod was given, and again where the token is known no more', async () => {
  const jwt = join(folder, 'jwt');
  writeFileSync(jwt, server.jwt);
  const environment = { LEDGER_SIGNER_ROLE: 'margay', LEDGER_SIGNER_JWT_FILE: jwt };
  const text = `${verifierKeyText(keyOf(1))} ${server.address}`;
  const signer = ledgerKeyOf({ LEDGER_KEY: text }, environment) as Signer;
  await signer.sign(MESSAGES);
  await signer.sign(MESSAGES);
  const logins = () => server.asked.filter((asked) => asked.endsWith('/login')).length;
  expect(logins()).toBe(1);
  server.token = 'after a restart';
  await signer.sign(MESSAGES);
  expect(logins()).toBe(2);
  writeFileSync(jwt, 'of another pod');
  server.token = 'once more';
  await expect(signer.sign(MESSAGES)).rejects.toThrow('answered 403: permission denied');
  const both = { ...environment, LEDGER_SIGNER_TOKEN: 'x' };
  await expect((ledgerKeyOf({ LEDGER_KEY: text }, both) as Signer).check()).rejects.toThrow(
    'keep one of them',
  );
});

test('clusters that share who signs have logs of different names, signed by one key', async () => {
  const signer = (await ledgerKeyFor(signerOf(), stores, 'b', ['a', 'b'])) as Signer;
  const { checkpoint } = (await logReports(stores, await archived('a'), signer))!;
  const key = keyOf(1, `${NAME}/b`);
  expect(readCheckpoint(Buffer.from(checkpoint), [key])).toMatchObject({
    origin: `${NAME}/b`,
    signed: [{ key }],
  });
});

test.each([
  ['https://vault.example.com:8200/v1/transit/keys/margay', 'transit', 'margay'],
  [
    'https://vault.example.com/v1/team-a/engines/transit/keys/margay.log_1',
    'team-a/engines/transit',
    'margay.log_1',
  ],
  ['http://127.0.0.1:8100/v1/transit/keys/margay', 'transit', 'margay'],
  ['https://example.com/vault/v1/transit/keys/margay', 'transit', 'margay'],
])('%s is the address of a key', (address, mount, name) => {
  expect(readTransitAddress(address)).toMatchObject({ mount, name });
});

test.each([
  ['http://vault.example.com:8200/v1/transit/keys/margay', 'is asked over https'],
  ['https://vault.example.com:8200/v1/transit/sign/margay', 'no address of a key'],
  ['https://user:secret@vault.example.com/v1/transit/keys/margay', 'no address of a key'],
  ['https://vault.example.com/v1/transit/keys/margay?version=1', 'no address of a key'],
  ['https://vault.example.com/v1/transit/keys/', 'no address of a key'],
  ['vault.example.com', 'no address of a key'],
])('%s is refused, and not shown', (address, words) => {
  const text = `${verifierKeyText(keyOf(1))} ${address}`;
  expect(() => ledgerKeyOf({ LEDGER_KEY: text }, {})).toThrow(words);
  expect(() => ledgerKeyOf({ LEDGER_KEY: text }, {})).not.toThrow('secret');
});

test('the key itself is not taken for who has it', () => {
  const secret = signingKeyText(signingKey(NAME, new Uint8Array(32).fill(1)));
  const read = () => ledgerKeyOf({ LEDGER_KEY: `${secret} ${server.address}` }, {});
  expect(read).toThrow('it is the key that signs');
  expect(read).not.toThrow(secret.slice(-20));
  const witness = verifierKeyText(verifierKey('w', server.halves[0]!, 'witness'));
  expect(() => ledgerKeyOf({ LEDGER_KEY: `${witness} ${server.address}` }, {})).toThrow('that of a witness');
});
