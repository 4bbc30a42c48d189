/** Whether a value is an object whose fields can be asked for. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a list; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A value as text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A field of a field: `at(pod, 'spec', 'nodeName')`; undefined where a step leads nowhere. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found, field) => (isRecord(found) ? found[field] : undefined), value);
}
