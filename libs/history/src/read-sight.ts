import { fields, type Fields, isFields, keepsObject, list, text } from '@margay/ground';
import type { Change } from './change.ts';
import { project } from './project.ts';
import type { Reading } from './reading.ts';
import { strangeness } from './read-object.ts';
import { shownByRefusal } from './refusal.ts';
import { isTruncated, readsLatest } from './request.ts';
import { factsOf, type Write } from './write.ts';

/**
 * What a read shows of objects that are kept: that there was none, or one as the answer shows it. Reads that may be answered from a
 * cache show what was once, and tell nothing.
 *
 * @param read the event, whose actor changed nothing.
 */
export function readSight(read: Write): Reading {
  const { event, kind, verb, at } = read;
  const changes = kind.kept === 'content' && readsLatest(event) && !isTruncated(event) ? shownBy(read) : [];
  if (changes.length === 0) return { kind: 'ignored', at, reason: 'read-only' };
  return verb === 'get' && changes[0]?.what === 'absent'
    ? { kind: 'ignored', at, reason: 'read-only', changes }
    : { kind: 'changes', at, changes };
}

function shownBy({ actor: _, ...read }: Write): Change[] {
  const { event, verb } = read;
  const code = fields(event['responseStatus'])['code'];
  const response = event['responseObject'];
  if (verb === 'list') return code === 200 && isFields(response) ? sightsIn(read, response) : [];
  if (verb !== 'get') return [];
  if (code !== 200) return shownByRefusal(read);
  return isFields(response) ? sightOf(read, response, read.eventId) : [];
}

/** What a list shows. That it shows something not says nothing here: it may be of some labels, or a part of all. */
function sightsIn(read: Write, { kind, apiVersion, items }: Fields): Change[] {
  const ofItems = text(kind).replace(/List$/, '');
  // Items of typed lists do not repeat whose shape they have.
  return list(items)
    .filter(isFields)
    .flatMap((item, i) => sightOf(read, { apiVersion, kind: ofItems, ...item }, `${read.eventId}#${i}`));
}

/** The object as it was read; none where it is not shown as a version. */
function sightOf(read: Write, object: Fields, id: string): Change[] {
  const { kind, storageForm } = read;
  const metadataOnly = object['kind'] === 'PartialObjectMetadata';
  if (!metadataOnly && strangeness(kind, object) !== undefined) return [];
  const projected = project(kind, object, { metadataOnly, storageForm });
  if ('lacks' in projected || !keepsObject(kind, projected.namespace, projected.name)) return [];
  return [{ ...factsOf(read), id, what: 'present', ...projected }];
}
