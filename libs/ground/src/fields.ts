/** A JSON object whose fields may be amiss. */
export type Fields = Readonly<Record<string, unknown>>;

const EMPTY: Fields = Object.freeze({});

/** Whether a value is an object whose fields can be asked for. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as an object; empty where it is none. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : EMPTY;
}

/** A field of a field: `at(pod, 'spec', 'nodeName')`; undefined where a step leads nowhere. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found, field) => fields(found)[field], value);
}

/** A value as a list; empty where it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A value as text; empty where it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A value where it is a text that says something; the API server takes an empty one for an absent one. */
export function nonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The texts of a list. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((element) => typeof element === 'string');
}

/** The fields that are texts, such as labels, as a Map: whatever their names, nothing inherited from prototypes. */
export function textsByName(value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const record = fields(value);
  for (const name of Object.keys(record)) {
    const field = record[name];
    if (typeof field === 'string') found.set(name, field);
  }
  return found;
}
