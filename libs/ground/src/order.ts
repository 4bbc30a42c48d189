/**
 * Orders texts by their UTF-8 bytes, which is by code point; below zero if `a` comes first. It is the order of all rows
 * and lists of a report, of the stores' keys, of Calico (ties between policies) and of Go's strings.
 *
 * JavaScript's own order is by UTF-16 unit, which puts U+1F600 before U+FF61: surrogates sort below U+E000.
 */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return weight(x) - weight(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they weigh more than any other unit. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The texts, each once, in their order. */
export function sortedOnce(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compareTexts);
}
