import { describe, expect, test } from 'vitest';
import {
  type KeyChange,
  keyChangeBytes,
  keysOfEntry,
  knownKeys,
  NoEntry,
  NoKey,
  readKeyChange,
  signersAt,
  signNote,
  type SigningKey,
  signingKey,
  type VerifierKey,
  verifierKeyText,
} from './index.ts';

const key = (seed: number, name = 'margay.example/log'): SigningKey =>
  signingKey(name, new Uint8Array(32).fill(seed));
const [A, B, C] = [key(1), key(2), key(3)];
const checking = ({ seed: _, ...rest }: SigningKey): VerifierKey => rest;
const PLACE = 2;
const root = new Uint8Array(32).fill(7);
const read = async (before: SigningKey | VerifierKey, to: VerifierKey, at = PLACE): Promise<KeyChange> =>
  readKeyChange(await keyChangeBytes(before, to, { size: at, root }), at)!;
const [AB, BC, BA, LOST] = [await read(A, B), await read(B, C), await read(B, A), await read(checking(A), B)];
const [AC, LOST_B] = [await read(A, C), await read(checking(B), A)];
const ids = (keys: readonly VerifierKey[]): string[] =>
  keys.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1));

test('a change says both keys, and whether the old one says so', () => {
  expect(AB).toEqual({ before: checking(A), key: checking(B), isAnnounced: true, isPlaced: true, root });
  // Nobody signs what is said of one that was lost.
  expect(LOST.root).toBeUndefined();
  expect(LOST).toMatchObject({ isAnnounced: false });
  expect(readKeyChange(Buffer.from('{"run":"a"}'), 0)).toBeUndefined();
});

/** What an entry was before it said its number. */
const unplaced = (): Uint8Array => {
  const [before, to] = [verifierKeyText(A), verifierKeyText(B)];
  const announcement = signNote(`margay.io/key-change@v1\n${before}\n${to}\n`, A);
  return Buffer.from(JSON.stringify({ keyChange: { announcement, before, key: to } }));
};

test('an entry that says its number is none at another place; one of before counts once', async () => {
  for (const before of [A, checking(A)]) {
    const bytes = await keyChangeBytes(before, B, { size: 7, root });
    expect(readKeyChange(bytes, 7)).toMatchObject({ isPlaced: true });
    expect(() => readKeyChange(bytes, 8)).toThrow(
      'it tells of another key as entry 7 of its log, and is entry 8',
    );
  }
  const old = (number: number) => ({ number, change: readKeyChange(unplaced(), number)! });
  expect(old(3).change).toEqual({
    before: checking(A),
    key: checking(B),
    isAnnounced: true,
    isPlaced: false,
  });
  const back = { number: 5, change: await read(B, A, 5) };
  expect(ids(signersAt([A], [old(3), back], 9))).toEqual(ids([A]));
  expect(ids(signersAt([A], [old(3), back, old(8)], 9))).toEqual(ids([A]));
  expect(ids(knownKeys([A], [old(3), back, old(8)]).signers)).toEqual(ids([A]));
});

test('a log keeps its name, and another key is another one', async () => {
  await expect(keyChangeBytes(A, key(2, 'other.example/log'), { size: 1, root })).rejects.toThrow(NoKey);
  await expect(keyChangeBytes(A, A, { size: 1, root })).rejects.toThrow(NoKey);
});

describe('an announcement that the old key did not make is none', async () => {
  const text = Buffer.from(await keyChangeBytes(A, B, { size: PLACE, root })).toString();
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  test.each<[string, string]>([
    ['for another key', text.replaceAll(`"key":"${verifierKeyText(B)}"`, `"key":"${verifierKeyText(C)}"`)],
    ['by another key', text.replace(verifierKeyText(A), verifierKeyText(C))],
    ['with a letter changed', text.replace('key-change@v3', 'key-change@v2')],
    ['for another place', text.replace('"number":2', '"number":3')],
    ['of another log', text.replaceAll(base64(root), base64(root.with(0, 8)))],
    [
      'of another log than is said beside it',
      text.replace(`"${base64(root)}"`, `"${base64(root.with(0, 8))}"`),
    ],
    ['of a root that is none', text.replaceAll(base64(root), 'AA==')],
    ['of no log', text.replace(`,"root":"${base64(root)}"`, '')],
    ['written otherwise', `${text} `],
    ['of a key that is none', text.replace(verifierKeyText(B), 'none')],
  ])('%s', (_, changed) => {
    expect(() => readKeyChange(Buffer.from(changed), changed.includes('"number":3') ? 3 : PLACE)).toThrow(
      NoEntry,
    );
  });
});

test.each<[string, VerifierKey[], KeyChange[], VerifierKey[], VerifierKey[], number]>([
  ['a key speaks for those that it and they announced', [A], [AB, BC], [A, B, C], [C], 0],
  ['a log signed by a key names those before it', [C], [AB, BC], [A, B, C], [C], 0],
  ['one that was lost speaks for none', [A], [LOST], [A], [], 1],
  ['the next one tells of it all the same', [B], [LOST], [A, B], [B], 0],
  ['whoever knows neither knows none', [C], [AB], [C], [C], 0],
  ['who announces the key of a log as his own next one signs none', [A], [BA], [A, B], [A], 0],
  ['a former key announces nobody', [A], [AB, AC], [A, B], [B], 0],
  ['a former key comes back by no loss that nobody announced', [A, B], [AB, LOST_B], [A, B], [], 0],
  ['a key may come back', [A], [AB, BA], [A, B], [A], 0],
  ['and go again', [A], [AB, BA, AB], [A, B], [B], 0],
  ['whichever was given', [B], [AB, BA, AB], [A, B], [B], 0],
])('%s', (_, given, changes, known, signers, lost) => {
  const placed = changes.map((change, number) => ({ number, change }));
  const said = knownKeys(given, placed);
  expect(ids(said.keys)).toEqual(ids(known));
  expect(ids(said.signers)).toEqual(ids(signers));
  expect(said.lost).toHaveLength(lost);
});

describe('of a log whose key A announced B after two entries, and B announced C after five', () => {
  const placed = async (number: number, before: SigningKey | VerifierKey, to: VerifierKey) => ({
    number,
    change: await read(before, to, number),
  });
  const changes = async () => [await placed(5, B, C), await placed(2, A, B)];

  test.each<[string, VerifierKey[], number, VerifierKey[]]>([
    ['a key signs until its log says which is next', [A], 2, [A]],
    ['the next one signs from the entry on that says so', [A], 3, [B]],
    ['and so on', [A], 6, [C]],
    ['what a key says when another followed it says nothing', [A], 9, [C]],
    ['the key that was given signs whenever', [C], 1, [C]],
    ['one that was given beside the one before it signs alone once that one is followed', [A, B], 3, [B]],
  ])('%s', async (_, given, size, signers) => {
    const all = [...(await changes()), await placed(7, A, key(9))];
    expect(ids(signersAt(given, all, size))).toEqual(ids(signers));
  });

  test('a key that was lost is followed by one that was given, and by no other', async () => {
    const lost = [await placed(2, checking(A), B)];
    expect(ids(signersAt([A], lost, 3))).toEqual([]);
    expect(ids(signersAt([A, B], lost, 3))).toEqual(ids([B]));
  });

  test.each<[number, VerifierKey[], VerifierKey[]]>([
    [1, [A], [A]],
    [1, [C], [A, C]],
    [4, [C], [B, C]],
    [6, [A], [C]],
    [1, [B], [A, B]],
  ])('entry %i is known by whoever knows %j', async (number, given, keys) => {
    expect(ids(keysOfEntry(given, await changes(), number))).toEqual(ids(keys));
  });
});
