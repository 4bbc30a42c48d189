import { writeFileSync } from 'node:fs';
import { signingKey, signingKeyText } from '../index.ts';
import { askGo, type Question } from './go.ts';

/** The key that Go signs the note of the vectors with. */
export const VECTOR_KEY = signingKey('margay.example/log', new Uint8Array(32).fill(1));

const INCLUSION = [
  [1, 0],
  [2, 1],
  [7, 6],
  [8, 3],
  [255, 254],
  [256, 0],
  [257, 256],
  [1_000, 731],
  [66_000, 65_999],
];
const CONSISTENCY = [
  [1, 1],
  [1, 8],
  [3, 7],
  [6, 8],
  [255, 256],
  [256, 1_000],
  [731, 1_000],
  [65_536, 66_000],
];

/** What the vectors ask. */
export const QUESTIONS: readonly Question[] = [
  ...INCLUSION.map(([size, index]) => ({ ask: 'inclusion' as const, size, index })),
  ...CONSISTENCY.map(([older, size]) => ({ ask: 'consistency' as const, older, size })),
  { ask: 'sign', key: signingKeyText(VECTOR_KEY), note: 'margay.example/log\n1\ntext\n' },
];

if (import.meta.main) {
  const vectors = askGo(QUESTIONS).map((answer, i) => ({ question: QUESTIONS[i], answer }));
  const lines = vectors.map((vector) => JSON.stringify(vector));
  writeFileSync(new URL('vectors.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
}
