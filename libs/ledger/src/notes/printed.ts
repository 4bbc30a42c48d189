import { utf8ToBytes } from '@noble/hashes/utils.js';
import { readCheckpoint } from './checkpoint.ts';
import { NoteProblem, readNote } from './note.ts';

/** What is printed with a report, and stands in its QR code: where it is in the log, and the log's signed head. Nobody signs the former. */
export interface PrintedPlace {
  /** The id of the run. */
  readonly run: string;
  /** The report's own digest. */
  readonly digest: string;
  /** Of the entry about it, from 0 on. */
  readonly index: number;
  /** The signed note. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'margay.io/printed-checkpoint@v1';

/** The text that is printed: three lines about the report, an empty one, the checkpoint as it is. */
export const printedText = ({ run, digest, index, checkpoint }: PrintedPlace): string =>
  `${FIRST_LINE}\nrun ${run}\ndigest ${digest}\nentry ${index}\n\n${checkpoint}`;

/** Whether a text begins as one that was printed, whatever became of its lines. */
export const isPrinted = (text: string): boolean => text.trimStart().startsWith(FIRST_LINE);

/**
 * What was printed, as somebody typed, pasted or scanned it: lines may be broken elsewhere, and dashes be others. What is signed is put
 * together again, so that nothing else than what was signed can pass.
 *
 * @throws NoteProblem where something of it is missing.
 */
export function readPrinted(text: string): PrintedPlace {
  const words = wordsIn(text);
  if (words.shift() !== FIRST_LINE)
    throw new NoteProblem(`it does not begin with ${FIRST_LINE}, as what is printed does`);
  const named = (name: string): string => {
    const [is, value] = words.splice(0, 2);
    if (is !== name || value === undefined) throw new NoteProblem(`it does not say which ${name} it is of`);
    return value;
  };
  const [run, digest, index] = [named('run'), named('digest'), named('entry')];
  if (!/^(0|[1-9][0-9]{0,15})$/.test(index)) throw new NoteProblem(`its entry is no number`);
  return { run, digest, index: Number(index), checkpoint: checkpointOf(words) };
}

/** A checkpoint put together again of its words. @throws NoteProblem */
function checkpointOf(words: readonly string[]): string {
  const [head, ...signatures] = splitAt(words, (word) => DASHES.has(word));
  if (head?.length !== 3) throw new NoteProblem('the head of the log must be an origin, a size and a hash');
  const lines = signatures.map(([name = '', ...pieces]) => `\u2014 ${name} ${wholeOf(pieces)}\n`);
  const checkpoint = `${head.join('\n')}\n\n${lines.join('')}`;
  readNote(utf8ToBytes(checkpoint));
  return checkpoint;
}

/** Whether a text is a checkpoint, whatever became of its lines on the way: three words, and behind them who signed. */
export const looksLikeCheckpoint = (text: string): boolean => {
  const dash = wordsIn(text).findIndex((word) => DASHES.has(word));
  return dash === 3;
};

/**
 * A checkpoint as its log signed it, of what came by mail or out of an editor: with other ends of lines, spaces or empty lines. None of these
 * means anything in it, and nothing else than what was signed can pass.
 *
 * @throws NoteProblem where something of it is missing.
 */
export function mendedCheckpoint(text: string): string {
  try {
    readCheckpoint(utf8ToBytes(text), []);
    return text;
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    return checkpointOf(wordsIn(text));
  }
}

const wordsIn = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** A signature of which lines are broken. All that there are end with an equals sign: what follows is of the page. */
const wholeOf = (pieces: readonly string[]): string =>
  /^[^=]*(= ?=?)?/.exec(pieces.join(' '))![0].replaceAll(' ', '');

/** What stands for the dash before a signature. */
const DASHES: ReadonlySet<string> = new Set(['\u2014', '\u2013', '-', '--']);

function splitAt(words: readonly string[], isBetween: (word: string) => boolean): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (isBetween(word)) parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts;
}
