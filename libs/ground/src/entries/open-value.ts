import { isFields } from '../fields.ts';
import { LIST_FIELDS } from './envelopes.ts';
import { JsonScanner, type Scanned } from './json-scanner.ts';
import { jsonOf } from './json-text.ts';

/** A line of a log, without its break. */
export interface LogLine {
  readonly text: string;
  readonly number: number;
}

/** A value that was found in lines, and the line in which it begins; a text where what stands there is no JSON. */
export type Part =
  | { readonly kind: 'value'; readonly value: unknown; readonly line: number }
  | { readonly kind: 'text'; readonly text: string; readonly line: number };

/** The list in which a value stood when it broke: what is needed to go on in it. */
export interface BrokenList {
  readonly prefix: string;
  /** How far its elements are indented. */
  readonly indent: number;
}

/**
 * One JSON value that goes on over several lines. Where it is, or holds in a field that envelopes have, a list, the list is taken
 * apart as it comes: its elements keep the lines that they begin in, and a list of any length can be handed on in parts.
 */
export class OpenValue<Line extends LogLine> {
  /** The line that it begins in. */
  readonly line: number;
  /** Lines since the last element of the list that is whole, or since the beginning. */
  since: Line[] = [];
  readonly #scanner: JsonScanner;
  #current: Line | undefined;
  /** Where in the current line is what was not put anywhere yet. */
  #from = 0;
  #frame: string[] = [];
  /** The outermost field that is being passed. */
  #field = '';
  /** The field whose list is taken apart; empty where the value itself is a list. */
  #listField: string | undefined;
  #listDepth = Infinity;
  /** What stands before the list's first element. */
  #prefix = '';
  #indent = -1;
  #element: { readonly line: number; readonly texts: string[] } | undefined;
  #whole: { readonly line: number; readonly text: string }[] = [];
  /** Characters that are kept. */
  #size = 0;

  /** @param within the list that it goes on in. */
  constructor(line: number, within?: BrokenList) {
    this.line = line;
    this.#scanner = new JsonScanner({
      name: (name, depth) => {
        if (depth === 1) this.#field = name;
      },
      begin: (at, depth) => this.#begin(at, depth),
      end: (at, depth) => this.#end(at, depth),
      comma: (at, depth) => {
        if (depth === this.#listDepth) this.#from = at + 1;
      },
    });
    if (within !== undefined) {
      this.take({ text: within.prefix, number: line } as Line);
      this.since = [];
    }
  }

  /** Takes the next line, or the rest of one. */
  take(line: Line): Scanned {
    this.#current = line;
    this.#from = 0;
    this.since.push(line);
    const scanned = this.#scanner.scan(line.text, 0);
    this.#keep(scanned.kind === 'open' ? line.text.length : scanned.at);
    return scanned;
  }

  /** Characters that are kept of it. */
  get size(): number {
    return this.#size;
  }

  /** All that is in a value which is whole. */
  parts(): Part[] {
    return this.#partsWith(this.#frame.join('\n'));
  }

  /** The elements of its list that are whole, which it forgets; without what may stand behind the list. */
  elements(): Part[] {
    const parts = this.#whole.length === 0 ? [] : this.#partsWith(this.#closedPrefix);
    this.#size -= this.#whole.reduce((sum, { text }) => sum + text.length, 0);
    this.#whole = [];
    return parts;
  }

  /** The list that it stands in, to go on behind something that is broken. */
  get list(): BrokenList | undefined {
    return this.#listDepth === Infinity || this.#indent < 0
      ? undefined
      : { prefix: this.#prefix, indent: this.#indent };
  }

  get #closedPrefix(): string {
    return `${this.#prefix}]${this.#listField === '' ? '' : '}'}`;
  }

  #begin(at: number, depth: number): void {
    const text = this.#current!.text;
    if (depth === this.#listDepth) {
      if (text.slice(0, at).trim() === '') this.#indent = at;
      this.#keep(at);
      this.#element = { line: this.#current!.number, texts: [] };
      return;
    }
    const opensList =
      text[at] === '[' &&
      this.#listField === undefined &&
      (depth === 0 || (depth === 1 && LIST_FIELDS.has(this.#field)));
    if (!opensList) return;
    this.#listField = depth === 0 ? '' : this.#field;
    this.#listDepth = depth + 1;
    this.#keep(at + 1);
    this.#prefix = this.#frame.join('\n');
  }

  #end(at: number, depth: number): void {
    if (depth === this.#listDepth - 1) this.#listDepth = Infinity;
    if (depth !== this.#listDepth) return;
    this.#keep(at);
    const { line, texts } = this.#element!;
    this.#whole.push({ line, text: texts.join('\n') });
    this.#element = undefined;
    this.since = [{ ...this.#current!, text: this.#current!.text.slice(at) }];
  }

  /** Puts what was passed in the current line where it belongs. */
  #keep(until: number): void {
    const text = this.#current!.text.slice(this.#from, until);
    this.#from = until;
    this.#size += text.length;
    (this.#element?.texts ?? this.#frame).push(text);
  }

  #partsWith(frameText: string): Part[] {
    const frame = parsed(frameText);
    if (frame === undefined)
      return [...this.#whole.map(asText), { kind: 'text', text: frameText, line: this.line }];
    const field = this.#listField;
    if (field === undefined || this.#whole.length === 0)
      return [{ kind: 'value', value: frame.value, line: this.line }];
    return this.#whole.map((element) => {
      const found = parsed(element.text);
      if (found === undefined) return asText(element);
      const value = isFields(frame.value) ? { ...frame.value, [field]: [found.value] } : found.value;
      return { kind: 'value', value, line: element.line };
    });
  }
}

const asText = ({ line, text }: { readonly line: number; readonly text: string }): Part => ({
  kind: 'text',
  text,
  line,
});

function parsed(text: string): { readonly value: unknown } | undefined {
  const read = jsonOf(text);
  return 'value' in read ? read : undefined;
}
