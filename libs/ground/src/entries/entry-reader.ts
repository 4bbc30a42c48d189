import { isFields, type Fields } from '../fields.ts';
import { parseInstant, type Instant } from '../instant.ts';
import type { Bare, Entry, TextProblem } from './entry.ts';
import { decodedText } from './coded-text.ts';
import { jsonOf } from './json-text.ts';
import { OpenValue, type BrokenList, type LogLine, type Part } from './open-value.ts';
import { Unshown } from './unshown.ts';
import { ENTRIES_MAX, tooMany, unwrapped, type Unwrapping } from './unwrap.ts';

/** A line of a log as it was read. */
export interface RawLine extends LogLine {
  /** Set, with an empty text, when the line was too long to be kept: its length in bytes. */
  readonly tooLong?: number;
}

interface Line extends LogLine {
  /** How often it was taken for the beginning of a value that turned out to be none. */
  readonly tries: number;
}

/** A line that a container runtime cut in pieces, as far as it has come. */
interface Pieces {
  readonly line: number;
  readonly texts: string[];
  readonly at?: Instant;
  size: number;
}

/** A line that two values began in that both broke off begins none any more: so nothing is looked at without end. */
const TRIES_MAX = 2;
/** A list is handed on in parts from this size on; what cannot be handed on may grow to the other. Characters. */
const LIST_SIZE_MAX = 8 * 1024 * 1024;
const VALUE_SIZE_MAX = 256 * 1024 * 1024;
/** A line in pieces is given up at this size, and when so many entries came since it began. */
const PIECES_SIZE_MAX = 16 * 1024 * 1024;
const WAITING_MAX = 256;
/** What may stand before the JSON in a line, as the time and the host in a syslog. */
const PREAMBLE_SIZE_MAX = 512;

/** What container runtimes put before each line, `P` where the line goes on in the next: Kubernetes, “CRI container log format”. */
const CRI = /^(\S+) (stdout|stderr) ([PF])(?::\S*)? /;
/** Where in a line JSON may begin behind something else. */
const BEGINNING = /(?<![\w"'\\,[{])\{/g;
/** What `kubectl logs --prefix` puts before each line. */
const PREFIX = /^\[[a-z][\w./-]*\] /;
/** What else stands in the same output: the API server's own log, and the fields that journald writes beside a message. */
const OTHER_LOG = /^([IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.-]+:\d+\] |_{1,2}[A-Z][A-Z0-9_]*=)/;
/** What belongs to a value over several lines, and is none by itself. */
const DEBRIS = /^[\s"}\],]/;
const ONLY_CLOSES = /^[\]},\s]*$/;

/**
 * Reads a log line by line: one JSON value a line, values over several lines, several in one line, and all of these in envelopes.
 * How the log was cut into the calls of `take` changes nothing.
 *
 * Entries come in the order in which they begin. Never throws: what is no JSON is an entry too, and what follows it is read
 * whatever it was.
 */
export class EntryReader {
  readonly #bare: Bare;
  readonly #depth: number;
  #open: OpenValue<Line> | undefined;
  /** Behind a value that broke off: lines that belong to it, until one that begins something. */
  #debris: { readonly list: BrokenList | undefined } | undefined;
  /** Whether any value broke off, so that brackets may be left over. */
  #broke = false;
  #pieces = new Map<string, Pieces>();
  #waiting: Entry[] = [];
  #found: Entry[] = [];

  /** @param depth envelopes that the log itself is in. */
  constructor(bare: Bare, depth = 0) {
    this.#bare = bare;
    this.#depth = depth;
  }

  /** Takes the next line, and gives the entries that are whole now and that nothing goes before which is not. */
  take({ text, number, tooLong }: RawLine): Entry[] {
    if (tooLong === undefined) this.#line({ text, number, tries: 0 });
    else {
      this.#breakOff();
      this.#tooLong(number, `A line of ${tooLong.toLocaleString('en')} bytes`, 'bytes');
    }
    return this.#ready();
  }

  /** What is still open when nothing follows. */
  end(): Entry[] {
    while (this.#open !== undefined) this.#breakOff();
    this.#debris = undefined;
    for (const key of this.#pieces.keys()) this.#join(key);
    return this.#ready();
  }

  /** False while something that has begun waits for its rest: reading can only be taken up again where it is true. */
  get settled(): boolean {
    return this.#open === undefined && this.#pieces.size === 0;
  }

  #ready(): Entry[] {
    const found = this.#found;
    this.#found = [];
    if (this.#pieces.size > 0) {
      this.#waiting.push(...found);
      if (this.#waiting.length <= WAITING_MAX) return [];
      for (const key of this.#pieces.keys()) this.#join(key);
      return this.#ready();
    }
    const all = this.#waiting.length === 0 ? found : [...this.#waiting, ...found];
    this.#waiting = [];
    return all.length < 2 ? all : all.sort((a, b) => a.line - b.line);
  }

  #line(line: Line): void {
    let rest = this.#open === undefined ? this.#beginning(line) : this.#goOn(line);
    while (rest !== undefined) {
      // Behind a value there is rarely only one more: it is not tried whether the rest is one.
      rest = /^[{[]/.test(rest.text) ? this.#opened(rest) : this.#beginning(rest);
    }
  }

  /** What a line says that nothing is open at; gives what stands behind a value in it. */
  #beginning(line: Line): Line | undefined {
    // Also of a byte-order mark, which stands where files were begun or put together.
    const text = line.text.trim();
    if (text === '') return undefined;
    const read = jsonOf(text);
    if ('value' in read) {
      this.#debris = undefined;
      if (!isFields(read.value) || !this.#isPiece(read.value, line.number))
        this.#found.push(...unwrapped(read.value, this.#placeOf(line.number)));
      return undefined;
    }
    if (this.#debris !== undefined && DEBRIS.test(line.text)) return this.#resumed(line);
    if (this.#broke && ONLY_CLOSES.test(text)) return undefined;
    this.#debris = undefined;
    return /^[{[]/.test(text) && !PREFIX.test(text) && line.tries < TRIES_MAX
      ? this.#opened({ ...line, text })
      : this.#text({ ...line, text }, read.problem);
  }

  #opened(line: Line, list?: BrokenList): Line | undefined {
    this.#open = new OpenValue(line.number, list);
    return this.#goOn(line);
  }

  /** Goes on in a list behind an element that is broken, where the line begins another one. */
  #resumed(line: Line): Line | undefined {
    const list = this.#debris?.list;
    const indent = line.text.search(/\S/);
    const begins = list?.indent === indent && '{['.includes(line.text[indent]!) && line.tries < TRIES_MAX;
    return begins ? this.#opened(line, list) : undefined;
  }

  #goOn(line: Line): Line | undefined {
    const open = this.#open!;
    const scanned = open.take(line);
    if (scanned.kind === 'whole') {
      this.#open = undefined;
      this.#debris = undefined;
      this.#parts(open.parts());
      const rest = line.text.slice(scanned.at).replace(/^[\s,]+/, '');
      return rest === '' ? undefined : { ...line, text: rest };
    }
    if (scanned.kind === 'broken') this.#breakOff(line);
    else if (open.size > LIST_SIZE_MAX) {
      this.#parts(open.elements());
      if (open.size > VALUE_SIZE_MAX) {
        this.#open = undefined;
        this.#debris = { list: undefined };
        this.#broke = true;
        this.#tooLong(open.line, 'A JSON value over several lines', 'characters');
      }
    }
    return undefined;
  }

  /**
   * Gives up the value that is open. Its lines are looked at again, each by itself: the first may be cut off, and the ones
   * behind it whole.
   *
   * @param at the line that cannot belong to it; undefined where nothing follows.
   */
  #breakOff(at?: Line): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#broke = true;
    this.#parts(open.elements());
    const lines = open.since.filter(({ text }) => !/^[\s,]*$/.test(text));
    // Where an element ended before the line, only what is around it broke off.
    const first = lines[0] === at && at?.number !== open.line ? undefined : lines.shift();
    const isCut = first !== undefined && lines.every((line) => line === at);
    const read = isCut ? jsonOf(first.text) : undefined;
    const problem =
      read !== undefined && 'problem' in read
        ? read.problem
        : at === undefined
          ? 'a JSON value over several lines breaks off at the end'
          : (`a JSON value over several lines breaks off in line ${at.number}` as const);
    this.#textEntry(first?.number ?? open.line, first?.text ?? '', problem);
    if (!isCut || open.list !== undefined) this.#debris = { list: open.list };
    for (const line of lines) this.#line({ ...line, tries: line.tries + 1 });
  }

  /** What a line says that does not begin as JSON does. */
  #text(line: Line, problem: TextProblem): Line | undefined {
    const { text, number } = line;
    const nothing = /^\0+(?=[{[])/.exec(text)?.[0].length ?? 0;
    if (nothing > 0) {
      this.#textEntry(
        number,
        '',
        `${nothing} NUL bytes, which stand where a file system lost what was written before a crash`,
      );
      return { ...line, text: text.slice(nothing) };
    }
    const runtime = CRI.exec(text);
    if (runtime !== null) {
      const [preamble, time, stream, more] = runtime;
      this.#piece(`cri ${stream}`, text.slice(preamble.length), number, more === 'F', parseInstant(time));
      return undefined;
    }
    // A preamble may have braces of its own, as labels in what `logcli` prints.
    for (const { index: begin } of text.slice(0, PREAMBLE_SIZE_MAX + 1).matchAll(BEGINNING)) {
      const read = jsonOf(text.slice(begin));
      if ('problem' in read) continue;
      this.#found.push(...unwrapped(read.value, this.#placeOf(number)));
      return undefined;
    }
    if (OTHER_LOG.test(text)) {
      this.#found.push({ kind: 'elsewhere', line: number });
      return undefined;
    }
    const decoded = decodedText(text);
    if (decoded !== undefined) {
      this.#found.push(...readText(decoded, { ...this.#placeOf(number), depth: this.#depth + 1 }));
      return undefined;
    }
    this.#textEntry(number, text, problem);
    return undefined;
  }

  /** Whether a value is a line in Docker’s envelope that goes on in the next one; then it is kept. */
  #isPiece({ log, stream, time }: Fields, line: number): boolean {
    if (typeof log !== 'string' || typeof stream !== 'string') return false;
    const key = `docker ${stream}`;
    const begun = this.#pieces.get(key);
    const isLast = log.endsWith('\n');
    if (begun === undefined && (isLast || !log.startsWith('{'))) return false;
    if ('value' in jsonOf(log)) {
      this.#join(key);
      return false;
    }
    const all = begun === undefined ? '' : begun.texts.join('') + log;
    this.#piece(key, log, line, isLast || (all.endsWith('}') && 'value' in jsonOf(all)), parseInstant(time));
    return true;
  }

  #piece(key: string, text: string, line: number, isLast: boolean, at: Instant | undefined): void {
    const pieces = this.#pieces.get(key) ?? { line, texts: [], size: 0, ...(at !== undefined && { at }) };
    this.#pieces.set(key, pieces);
    pieces.texts.push(text);
    pieces.size += text.length;
    if (isLast || pieces.size > PIECES_SIZE_MAX) this.#join(key);
  }

  #join(key: string): void {
    const pieces = this.#pieces.get(key);
    if (pieces === undefined) return;
    this.#pieces.delete(key);
    const { line, texts, at } = pieces;
    this.#found.push(
      ...readText(texts.join(''), {
        ...this.#placeOf(line),
        depth: this.#depth + 1,
        ...(at !== undefined && { at }),
      }),
    );
  }

  #parts(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.kind === 'value') this.#found.push(...unwrapped(part.value, this.#placeOf(part.line)));
      else this.#textEntry(part.line, part.text, 'what stands between its brackets is no JSON');
    }
  }

  #textEntry(line: number, text: string, problem: TextProblem): void {
    this.#found.push({
      kind: 'text',
      line,
      text: new Unshown(text),
      problem,
      enveloped: this.#depth > 0,
    });
  }

  #tooLong(line: number, what: string, unit: 'bytes' | 'characters'): void {
    const message = `${what} is longer than the limit of ${VALUE_SIZE_MAX.toLocaleString('en')} ${unit}.`;
    this.#found.push({ kind: 'unread', reason: 'too-long', line, message });
  }

  #placeOf(line: number): Unwrapping {
    return { bare: this.#bare, line, depth: this.#depth, readText };
  }
}

/** The entries in a text of any number of lines. */
export function entriesIn(text: string, bare: Bare): Entry[] {
  const place = { bare, line: 1, depth: 0, readText };
  const lineBreak = text.indexOf('\n');
  // Most texts are one value in one line, which needs no reader.
  const read = lineBreak < 0 || lineBreak === text.length - 1 ? jsonOf(text.trim()) : undefined;
  return read !== undefined && 'value' in read ? unwrapped(read.value, place) : linesOf(text, place);
}

/** What a text in an envelope says, all of it in the envelope's line. */
function readText(packed: string, place: Unwrapping): Entry[] {
  const text = decodedText(packed) ?? packed;
  const read = jsonOf(text.trim());
  if ('value' in read) return unwrapped(read.value, place);
  const { line, at } = place;
  return linesOf(text, place).map((entry) => ({ ...(at !== undefined && { at }), ...entry, line }));
}

function linesOf(text: string, { bare, depth }: Unwrapping): Entry[] {
  const reader = new EntryReader(bare, depth);
  const entries: Entry[] = [];
  for (const [i, each] of text.split('\n').entries()) {
    for (const entry of reader.take({ text: each, number: i + 1 })) entries.push(entry);
    if (entries.length > ENTRIES_MAX) return [...entries, tooMany(i + 1)];
  }
  entries.push(...reader.end());
  return entries;
}
