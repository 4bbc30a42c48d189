import { at, fields, type Fields, isFields, type Kind } from '@margay/ground';
import { DEPTH_MAX, setOwn } from './json.ts';

/** Bookkeeping of the API server and of kubectl: it repeats the object and says nothing of its own. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);

/** What the trail has of bodies where it has their metadata: which objects, with which labels, and whose. */
const METADATA = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'labels', 'ownerReferences'];

/**
 * An audit event as the trail keeps it: whole, but for bookkeeping that repeats what stands in it anyway, and for what
 * is nested deeper than any real object, which a client can send in a patch. Of some kinds, bodies are their metadata.
 */
export function trailOf(event: Fields, { trail }: Pick<Kind, 'trail'>): unknown {
  return kept(trail === 'whole' ? event : thinned(event), 0);
}

function thinned(event: Fields): Fields {
  const { requestObject, responseObject, ...rest } = event;
  // What was asked for when something was created stands in the answer.
  const isAnswered = event['verb'] === 'create' && isFields(responseObject);
  return {
    ...rest,
    ...(isFields(requestObject) && !isAnswered && { requestObject: thinBody(requestObject) }),
    ...(isFields(responseObject) && { responseObject: thinBody(responseObject) }),
  };
}

/** An object without all but its metadata, a list with its items so, or a Status as it is. */
function thinBody(body: Fields): Fields {
  const { apiVersion, kind } = body;
  if (kind === 'Status') return body;
  const items = body['items'];
  return {
    apiVersion,
    kind,
    metadata: Object.fromEntries(
      METADATA.flatMap((name) => {
        const field = at(body, 'metadata', name);
        return field === undefined ? [] : [[name, field]];
      }),
    ),
    ...(Array.isArray(items) && { items: items.map((item) => thinBody(fields(item))) }),
  };
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
