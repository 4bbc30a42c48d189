/** What a scanner tells of what it passes. Places are indices in the line that is being scanned. */
export interface ScanVisitor {
  /** A value begins, `depth` containers deep: 0 for the outermost. */
  begin?(at: number, depth: number): void;
  /** A value ends before `at`. */
  end?(at: number, depth: number): void;
  comma?(at: number, depth: number): void;
  /** The name of a field, as it is written. */
  name?(name: string, depth: number): void;
}

/** How far a line brought a value: it goes on in the next line, or it ends before `at`, or what stands at `at` cannot stand there. */
export type Scanned = { readonly kind: 'open' } | { readonly kind: 'whole' | 'broken'; readonly at: number };

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end';

const SCALAR = /[-+.\w]+/y;
const BLANKS: ReadonlySet<number> = new Set([32, 9, 10, 13]);

/**
 * Finds where a JSON value ends that may go on over many lines, without keeping any of it: neither a text nor a number can
 * hold a line break. What it lets pass need not be JSON to the last letter: whoever parses it finds out.
 */
export class JsonScanner {
  readonly #visitor: ScanVisitor;
  readonly #containers: string[] = [];
  #expected: Expected = 'value';

  constructor(visitor: ScanVisitor = {}) {
    this.#visitor = visitor;
  }

  /** Scans a line from a place on. Not to be called again once the value is whole or broken. */
  scan(line: string, from: number): Scanned {
    for (let at = pastBlanks(line, from); at < line.length; at = pastBlanks(line, at)) {
      const next = this.#token(line, at);
      if (next === undefined) return { kind: 'broken', at };
      at = next;
      if (this.#containers.length === 0) return { kind: 'whole', at };
    }
    return { kind: 'open' };
  }

  /** Passes what begins at a place, and gives the place behind it; undefined where it cannot stand there. */
  #token(line: string, at: number): number | undefined {
    const depth = this.#containers.length;
    const character = line[at]!;
    switch (character) {
      case '{':
      case '[':
        if (!this.#expectsValue()) return undefined;
        this.#visitor.begin?.(at, depth);
        this.#containers.push(character);
        this.#expected = character === '{' ? 'name or end' : 'value or end';
        return at + 1;
      case '}':
      case ']':
        return this.#closes(character) ? this.#ended(at + 1, depth - 1) : undefined;
      case ',':
        if (this.#expected !== 'comma or end') return undefined;
        this.#visitor.comma?.(at, depth);
        this.#expected = this.#containers.at(-1) === '{' ? 'name' : 'value';
        return at + 1;
      case ':':
        if (this.#expected !== 'colon') return undefined;
        this.#expected = 'value';
        return at + 1;
      case '"':
        return this.#text(line, at, depth);
      default:
        return this.#scalar(line, at, depth);
    }
  }

  #text(line: string, at: number, depth: number): number | undefined {
    const end = endOfText(line, at + 1);
    if (end === undefined) return undefined;
    if (this.#expected === 'name' || this.#expected === 'name or end') {
      this.#visitor.name?.(line.slice(at + 1, end - 1), depth);
      this.#expected = 'colon';
      return end;
    }
    if (!this.#expectsValue()) return undefined;
    this.#visitor.begin?.(at, depth);
    return this.#ended(end, depth);
  }

  #scalar(line: string, at: number, depth: number): number | undefined {
    SCALAR.lastIndex = at;
    if (!this.#expectsValue() || !SCALAR.test(line)) return undefined;
    const end = SCALAR.lastIndex;
    this.#visitor.begin?.(at, depth);
    return this.#ended(end, depth);
  }

  #expectsValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'value or end';
  }

  #closes(bracket: string): boolean {
    const [opening, empty] = bracket === '}' ? ['{', 'name or end'] : ['[', 'value or end'];
    if (this.#containers.at(-1) !== opening) return false;
    if (this.#expected !== 'comma or end' && this.#expected !== empty) return false;
    this.#containers.pop();
    return true;
  }

  #ended(at: number, depth: number): number {
    this.#visitor.end?.(at, depth);
    this.#expected = 'comma or end';
    return at;
  }
}

function pastBlanks(line: string, from: number): number {
  let at = from;
  while (BLANKS.has(line.charCodeAt(at))) at++;
  return at;
}

/** The place behind the quote that ends a text; undefined where none does. */
function endOfText(line: string, from: number): number | undefined {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    let escapes = 0;
    while (line[at - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return undefined;
}
