import { beforeAll, describe, expect, test } from 'vitest';
import {
  consistencyFrom,
  goesOnFrom,
  type Hash,
  includes,
  inclusionFrom,
  leafHash,
  NoteProblem,
  proofText,
  readNote,
  signaturesBy,
  signCheckpoint,
  signingKey,
  signNote,
  tilePath,
  verifierKeyText,
} from './index.ts';
import { askGo, type Answer, type Question, whyNoGo } from './testing/go.ts';
import { entry, logOf } from './testing/log.ts';

const why = whyNoGo();
const KEY = signingKey('margay.example/log', new Uint8Array(32).fill(3));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64 = (hash: Hash): string => Buffer.from(hash).toString('base64');
const below = (limit: number): number => Math.floor(Math.random() * limit);

/** What Go is asked, and what it must say. */
interface Asked {
  readonly question: Question;
  readonly mine: Partial<Answer>;
}

/** A proof as it is, or with one thing wrong in it. */
function perhapsWrong(hashes: readonly Hash[]): Hash[] {
  const at = below(hashes.length + 1);
  switch (below(4)) {
    case 0:
      return hashes.toSpliced(at, 1);
    case 1:
      return hashes.toSpliced(at, 0, new Uint8Array(32));
    default:
      return [...hashes];
  }
}

function inclusions(): Asked[] {
  const size = 1 + below(2_000);
  const index = below(size);
  const log = logOf(size);
  const hashes = inclusionFrom(index, size).compute(log.read);
  const root = base64(log.root);
  const given = perhapsWrong(hashes);
  const at = below(3) === 0 ? below(size) : index;
  return [
    { question: { ask: 'inclusion', size, index }, mine: { root, hashes: hashes.map(base64) } },
    {
      question: {
        ask: 'check inclusion',
        size,
        root,
        index: at,
        hashes: given.map(base64),
        entry: `entry ${index}`,
      },
      mine: { ok: includes(log, at, leafHash(entry(index)), given) },
    },
  ];
}

function consistencies(): Asked[] {
  const size = 1 + below(2_000);
  const older = logOf(1 + below(size));
  const log = logOf(size);
  const hashes = consistencyFrom(older.size, size).compute(log.read);
  const given = perhapsWrong(hashes);
  const [root, olderRoot] = [base64(log.root), base64(older.root)];
  return [
    { question: { ask: 'consistency', size, older: older.size }, mine: { root, hashes: hashes.map(base64) } },
    {
      question: {
        ask: 'check consistency',
        size,
        root,
        older: older.size,
        olderRoot,
        hashes: given.map(base64),
      },
      mine: { ok: goesOnFrom(older, log, given) },
    },
  ];
}

function notes(): Asked[] {
  const note = signNote(`text ${below(1_000)}\n`, KEY);
  const at = below(note.length);
  const changed = below(2) === 0 ? note : note.slice(0, at) + 'A' + note.slice(at + 1);
  return [
    {
      question: { ask: 'open', key: verifierKeyText(KEY), note: changed },
      mine: { ok: isSigned(changed) },
    },
  ];
}

function isSigned(note: string): boolean {
  try {
    return signaturesBy(readNote(bytes(note)), [KEY]).length > 0;
  } catch (error) {
    if (error instanceof NoteProblem) return false;
    throw error;
  }
}

function proofs(): Asked[] {
  const size = 1 + below(1_000);
  const log = logOf(size);
  const index = below(size);
  const hashes = inclusionFrom(index, size).compute(log.read);
  const proof = proofText({ index, hashes, checkpoint: signCheckpoint(log, KEY) });
  const key = verifierKeyText(KEY);
  return [
    { question: { ask: 'check proof', key, note: proof, entry: `entry ${index}` }, mine: { ok: true } },
    { question: { ask: 'check proof', key, note: proof, entry: `entry ${size}` }, mine: { ok: false } },
    {
      question: {
        ask: 'check proof',
        key,
        note: proof.replace(`\n${size}\n`, `\n${size + 1}\n`),
        entry: `entry ${index}`,
      },
      mine: { ok: false },
    },
  ];
}

function paths(): Asked[] {
  const place = { level: below(5), index: below(10 ** below(10)), width: 1 + below(256) };
  const { level: older, index, width: size } = place;
  return [
    { question: { ask: 'path', older, index, size }, mine: { text: tilePath(place).replace('tile/', '') } },
  ];
}

describe.skipIf(why !== undefined)(
  `as golang.org/x/mod does${why === undefined ? '' : `, not asked: ${why}`}`,
  () => {
    const kinds = { inclusions, consistencies, notes, proofs, paths };
    const asked = Object.entries(kinds).map(([kind, make]) => ({
      kind,
      all: why === undefined ? Array.from({ length: 150 }, make).flat() : [],
    }));
    let answers: Answer[] = [];
    beforeAll(() => {
      answers = askGo(asked.flatMap(({ all }) => all.map(({ question }) => question)));
    });

    test.each(asked)('$kind', ({ kind, all }) => {
      const before = asked.slice(
        0,
        asked.findIndex((each) => each.kind === kind),
      );
      const first = before.reduce((sum, each) => sum + each.all.length, 0);
      for (const [i, { question, mine }] of all.entries())
        expect({ question, answer: answers[first + i] }).toMatchObject({ question, answer: mine });
    });
  },
);
