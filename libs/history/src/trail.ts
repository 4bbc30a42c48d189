import { type Fields, isFields } from '@margay/ground';
import { DEPTH_MAX, setOwn } from './json.ts';

/** Bookkeeping of the API server and of kubectl: it repeats the object and says nothing of its own. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);

/**
 * An audit event as the trail keeps it: whole, but for bookkeeping that repeats what stands in it anyway, and for what
 * is nested deeper than any real object, which a client can send in a patch.
 */
export function trailOf(event: Fields): unknown {
  return kept(event, 0);
}

function kept(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '(left out: nested too deeply)';
  if (Array.isArray(value)) return value.map((element) => kept(element, depth + 1));
  if (!isFields(value)) return value;
  const into: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (!LEFT_OUT.has(name)) setOwn(into, name, kept(value[name], depth + 1));
  }
  return into;
}
