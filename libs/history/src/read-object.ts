import {
  fields,
  type Fields,
  groupOf,
  type Kind,
  kindOfObject,
  nonEmptyText,
  servedGroup,
  servedName,
  servedUid,
  text,
} from '@margay/ground';
import type { Change } from './change.ts';
import { isGone } from './gone.ts';
import { NEVER_SHOWN, type ObjectDoubt } from './object-doubt.ts';
import { project } from './project.ts';
import type { Reading } from './reading.ts';
import { birthOf, isRarelyWritten } from './unseen-birth.ts';
import { doubt, unusable } from './unread-write.ts';
import { factsOf, placeOf, trail, type Write } from './write.ts';

const LACKS = { uid: 'no-uid', name: 'no-name', resourceVersion: 'no-resource-version' } as const;

/** Reads a write that was answered with an object: usually the one it is about. */
export function readObject(write: Write, response: Fields): Reading {
  const { verb, kind, event, at, storageForm, reference } = write;
  const metadataOnly = response['kind'] === 'PartialObjectMetadata';
  const stranger = metadataOnly ? undefined : strangeness(kind, response);
  if (stranger !== undefined) return doubt(write, ...stranger);
  // A Namespace ends with the finalizers of its spec, which metadata alone does not show.
  const gone =
    verb !== 'create' && !(metadataOnly && kind.resource === 'namespaces') && isGone(verb, response);
  const projected = project(kind, response, { metadataOnly, gone, storageForm });
  if ('lacks' in projected) {
    return unusable(
      write,
      LACKS[projected.lacks],
      `the object in the answer has no ${projected.lacks} that can be read`,
    );
  }
  const { namespace, name, uid, resourceVersion, content, generation } = projected;
  const basedOn = gone ? undefined : basedOnOf(write);
  const created =
    !gone &&
    fields(event['responseStatus'])['code'] === 201 &&
    nonEmptyText(reference['subresource']) === undefined;
  const { actor, ...facts } = factsOf(write);
  const change: Change = {
    ...facts,
    // Who asked for what was there already wrote nothing.
    ...(actor !== undefined && !isUnchanged(write, resourceVersion) && { actor }),
    id: write.eventId,
    namespace,
    name,
    uid,
    what: gone ? 'gone' : 'present',
    ...(resourceVersion !== undefined && { resourceVersion }),
    // What an update that ends the object shows beside its end was never stored.
    ...((!gone || verb === 'delete') && { content }),
    ...(created && { created }),
    ...(generation !== undefined && !gone && { generation }),
    ...(basedOn !== undefined && { basedOn }),
  };
  return {
    kind: 'changes',
    at,
    changes: [change, ...answersTo(write, change), ...birthOf(kind, change, creationOf(response))],
    ...trail(write, 'done', name),
  };
}

const creationOf = (object: Fields): unknown => fields(object['metadata'])['creationTimestamp'];

/**
 * Where another API server may have passed the request on, whose event of a creation names no object: that this write is
 * known settles what is not known of that.
 */
function answersTo(
  { kind }: Write,
  {
    created,
    actor: _,
    uid: __,
    resourceVersion: ___,
    content: ____,
    generation: _____,
    basedOn: ______,
    ...facts
  }: Change,
): Change[] {
  if (!kind.hasStorageForm || created !== true) return [];
  return [{ ...facts, id: `${facts.id}#answer`, name: '' }];
}

/**
 * The resourceVersion that an update had to find. Left out for kinds that the API server itself writes without an event, as the
 * binding of pods.
 */
function basedOnOf({ kind, verb, event }: Write): string | undefined {
  if (verb !== 'update' || kind.role === 'endpoint' || kind.role === 'service') return undefined;
  const version = askedVersion(event);
  return version !== undefined && /^\d+$/.test(version) ? version : undefined;
}

const askedVersion = (event: Fields): string | undefined =>
  nonEmptyText(fields(fields(event['requestObject'])['metadata'])['resourceVersion']);

/** Whether an update was answered with the version that it had to find: nothing was stored. */
const isUnchanged = ({ verb, event }: Write, answered: string | undefined): boolean =>
  verb === 'update' && answered !== undefined && askedVersion(event) === answered;

/** What keeps an answer from being a version of the object, or undefined where nothing does. */
export function strangeness(
  kind: Kind,
  response: Fields,
): ['not-the-object' | 'unknown-version', string] | undefined {
  const apiVersion = text(response['apiVersion']);
  if (response['kind'] === kind.kind && kind.apiVersions.has(apiVersion)) return undefined;
  if (response['kind'] !== kind.kind || servedGroup(groupOf(apiVersion)) !== kind.group)
    return ['not-the-object', `the answer is ${answerOf(response)}, not the object`];
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const shown = apiVersion === '' ? '(none)' : VERSION.test(version) ? apiVersion : '(no version)';
  return ['unknown-version', `apiVersion ${shown} is not known`];
}

/** How versions are called: nothing else is shown as one. */
const VERSION = /^v\d{1,3}((alpha|beta)\d{1,3})?$/;

/** What is answered in an object's place, where the words are known: those of a body may be anything. */
function answerOf({ kind, apiVersion }: Fields): string {
  if (nonEmptyText(kind) === undefined) return 'a body without kind';
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return 'of another kind';
  if (OTHER_ANSWERS.has(kind)) return `one of kind ${kind}`;
  const known = kindOfObject({ apiVersion, kind });
  if (known === undefined) return 'of another kind';
  const { group } = known;
  return `one of kind ${kind}${group === '' ? '' : ` of ${group}`}`;
}

const OTHER_ANSWERS: ReadonlySet<string> = new Set([
  'Status',
  'Table',
  'PartialObjectMetadata',
  'Secret',
  'Event',
]);

/** Reads a deletion that was answered with a Status: the object is gone, since one that stays would be shown. */
export function readStatusDelete(write: Write, response: unknown): Reading {
  const { event, at, reference, kind, storageForm, eventId } = write;
  const details: Fields = {
    ...fields(fields(event['responseStatus'])['details']),
    ...fields(fields(response)['details']),
  };
  const ownName = nonEmptyText(reference['name']) ?? nonEmptyText(details['name']);
  if (ownName === undefined) return unusable(write, 'no-name', 'the deletion names no object');
  const uid = nonEmptyText(details['uid']);
  const name = storageForm ? servedName(ownName, kind.role === 'policy') : ownName;
  const change: Change = {
    ...factsOf(write),
    id: eventId,
    namespace: kind.namespaced ? text(reference['namespace']) : '',
    name,
    what: 'gone',
    ...(uid !== undefined && { uid: storageForm ? servedUid(uid) : uid }),
    ...(isRarelyWritten(kind) && name === ownName && { doubt: notShown(write) }),
  };
  // Whether the tier belongs to the name that users gave stands in the object, which is not shown here: the end holds
  // for both names, of which one is this object's.
  const changes =
    name === ownName ? [change] : [change, { ...change, id: `${eventId}#${ownName}`, name: ownName }];
  return { kind: 'changes', at, changes, ...trail(write, 'done', name) };
}

/** What an answer leaves open that does not show what it deleted. */
const notShown = ({ event }: Write): ObjectDoubt => ({
  reason: NEVER_SHOWN,
  may: 'be-anything',
  message: `${placeOf(event)}: the answer does not show what was deleted.`,
  wasThere: true,
});
