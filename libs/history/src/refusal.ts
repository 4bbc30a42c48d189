import { fields, type Fields, nonEmptyText, servedName, text } from '@margay/ground';
import type { Change } from './change.ts';
import { factsOf, type Write } from './write.ts';

/**
 * What an API server shows of an object by refusing a request that names it: that there was none, or that there was one. Empty
 * where it tells neither.
 */
export function shownByRefusal(write: Write): Change[] {
  const { event, reference, verb, kind, storageForm, eventId } = write;
  const named = nonEmptyText(reference['name']) ?? nonEmptyText(fields(requested(event))['name']);
  if (named === undefined || nonEmptyText(reference['subresource']) !== undefined || kind.kept === 'end')
    return [];
  const status = fields(event['responseStatus']);
  const details = fields(status['details']);
  // Details that name nothing are of a path that is not served, others are about what the object needs.
  if (status['details'] !== undefined && details['name'] !== named) return [];
  if (nonEmptyText(details['kind']) !== undefined && details['kind'] !== kind.resource) return [];
  const what = shown(verb, status);
  if (what === undefined) return [];
  const name = storageForm ? servedName(named, kind.role === 'policy') : named;
  const change: Change = {
    ...factsOf(write),
    id: `${eventId}#${what}`,
    namespace: kind.namespaced ? text(reference['namespace']) : '',
    name,
    what,
  };
  if (name === named) return [change];
  // Whether the tier belongs to the name that users gave is not shown: neither was there, or one of both was.
  return what === 'absent' ? [change, { ...change, id: `${change.id}#${named}`, name: named }] : [];
}

const requested = (event: Fields): unknown => fields(event['requestObject'])['metadata'];

const NOT_FOUND = new Set(['get', 'update', 'patch', 'delete']);
const CONFLICT = new Set(['update', 'patch', 'delete']);

function shown(verb: string, { code, reason, message }: Fields): 'absent' | 'there' | undefined {
  if (code === 404 && reason === 'NotFound') return NOT_FOUND.has(verb) ? 'absent' : undefined;
  if (code !== 409) return undefined;
  if (reason === 'AlreadyExists') return verb === 'create' ? 'there' : undefined;
  if (reason !== 'Conflict' || !CONFLICT.has(verb)) return undefined;
  // A precondition fails with an empty uid where the object is gone already.
  return text(message).includes('UID in object meta') ? undefined : 'there';
}
