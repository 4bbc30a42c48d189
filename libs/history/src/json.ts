import { fields, isFields, type Fields } from '@margay/ground';

/** Sets a field of the object's own, whatever its name: `__proto__` is a label like others. */
export function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

/** The named fields that are there, in the order of the names: one content has one JSON text. */
export function pick(value: unknown, names: readonly string[]): Record<string, unknown> {
  const from = fields(value);
  const picked: Record<string, unknown> = {};
  for (const name of names) if (from[name] !== undefined && from[name] !== null) picked[name] = from[name];
  return picked;
}

/**
 * The texts of an object, sorted by name, or undefined where there are none. Here and below any fixed order would do, since
 * it only gives one content one text: that of code units costs least.
 */
export function sortedTexts(value: unknown, keep?: ReadonlySet<string>): Record<string, string> | undefined {
  if (!isFields(value) || keep?.size === 0) return undefined;
  const names: string[] = [];
  for (const name of Object.keys(value)) {
    if (typeof value[name] === 'string' && (keep === undefined || keep.has(name))) names.push(name);
  }
  if (names.length === 0) return undefined;
  const texts: Record<string, string> = {};
  for (const name of names.sort()) setOwn(texts, name, value[name]);
  return texts;
}

/** How deep objects may stand in each other: no kind's schema comes near it, and no call stack is in danger. */
export const DEPTH_MAX = 100;

/** Something is nested deeper than any real object. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

/**
 * The value with the fields of all its objects sorted by name.
 *
 * @throws TooDeep where it is nested deeper than `DEPTH_MAX`.
 */
export function sorted(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) throw new TooDeep(`nested deeper than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return value.map((element) => sorted(element, depth + 1));
  const from = value as Fields;
  const into: Record<string, unknown> = {};
  for (const name of Object.keys(from).sort()) setOwn(into, name, sorted(from[name], depth + 1));
  return into;
}

/** The object without its empty and absent fields. */
export function withoutEmpty(value: Record<string, unknown>): Record<string, unknown> {
  const into: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (field !== undefined && field !== null && !(isFields(field) && isEmpty(field))) into[name] = field;
  }
  return into;
}

function isEmpty(object: Fields): boolean {
  for (const _ in object) return false;
  return true;
}

/** True when both are the same JSON, in whatever order their fields stand. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((element, i) => sameJson(element, b[i] as unknown))
    );
  }
  if (Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (const name of names) {
    if (!Object.hasOwn(b, name) || !sameJson((a as Fields)[name], (b as Fields)[name])) return false;
  }
  return true;
}
