import { compareTexts } from '@margay/ground';
import { SelectorError } from './error.ts';
import type { Comparison, Expression, Step } from './expression.ts';

const TAB = 9;
const BLANK = 32;
const BANG = 33;
const DOUBLE_QUOTE = 34;
const AMPERSAND = 38;
const SINGLE_QUOTE = 39;
const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const EQUALS = 61;
const OPEN_SET = 123;
const PIPE = 124;
const CLOSE_SET = 125;

/** Labels are compared as they are; only their length is bounded. */
const LONGEST_LABEL = 512;

/** 1 for the characters of a label: `A-Z a-z 0-9 _ . / -`. */
const LABEL_CHARACTER = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-') {
  LABEL_CHARACTER[character.charCodeAt(0)] = 1;
}

const OPERAND = 'a label, has(), all(), global(), "!" or "("';
const OPERATOR = 'an operator: ==, !=, contains, starts with, ends with, in or not in';
const STRING = 'a string in single or double quotes';
const SET = 'a set: {"a", "b"}';

const EVERYTHING: Expression = [{ kind: 'all' }];

/** An open parenthesis: what was complete before it. */
interface Group {
  readonly negated: boolean;
  readonly terms: number;
  readonly alternatives: number;
}

/**
 * Reads a selector into its expression.
 *
 * ```
 * selector  = ws* end                          all()
 *           | or end
 * or        = and   ( "||" and )*
 * and       = unary ( "&&" unary )*
 * unary     = "!"* primary                     an even number of ! cancels out
 * primary   = "(" or ")" | "has(" ws* label ws* ")" | "all(" ws* ")" | "global(" ws* ")" | label test
 * test      = ( "==" | "!=" | "contains" | "starts" ws* "with" | "ends" ws* "with" ) string
 *           | ( "in" | "not" ws* "in" ) "{" [ string { "," string } [ "," ] ] "}"
 * string    = '"' any-but-" * '"' | "'" any-but-' * "'"      no escapes
 * label     = 1..512 of A-Z a-z 0-9 _ . / -
 * ws        = space or tab, nothing else
 * ```
 *
 * Time and memory are linear in the text; nesting needs no stack. Throws `SelectorError`.
 */
export function parseExpression(text: string): Expression {
  const reader = new Reader(text);
  reader.skipBlanks();
  if (reader.position >= text.length) return EVERYTHING;
  return readExpression(reader);
}

function readExpression(reader: Reader): Expression {
  const steps: Step[] = [];
  const groups: Group[] = [];
  let terms = 0;
  let alternatives = 0;
  for (;;) {
    const negated = reader.negations();
    if (reader.take(OPEN)) {
      groups.push({ negated, terms, alternatives });
      terms = 0;
      alternatives = 0;
      continue;
    }
    steps.push(reader.comparison());
    if (negated) steps.push({ kind: 'not' });
    terms++;

    // Behind an operand: close what is complete, until an operator asks for another operand.
    for (;;) {
      reader.skipBlanks();
      if (reader.takeTwice(AMPERSAND)) break;
      if (terms > 1) steps.push({ kind: 'and', count: terms });
      alternatives++;
      terms = 0;
      if (reader.takeTwice(PIPE)) break;
      if (alternatives > 1) steps.push({ kind: 'or', count: alternatives });
      const group = groups.pop();
      if (group === undefined) {
        if (reader.position < reader.text.length) throw reader.error('"&&", "||" or the end');
        return steps;
      }
      if (!reader.take(CLOSE)) throw reader.error('"&&", "||" or ")"');
      if (group.negated) steps.push({ kind: 'not' });
      terms = group.terms + 1;
      alternatives = group.alternatives;
    }
  }
}

/** A place in the text, and the words of the language. */
class Reader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  error(expected: string, position = this.position): SelectorError {
    return new SelectorError(this.text, position, expected);
  }

  skipBlanks(): void {
    for (;;) {
      const character = this.text.charCodeAt(this.position);
      if (character !== BLANK && character !== TAB) return;
      this.position++;
    }
  }

  take(character: number): boolean {
    if (this.text.charCodeAt(this.position) !== character) return false;
    this.position++;
    return true;
  }

  takeTwice(character: number): boolean {
    if (this.text.charCodeAt(this.position) !== character) return false;
    if (this.text.charCodeAt(this.position + 1) !== character) return false;
    this.position += 2;
    return true;
  }

  takeWord(word: string): boolean {
    if (!this.text.startsWith(word, this.position)) return false;
    this.position += word.length;
    return true;
  }

  /** Whether an odd number of `!` stands here. */
  negations(): boolean {
    let negated = false;
    this.skipBlanks();
    while (this.text.charCodeAt(this.position) === BANG) {
      if (this.text.charCodeAt(this.position + 1) === EQUALS) throw this.error(OPERAND);
      negated = !negated;
      this.position++;
      this.skipBlanks();
    }
    return negated;
  }

  comparison(): Comparison {
    const start = this.position;
    const end = this.endOfLabel();
    if (end === start) throw this.error(OPERAND);
    // A function's parenthesis must follow its name directly; otherwise the word is an ordinary label.
    if (this.text.charCodeAt(end) === OPEN) {
      const word = this.text.slice(start, Math.min(end, start + 7));
      if (word === 'has' || word === 'all' || word === 'global') {
        this.position = end + 1;
        return this.functionCall(word);
      }
    }
    return this.test(this.label());
  }

  functionCall(word: 'has' | 'all' | 'global'): Comparison {
    this.skipBlanks();
    const step: Comparison = word === 'has' ? { kind: word, label: this.label() } : { kind: word };
    this.skipBlanks();
    if (!this.take(CLOSE)) throw this.error('")"');
    return step;
  }

  label(): string {
    const start = this.position;
    const end = this.endOfLabel();
    if (end === start) throw this.error('a label');
    if (end - start > LONGEST_LABEL) throw this.error(`a label of at most ${LONGEST_LABEL} characters`);
    this.position = end;
    return this.text.slice(start, end);
  }

  endOfLabel(): number {
    let end = this.position;
    while (LABEL_CHARACTER[this.text.charCodeAt(end)] === 1) end++;
    return end;
  }

  test(label: string): Comparison {
    this.skipBlanks();
    const start = this.position;
    const first = this.text.charCodeAt(start);
    if (first === EQUALS || first === BANG) {
      if (this.text.charCodeAt(start + 1) !== EQUALS) throw this.error(OPERATOR);
      this.position = start + 2;
      return { kind: first === EQUALS ? 'equals' : 'differs', label, value: this.string() };
    }
    if (this.takeWord('contains')) return { kind: 'contains', label, value: this.string(start) };
    if (this.takeWord('starts')) {
      this.secondWord('with', start);
      return { kind: 'startsWith', label, value: this.string(start) };
    }
    if (this.takeWord('ends')) {
      this.secondWord('with', start);
      return { kind: 'endsWith', label, value: this.string(start) };
    }
    if (this.takeWord('not')) {
      this.secondWord('in', start);
      return { kind: 'notIn', label, values: this.set(start) };
    }
    if (this.takeWord('in')) return { kind: 'in', label, values: this.set(start) };
    throw this.error(OPERATOR);
  }

  secondWord(word: string, start: number): void {
    this.skipBlanks();
    if (!this.takeWord(word)) throw this.error(OPERATOR, start);
  }

  /** A word operator that goes on as a label is no operator: the error belongs where the word starts. */
  afterWord(start: number): void {
    if (LABEL_CHARACTER[this.text.charCodeAt(this.position)] === 1) throw this.error(OPERATOR, start);
  }

  string(operatorStart?: number): string {
    if (operatorStart !== undefined) this.afterWord(operatorStart);
    this.skipBlanks();
    const quote = this.text.charCodeAt(this.position);
    if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE) throw this.error(STRING);
    const start = this.position + 1;
    const end = this.text.indexOf(quote === DOUBLE_QUOTE ? '"' : "'", start);
    if (end < 0) throw this.error(`the closing ${quote === DOUBLE_QUOTE ? "'\"'" : `"'"`} of this string`);
    this.position = end + 1;
    return this.text.slice(start, end);
  }

  set(operatorStart: number): readonly string[] {
    this.afterWord(operatorStart);
    this.skipBlanks();
    if (!this.take(OPEN_SET)) throw this.error(SET);
    const values: string[] = [];
    for (;;) {
      this.skipBlanks();
      if (this.take(CLOSE_SET)) return sortedSet(values);
      values.push(this.string());
      this.skipBlanks();
      if (this.take(COMMA)) continue;
      if (!this.take(CLOSE_SET)) throw this.error('"," or "}"');
      return sortedSet(values);
    }
  }
}

function sortedSet(values: string[]): readonly string[] {
  if (values.length < 2) return values;
  return [...new Set(values)].sort(compareTexts);
}
