/** A JSON object whose fields may be amiss. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; empty where it is none. */
export function fields(value: unknown): Fields {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as a list; empty where it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value where it is a text that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The named fields that are there, in the order of the names: one content has one JSON text. */
export function pick(value: unknown, names: readonly string[]): Record<string, unknown> {
  const from = fields(value);
  const picked: Record<string, unknown> = {};
  for (const name of names) if (from[name] !== undefined && from[name] !== null) picked[name] = from[name];
  return picked;
}

/** The texts of an object by code unit order of their names, or undefined where there are none. */
export function sortedTexts(value: unknown, keep?: ReadonlySet<string>): Record<string, string> | undefined {
  const from = fields(value);
  const names = Object.keys(from).filter(
    (name) => typeof from[name] === 'string' && (keep === undefined || keep.has(name)),
  );
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.sort().map((name) => [name, from[name] as string]));
}

/** The value with the fields of all its objects sorted by name. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

/** The object without its empty and absent fields. */
export function withoutEmpty(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, field]) => field !== undefined && !(isObject(field) && Object.keys(field).length === 0),
    ),
  );
}
