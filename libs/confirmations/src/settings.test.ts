import { signingKey, verifierKeyText } from '@margay/ledger';
import { readConfig } from '@margay/runtime';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { confirmationSettings, confirmersOf } from './settings.ts';

const [W1, W2] = ['w1', 'w2'].map((name, i) =>
  verifierKeyText(signingKey(`witness.example/${name}`, new Uint8Array(32).fill(i), 'witness')),
) as [string, string];
/** The key of w1 under another name. */
const W1_RENAMED = verifierKeyText(signingKey('witness.example/w1b', new Uint8Array(32).fill(0), 'witness'));
const LOG = verifierKeyText(signingKey('margay.example/log', new Uint8Array(32)));
const read = (WITNESSES: string, WITNESSES_NEEDED = '') =>
  confirmersOf(readConfig(z.object(confirmationSettings), { WITNESSES, WITNESSES_NEEDED }));

test('witnesses are named by key and address; all are needed unless fewer are', () => {
  const both = `${W1} https://w1.example/, ${W2} http://w2.example:8090/below`;
  expect(read(both)).toMatchObject({
    all: [{ by: /^witness\.example\/w1\+[0-9a-f]{8}$/.exec(W1.slice(0, 27))![0] }, { by: W2.slice(0, 27) }],
    witnessesNeeded: 2,
  });
  expect(read(both, '1').witnessesNeeded).toBe(1);
  expect(read('')).toEqual({ all: [], witnessesNeeded: 0 });
});

test.each([
  ['no address', W1, /no address like https/],
  ['an address that is none', `${W1} w1.example:8090`, /no address like https/],
  ['a password', `${W1} https://me:secret@w1.example`, /no address like https/],
  ['more behind it', `${W1} https://w1.example now`, /no address like https/],
  ['the address alone', 'https://w1.example', /KEY ADDRESS/],
  ['the key of a log', `${LOG} https://w1.example`, /margay\.example\/log is the key of a log/],
  ['one twice', `${W1} https://a.example,${W1} https://b.example`, /w1 is named twice/],
  [
    'one under two names',
    `${W1} https://a.example,${W1_RENAMED} https://b.example`,
    /w1b has the key of witness\.example\/w1: one key under two names is one witness/,
  ],
])('%s is refused', (_, text, words) => {
  expect(() => read(text)).toThrow(words);
});

test('no more can be needed than there are', () => {
  expect(() => read(`${W1} https://w1.example`, '2')).toThrow('WITNESSES_NEEDED is 2, and WITNESSES names 1');
});

const ofTimestamps = (environment: Record<string, string>) =>
  confirmersOf(readConfig(z.object(confirmationSettings), environment));

test.each<[Record<string, string>, RegExp]>([
  [{ TIMESTAMP_URL: 'https://tsa.example' }, /belong together/],
  [{ TIMESTAMP_CA_FILE: '/nowhere' }, /belong together/],
  [{ TIMESTAMP_URL: 'ftp://tsa.example', TIMESTAMP_CA_FILE: '/nowhere' }, /TIMESTAMP_URL \(not shown\)/],
  [
    { TIMESTAMP_URL: 'https://tsa.example', TIMESTAMP_CA_FILE: '/nowhere' },
    /\/nowhere, which cannot be used: ENOENT/,
  ],
  [{ TIMESTAMP_URL: 'https://tsa.example', TIMESTAMP_CA_FILE: '/etc/hostname' }, /no certificates in PEM/],
  [{ TIMESTAMP_INTERVAL: '31m' }, /use 30m or less/],
])('%j is refused', (environment, words) => {
  expect(() => ofTimestamps(environment)).toThrow(words);
});
