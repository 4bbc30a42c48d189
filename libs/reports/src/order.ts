/**
 * Orders texts by code point, as UTF-8 bytes would: the order of all rows and lists of a report.
 *
 * JavaScript's own order is by UTF-16 unit, which puts characters beyond the first plane before some within it.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return lifted(x) - lifted(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, so they are lifted above the rest of their plane. */
function lifted(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The texts, each once, in code-point order. */
export function sortedOnce(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(byCodePoint);
}
