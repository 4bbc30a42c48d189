import { isObject, type Fields } from './fields.ts';

/** Bookkeeping of the API server and of kubectl: it repeats the object and says nothing of its own. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);

/** An audit event as the trail keeps it: whole, but for bookkeeping that repeats what stands in it anyway. */
export function trailOf(event: Fields): unknown {
  return kept(event);
}

function kept(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(kept);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, field]) => [name, kept(field)]),
  );
}
