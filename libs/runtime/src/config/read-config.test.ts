import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import { isGiven, readConfig } from './read-config.ts';
import { flag, goDuration, list, whole } from './settings.ts';

const Config = z.object({
  STORE_URL: z.string().meta({ description: 'Where things are kept.' }),
  PORT: whole(0, 65_535).default(8080),
  TLS: flag(false),
  BROKERS: list().optional(),
  DELAY: goDuration().prefault('30m'),
  PASSWORD: z.string().min(4).optional().meta({ secret: true }),
  KEY_FILE: z.string().optional(),
});

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, content);
  return path;
}

/** The error's text for an environment that is refused. */
function refusal(environment: Record<string, string>): string {
  try {
    readConfig(Config, environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

test('defaults stand in for what is absent or empty', () => {
  expect(readConfig(Config, { STORE_URL: 'file:x', PORT: '', OTHER: 'ignored' })).toEqual({
    STORE_URL: 'file:x',
    PORT: 8080,
    TLS: false,
    DELAY: 1_800_000,
  });
});

test('texts become what the schema says', () => {
  const environment = { STORE_URL: 'u', PORT: '9', TLS: 'yes', BROKERS: 'a:1, b:2,', DELAY: '1h30m' };
  expect(readConfig(Config, environment)).toEqual({
    STORE_URL: 'u',
    PORT: 9,
    TLS: true,
    BROKERS: ['a:1', 'b:2'],
    DELAY: 5_400_000,
  });
});

test('one start shows every mistake, each with its variable and value', () => {
  const message = refusal({ PORT: '99999', TLS: 'maybe', DELAY: '5 minutes', PASSWORD: 'abc' });
  expect(message.split('\n').slice(1)).toEqual([
    '  STORE_URL is missing: Where things are kept.',
    expect.stringContaining('PORT is "99999": Too big'),
    expect.stringContaining('TLS is "maybe"'),
    '  DELAY is "5 minutes": "5 minutes" is not a duration: write it like 30m, 1h30m or 0s',
    expect.stringContaining('PASSWORD (not shown): Too small'),
  ]);
});

test('a number that is none is said to be none, and a secret is never shown', () => {
  expect(refusal({ STORE_URL: 'u', PORT: 'http' })).toMatch(/PORT is "http": expected number$/);
  expect(refusal({ STORE_URL: 'u', PASSWORD: 'pw!' })).not.toContain('pw!');
});

test('a value may come from a file, without the white space around it', () => {
  const config = readConfig(Config, { STORE_URL: 'u', PASSWORD_FILE: fileOf(' open sesame\n') });
  expect(config.PASSWORD).toBe('open sesame');
});

test.each([
  [
    { PASSWORD_FILE: '/nowhere/secret' },
    'PASSWORD_FILE names /nowhere/secret, which cannot be read (ENOENT)',
  ],
  [{ PASSWORD: 'abcd', PASSWORD_FILE: '/x' }, 'PASSWORD and PASSWORD_FILE are both set'],
])('%j is refused', (environment, expected) => {
  expect(refusal({ STORE_URL: 'u', ...environment })).toContain(expected);
});

test('an empty secret file is refused', () => {
  expect(refusal({ STORE_URL: 'u', PASSWORD_FILE: fileOf('\n') })).toContain('which is empty');
});

test.each([
  [{ PASSWORD: 'abcd' }, true],
  [{ PASSWORD_FILE: '/x' }, true],
  [{ PASSWORD: '', PASSWORD_FILE: '' }, false],
  [{ PORT: '1' }, false],
])('of %j it is %s that a password is given', (environment, expected) => {
  expect(isGiven('PASSWORD', environment)).toBe(expected);
});

test('a setting that is called _FILE is itself', () => {
  expect(readConfig(Config, { STORE_URL: 'u', KEY_FILE: '/etc/key.pem' }).KEY_FILE).toBe('/etc/key.pem');
});

test('a rule over several settings names its variable', () => {
  const pair = Config.refine(({ TLS, KEY_FILE }) => !TLS || KEY_FILE !== undefined, {
    path: ['KEY_FILE'],
    message: 'must be set with TLS',
  });
  expect(() => readConfig(pair, { STORE_URL: 'u', TLS: 'on' })).toThrow('KEY_FILE: must be set with TLS');
});

test('a list says what is wrong with its items', () => {
  const Even = z.object({
    NUMBERS: list((items) => items.find((item) => Number(item) % 2 !== 0)?.concat(' is odd')).optional(),
  });
  expect(readConfig(Even, { NUMBERS: '2, 4' }).NUMBERS).toEqual(['2', '4']);
  expect(() => readConfig(Even, { NUMBERS: '2, 5' })).toThrow('NUMBERS is "2, 5": 5 is odd');
});
