import { describe, expect, test } from 'vitest';
import {
  type KeyChange,
  keyChangeBytes,
  knownKeys,
  NoEntry,
  NoKey,
  readKeyChange,
  type SigningKey,
  signingKey,
  type VerifierKey,
  verifierKeyText,
} from './index.ts';

const key = (seed: number, name = 'margay.example/log'): SigningKey =>
  signingKey(name, new Uint8Array(32).fill(seed));
const [A, B, C] = [key(1), key(2), key(3)];
const checking = ({ seed: _, ...rest }: SigningKey): VerifierKey => rest;
const read = async (before: SigningKey | VerifierKey, to: VerifierKey): Promise<KeyChange> =>
  readKeyChange(await keyChangeBytes(before, to))!;
const [AB, BC, BA, LOST] = [await read(A, B), await read(B, C), await read(B, A), await read(checking(A), B)];
const ids = (keys: readonly VerifierKey[]): string[] =>
  keys.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1));

test('a change says both keys, and whether the old one says so', () => {
  expect(AB).toEqual({ before: checking(A), key: checking(B), isAnnounced: true });
  expect(LOST).toMatchObject({ isAnnounced: false });
  expect(readKeyChange(Buffer.from('{"run":"a"}'))).toBeUndefined();
});

test('a log keeps its name, and another key is another one', async () => {
  await expect(keyChangeBytes(A, key(2, 'other.example/log'))).rejects.toThrow(NoKey);
  await expect(keyChangeBytes(A, A)).rejects.toThrow(NoKey);
});

describe('an announcement that the old key did not make is none', async () => {
  const text = Buffer.from(await keyChangeBytes(A, B)).toString();
  test.each<[string, string]>([
    ['for another key', text.replaceAll(`"key":"${verifierKeyText(B)}"`, `"key":"${verifierKeyText(C)}"`)],
    ['by another key', text.replace(verifierKeyText(A), verifierKeyText(C))],
    ['with a letter changed', text.replace('key-change@v1', 'key-change@v2')],
    ['written otherwise', `${text} `],
    ['of a key that is none', text.replace(verifierKeyText(B), 'none')],
  ])('%s', (_, changed) => {
    expect(() => readKeyChange(Buffer.from(changed))).toThrow(NoEntry);
  });
});

test.each<[string, VerifierKey[], KeyChange[], VerifierKey[], VerifierKey[], number]>([
  ['a key speaks for those that it and they announced', [A], [AB, BC], [A, B, C], [C], 0],
  ['a log signed by a key names those before it', [C], [AB, BC], [A, B, C], [C], 0],
  ['one that was lost speaks for none', [A], [LOST], [A], [], 1],
  ['the next one tells of it all the same', [B], [LOST], [A, B], [B], 0],
  ['whoever knows neither knows none', [C], [AB], [C], [C], 0],
  ['who announces the key of a log as his own next one signs none', [A], [BA], [A, B], [A], 0],
  ['a key may come back', [A], [AB, BA], [A, B], [A], 0],
])('%s', (_, given, changes, known, signers, lost) => {
  const said = knownKeys(given, changes);
  expect(ids(said.keys)).toEqual(ids(known));
  expect(ids(said.signers)).toEqual(ids(signers));
  expect(said.lost).toHaveLength(lost);
});
