import type { Budget } from './budget.ts';

/** Texts put together, with a text between each two. */
export function joined(texts: readonly string[], between: string, budget: Budget): string {
  let length = Math.max(0, texts.length - 1) * between.length;
  for (const text of texts) length += text.length;
  budget.charge(texts.length);
  budget.text(length);
  return texts.join(between);
}

const PIECE_LENGTH = 4_096;
const isHighSurrogate = (code: number): boolean => code >= 0xd8_00 && code <= 0xdb_ff;

/** A text with something made of each of its characters: piece by piece, so that it takes no more memory than what is made. */
export function inPieces(text: string, made: (piece: string) => string, budget: Budget): string {
  budget.each(text);
  let whole = '';
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + PIECE_LENGTH, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
    const piece = made(text.slice(at, end));
    budget.text(piece.length);
    whole += piece;
    at = end;
  }
  return whole;
}

/** A text with another in place of a part, wherever it is; in front of each character and at the end where the part is empty. */
export function replaced(text: string, part: string, by: string, budget: Budget): string {
  if (part === '') {
    budget.text((text.length + 1) * by.length);
    return by + inPieces(text, (piece) => Array.from(piece, (one) => one + by).join(''), budget);
  }
  budget.search(text, part);
  let whole = '';
  let pieces: string[] = [];
  let length = 0;
  const flush = () => {
    budget.text(length);
    whole += pieces.join('');
    [pieces, length] = [[], 0];
  };
  let at = 0;
  for (let found = text.indexOf(part); found >= 0; found = text.indexOf(part, at)) {
    budget.charge(1);
    pieces.push(text.slice(at, found), by);
    length += found - at + by.length;
    at = found + part.length;
    if (length >= PIECE_LENGTH || pieces.length >= PIECE_LENGTH) flush();
  }
  if (at === 0) return text;
  pieces.push(text.slice(at));
  length += text.length - at;
  flush();
  return whole;
}

/** The parts of a text between separators; its characters where the separator is empty. */
export function split(text: string, separator: string, budget: Budget): string[] {
  budget.search(text, separator);
  let parts = separator === '' ? text.length : 1;
  if (separator !== '')
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + separator.length))
      parts++;
  budget.list(parts);
  return separator === '' ? Array.from(text) : text.split(separator);
}

/** How many characters a text has: one beyond the first plane is one. */
export function characterCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (!isHighSurrogate(text.charCodeAt(at))) continue;
    const next = text.charCodeAt(at + 1);
    if (next >= 0xdc_00 && next <= 0xdf_ff) count--;
  }
  return count;
}

/** So many characters of the beginning of a text. */
export function firstCharacters(text: string, count: number): string {
  let at = 0;
  for (let seen = 0; seen < count && at < text.length; seen++) at += text.codePointAt(at)! > 0xff_ff ? 2 : 1;
  return text.slice(0, at);
}
