import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { consistencyFrom, inclusionFrom, signNote } from './index.ts';
import { entry, logOf, MemoryLog } from './testing/log.ts';
import type { Answer } from './testing/go.ts';
import { VECTOR_KEY } from './testing/write-vectors.ts';

interface Vector {
  readonly question: {
    readonly ask: string;
    readonly size?: number;
    readonly index?: number;
    readonly older?: number;
    readonly note?: string;
  };
  readonly answer: Answer;
}

const vectors = JSON.parse(
  readFileSync(new URL('testing/vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];

/** Recorded by `npm run vectors -w @margay/ledger`. */
test('proofs and notes are, byte for byte, those that golang.org/x/mod made', () => {
  const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString('base64');
  const log = new MemoryLog();
  const grownTo = (size: number) =>
    log.append(Array.from({ length: size - log.size }, (_, i) => entry(log.size + i)));
  const bySize = vectors.toSorted((a, b) => (a.question.size ?? 0) - (b.question.size ?? 0));
  for (const { question, answer } of bySize) {
    const { ask, size = 0, index = 0, older = 0, note = '' } = question;
    if (ask === 'sign') {
      expect(signNote(note, VECTOR_KEY)).toBe(answer.text);
      continue;
    }
    const { root, read } = size < log.size ? logOf(size) : grownTo(size);
    const proof = ask === 'inclusion' ? inclusionFrom(index, size) : consistencyFrom(older, size);
    expect({ root: base64(root), hashes: proof.compute(read).map(base64) }).toEqual({
      root: answer.root,
      hashes: answer.hashes,
    });
  }
});
