const BEFORE = 50;
const AFTER = 30;

/** A selector that cannot be read: where, what was expected there, and the text. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  /** The selector as it was given, whole. */
  readonly text: string;
  /** Where reading stopped: an index into `text` in UTF-16 units, from 0; `text.length` is its end. */
  readonly position: number;
  /** What would have been right there, in words. */
  readonly expected: string;
  /** The field that holds the selector, if the reader knows it: `spec.selector`. */
  readonly field: string | undefined;

  constructor(text: string, position: number, expected: string, field?: string) {
    const found = position >= text.length ? 'the end' : JSON.stringify(codePointAt(text, position));
    super(
      `${field === undefined ? '' : `${field}: `}expected ${expected} at position ${position}, found ${found}`,
    );
    this.text = text;
    this.position = position;
    this.expected = expected;
    this.field = field;
  }

  /**
   * The text with a caret under the position and what was expected, on two lines.
   *
   * Long texts are cut to the part around the position; control characters are shown as `·`.
   */
  get caret(): string {
    const start = Math.max(0, this.position - BEFORE);
    const end = Math.min(this.text.length, this.position + AFTER);
    const before = (start > 0 ? '…' : '') + visible(this.text.slice(start, this.position));
    const after = visible(this.text.slice(this.position, end)) + (end < this.text.length ? '…' : '');
    return `${before}${after}\n${' '.repeat(codePoints(before))}^ expected ${this.expected}`;
  }

  /** The same error, said of a named field. */
  inField(field: string): SelectorError {
    return new SelectorError(this.text, this.position, this.expected, field);
  }
}

function codePointAt(text: string, position: number): string {
  return String.fromCodePoint(text.codePointAt(position) ?? 0);
}

function visible(text: string): string {
  // Also lone surrogates, which cutting may leave at either end.
  return text.toWellFormed().replaceAll(/\p{Cc}/gu, '·');
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
