/**
 * Why a text is no JSON, as the rest of a sentence. There is no place in it for anything of the text: what V8 says of a broken text
 * quotes it, and what could not be read may hold anything.
 */
export type NotJson =
  'it is no JSON' | 'it breaks off at its end' | `it is no JSON from character ${number} on`;

/** The value of a text that somebody else wrote, or why it is no JSON. */
export function jsonOf(text: string): { readonly value: unknown } | { readonly problem: NotJson } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: problemOf((error as Error).message, text.length) };
  }
}

/** What quotes the text ends with “is not valid JSON”, so that a number in it is never taken for the place. */
const PLACE = / in JSON at position (\d+)(?: \(line \d+ column \d+\))?$/;

function problemOf(message: string, length: number): NotJson {
  if (message === 'Unexpected end of JSON input') return 'it breaks off at its end';
  const place = PLACE.exec(message)?.[1];
  if (place === undefined) return 'it is no JSON';
  return Number(place) >= length
    ? 'it breaks off at its end'
    : `it is no JSON from character ${Number(place) + 1} on`;
}
