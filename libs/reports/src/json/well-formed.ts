/**
 * A JSON value whose texts are all Unicode: lone surrogates, which no UTF-8 can hold, become U+FFFD. Gives the value itself
 * where there are none.
 */
export function wellFormed(value: unknown): unknown {
  return isWellFormed(value) ? value : mended(value);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([name, field]) => name.isWellFormed() && isWellFormed(field));
}

function mended(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(mended);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.toWellFormed(), mended(field)]),
  );
}
