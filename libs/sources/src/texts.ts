/** Between two JSON values that have lines of their own. Inside one value there is a comma, and in a text no line break. */
const BETWEEN_VALUES = /[}\]][ \t]*\r?\n\s*[{[]/;

/**
 * The JSON texts in a body: its lines if it has one value a line (NDJSON), else the body itself, whatever line breaks the
 * one value has for people. Empty lines do not count.
 *
 * @param lines true when it is known that every line is a value of its own.
 */
export function textsOf(body: string, lines = false): string[] {
  const whole = body.trim();
  // Bodies of the API server are megabytes on one line: looking for a line break is much faster than for the pattern.
  const several = whole.includes('\n') && (lines || BETWEEN_VALUES.test(whole));
  const texts = several ? whole.split('\n').map((text) => text.trim()) : [whole];
  return texts.filter((text) => text !== '');
}
