import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signingKey, signingKeyText, verifierKeyText } from '@margay/ledger';
import { readConfig, type Environment } from '@margay/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { ledgerKeyFor, ledgerKeyNow, ledgerKeyOf, ledgerSettings, readKeyFile, writeNewKey } from './key.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'margay-key-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const KEY = signingKey('margay.example/log', new Uint8Array(32).fill(1));

test('a new key is its owner’s only, another one each time, and never replaces one that is there', () => {
  const file = join(folder, 'a.key');
  const key = writeNewKey(file, 'margay.example/log');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toBe(`${signingKeyText(key)}\n`);
  expect(readKeyFile(file)).toEqual(key);
  expect(writeNewKey(file, 'margay.example/other')).toEqual(key);
  expect(writeNewKey(join(folder, 'b.key'), 'margay.example/log').id).not.toBe(key.id);
});

test('the settings say the key, or where it is', () => {
  const file = join(folder, 'a.key');
  writeFileSync(file, `${signingKeyText(KEY)}\n`);
  const keyOf = (environment: Environment) =>
    ledgerKeyOf(readConfig(z.object(ledgerSettings), environment), environment);
  expect(keyOf({})).toBeUndefined();
  expect(keyOf({ LEDGER_KEY: signingKeyText(KEY) })).toEqual(KEY);
  expect(keyOf({ LEDGER_KEY_FILE: file })).toEqual(KEY);
  expect(() => keyOf({ LEDGER_KEY: 'x', LEDGER_KEY_FILE: file })).toThrow('are both set');
});

test('a key in a file is read each time, and is the one that it was while there is none', () => {
  const file = join(folder, 'a.key');
  writeFileSync(file, signingKeyText(KEY));
  const environment = { LEDGER_KEY_FILE: file };
  const key = ledgerKeyNow(readConfig(z.object(ledgerSettings), environment), environment);
  expect(key()).toEqual(KEY);
  writeFileSync(file, 'none yet');
  expect(key()).toEqual(KEY);
  const next = signingKey('margay.example/log', new Uint8Array(32).fill(2));
  writeFileSync(file, signingKeyText(next));
  expect(key()).toEqual(next);
  expect(ledgerKeyNow({ LEDGER_KEY: signingKeyText(KEY) }, {})()).toEqual(KEY);
});

test('what is no key is named by its place, and never shown', () => {
  const file = join(folder, 'a.key');
  const secret = signingKeyText(KEY).slice(0, -3);
  writeFileSync(file, secret);
  expect(() => readKeyFile(join(folder, 'none'))).toThrow(/Cannot read the key of the log, .*none: ENOENT/);
  for (const [read, place] of [
    [() => readKeyFile(file), file],
    [() => ledgerKeyOf({ LEDGER_KEY: secret }, {}), 'LEDGER_KEY'],
  ] as const) {
    expect(read).toThrow(`${place} holds no key of a log`);
    expect(read).not.toThrow(secret.slice(-20));
  }
});

test('clusters that share a key have logs of different names; one that the key signed by its own name goes on', async () => {
  const over = (head?: { readonly key: string }) => ({ ledger: { head: async () => head } }) as never;
  const clusters = ['a', 'b'];
  expect(await ledgerKeyFor(undefined, over(), 'a', clusters)).toBeUndefined();
  expect(await ledgerKeyFor(KEY, over(), 'a', ['a'])).toBe(KEY);
  expect(await ledgerKeyFor(KEY, over({ key: verifierKeyText(KEY) }), 'a', clusters)).toBe(KEY);
  const fresh = await ledgerKeyFor(KEY, over(), 'b', clusters);
  expect(fresh).toEqual(signingKey('margay.example/log/b', KEY.seed));
  expect(await ledgerKeyFor(KEY, over({ key: verifierKeyText(fresh) }), 'b', clusters)).toEqual(fresh);
});
