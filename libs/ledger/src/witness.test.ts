import { expect, test } from 'vitest';
import {
  addCheckpointText,
  consistencyFrom,
  signCheckpoint,
  signingKey,
  type TreeHead,
  NoKey,
  watchedLogs,
  witness,
} from './index.ts';
import { entries, logOf, MemoryLog } from './testing/log.ts';

const KEY = signingKey('margay.example/log', new Uint8Array(32).fill(1));
const STRANGER = signingKey('margay.example/log', new Uint8Array(32).fill(2));
const OTHER = signingKey('other.example/log', new Uint8Array(32).fill(3));
const [FIVE, NINE] = [logOf(5), logOf(9)];
const WATCHED = watchedLogs([KEY]);
/** Another history, from entry 3 on. */
const FORK = new MemoryLog().append([...entries(3), ...entries(6)]);

function asked(old: number, log: MemoryLog, last?: TreeHead, { key = KEY, proof = old } = {}) {
  const hashes = proof > 0 && proof < log.size ? consistencyFrom(proof, log.size).compute(log.read) : [];
  const text = addCheckpointText({ old, proof: hashes, checkpoint: signCheckpoint(log, key) });
  return witness(new TextEncoder().encode(text), WATCHED, () => last);
}

test.each([
  ['the first checkpoint that it sees', asked(0, FIVE)],
  ['one that goes on from the last', asked(5, NINE, FIVE)],
  ['the last one once more', asked(9, NINE, NINE)],
])('a witness cosigns %s', (_, said) => {
  expect(said).toMatchObject({ status: 200, origin: 'margay.example/log' });
});

test.each<[string, ReturnType<typeof witness>, number, RegExp]>([
  [
    'of another installation',
    asked(0, FIVE, undefined, { key: OTHER }),
    404,
    /other\.example\/log is not watched/,
  ],
  ['signed by a stranger', asked(0, FIVE, undefined, { key: STRANGER }), 403, /did not sign it/],
  ['older than the old size', asked(9, FIVE, FIVE), 400, /greater/],
  [
    'that goes on from another size than it saw',
    asked(0, NINE, FIVE),
    409,
    /last size that was seen here is 5/,
  ],
  ['of a log that was cut', asked(5, FIVE, NINE), 409, /is 9/],
  ['of a fork of the same size', asked(9, FORK, NINE), 409, /forked/],
  ['of a fork that goes on', asked(5, FORK, FIVE), 422, /not shown to go on/],
  ['with the proof of another size', asked(5, NINE, FIVE, { proof: 4 }), 422, /not shown to go on/],
  ['that is none', witness(Buffer.from('old 5\n\nx\n'), WATCHED, () => undefined), 400, /./],
  ['without an old size', witness(Buffer.from('5\n\nx\n'), WATCHED, () => undefined), 400, /old size/],
])('a witness does not cosign a checkpoint %s', (_, said, status, words) => {
  expect(said.status).toBe(status);
  expect(said.status === 200 ? '' : said.why).toMatch(words);
});

test('who asked with another size than was seen is told that one', () => {
  expect(asked(0, NINE, FIVE)).toMatchObject({ status: 409, size: 5 });
});

test.each<[string, Parameters<typeof watchedLogs>[0], RegExp]>([
  ['two keys of one log, of which one signs no more', [KEY, OTHER, STRANGER], /are keys of one log/],
  [
    'the key of a witness',
    [signingKey('witness.example/w', new Uint8Array(32).fill(4), 'witness')],
    /is the key of a witness/,
  ],
])('a witness cannot watch %s', (_, keys, words) => {
  expect(() => watchedLogs(keys)).toThrow(NoKey);
  expect(() => watchedLogs(keys)).toThrow(words);
});

test('a witness watches each log by its key, however often that is given', () => {
  expect([...watchedLogs([KEY, OTHER, KEY]).keys()]).toEqual([KEY.name, OTHER.name]);
});
