import {
  fields,
  type Fields,
  isFields,
  kindOfDefinition,
  nonEmptyText,
  servedName,
  servedUid,
  text,
} from '@margay/ground';
import type { Change } from './change.ts';
import { OUTCOME_UNKNOWN, type May, type ObjectDoubt } from './object-doubt.ts';
import { deletesAtOnce, isTruncated, selectedName } from './request.ts';
import { isRarelyWritten } from './unseen-birth.ts';
import type { DoubtfulReason, Reading, UnusableReason } from './reading.ts';
import { factsOf, placeOf, trail, type Write } from './write.ts';

/** It is not known what the event did. @param why as the rest of a sentence: what is amiss and what to do. */
export function doubt(write: Write, reason: DoubtfulReason, why: string): Reading {
  const message = `${placeOf(write.event)}: ${why}.`;
  const isUnsettled = reason === OUTCOME_UNKNOWN || reason === 'partly-deleted';
  return {
    kind: 'doubtful',
    at: write.at,
    reason,
    message,
    ...withChanges(doubtsOf(write, reason, message)),
    ...trail(write, isUnsettled ? 'unsettled' : 'done'),
  };
}

/** The event can never be used. @param why as the rest of a sentence. */
export function unusable(write: Write, reason: UnusableReason, why: string): Reading {
  const message = `${placeOf(write.event)}: ${why}.`;
  return {
    kind: 'unusable',
    at: write.at,
    reason,
    message,
    ...withChanges(doubtsOf(write, reason, message)),
  };
}

/** What a request leaves open while its answer is not known. */
export function askedBy(write: Write): readonly Change[] {
  const why =
    'the log has the request and no answer to it: it is not known whether the API server stored the change';
  const asked = doubtsOf(write, OUTCOME_UNKNOWN, `${placeOf(write.event)}: ${why}.`);
  return asked.map((change) => ({ ...change, id: `${change.id}${ASKED}` }));
}

/** At the end of the ids of doubts about requests of which no answer was seen. */
const ASKED = '#asked';

/** True for a doubt that any answer settles, if only by what that leaves open itself. */
export const isAsked = ({ id }: Change): boolean => id.endsWith(ASKED);

/** That a request was answered, for each object that `askedBy` may have taken it to be about, when it had no body yet. */
export function answersOf(write: Write): readonly Change[] {
  const answers = doubtsOf(write, OUTCOME_UNKNOWN, '').map(answerTo);
  const [named] = answers;
  const nameless = named !== undefined && named.name !== '' && write.verb === 'create';
  return nameless ? [...answers, { ...named, id: `${named.id}#`, name: '' }] : answers;
}

/** What settles a doubt about a request that was answered. */
export function answerTo({ doubt: _, created: __, uid: ___, uidShown: ____, ...asked }: Change): Change {
  return { ...asked, id: `${asked.id}#answered`, what: 'answered' };
}

/**
 * That a deletion of many listed what it deleted: what an event of the same request without the list leaves open is told by this one.
 */
export const listedBy = (write: Write): readonly Change[] =>
  answersOf(write).map((answer) => ({ ...answer, id: `${answer.id}${LISTED}` }));

/** At the end of the ids of answers that list what was done. */
const LISTED = '#listed';

/** True for an answer that tells the whole of a request, so that it settles every doubt about that. */
export const isListed = ({ id }: Change): boolean => id.endsWith(LISTED);

const withChanges = (changes: readonly Change[]) => (changes.length > 0 ? { changes } : {});

/**
 * What a write that cannot be read leaves open: about the object that it names, and where it names none, as a
 * `deletecollection` or a creation whose name the API server makes, about all of the kind in the namespace.
 */
function doubtsOf(write: Write, reason: string, message: string): Change[] {
  const { kind, reference, verb, eventId, storageForm, event } = write;
  const deletes = verb === 'delete' || verb === 'deletecollection';
  if (isKeptForItsEnd(write) && !deletes) return [];
  const ownName = verb === 'deletecollection' ? (selectedName(event) ?? '') : nameOf(write);
  const name = storageForm ? servedName(ownName, kind.role === 'policy') : ownName;
  const uid = ownName === '' ? undefined : uidOf(write);
  const { code } = fields(event['responseStatus']);
  const creates =
    nonEmptyText(reference['subresource']) === undefined && (verb === 'create' || (code === 201 && !deletes));
  const doubt: ObjectDoubt = {
    reason,
    may: mayBecome(deletes, reason),
    message,
    ...(reason !== OUTCOME_UNKNOWN && endsAtOnce(write) && { ends: true as const }),
    ...(isPassedOn(write) && { passedOn: true as const }),
    ...(reason !== OUTCOME_UNKNOWN && name === ownName && found(write) && { wasThere: true as const }),
  };
  const change: Change = {
    ...factsOf(write),
    id: `${eventId}#doubt`,
    namespace: kind.namespaced ? text(reference['namespace']) : '',
    name,
    what: 'doubtful',
    ...(uid !== undefined && { uid: storageForm ? servedUid(uid) : uid }),
    ...(uid !== undefined && reason !== OUTCOME_UNKNOWN && isHeldToUid(write) && { uidShown: true }),
    ...(creates && { created: true }),
    doubt,
  };
  // Whether the tier belongs to the name that users gave is not shown: it is one of both.
  return name === ownName ? [change] : [change, { ...change, id: `${change.id}#${ownName}`, name: ownName }];
}

/**
 * Whether nothing but the end of the object matters: of a definition, unless it is of a kind that restricts traffic in ways that are not
 * understood, of which it matters that there may be objects.
 */
export const isKeptForItsEnd = (write: Write): boolean =>
  write.kind.kept === 'end' && kindOfDefinition(nameOf(write))?.form !== 'foreign';

function mayBecome(deletes: boolean, reason: string): May {
  if (deletes) return 'be-gone';
  return reason === OUTCOME_UNKNOWN ? 'be-anything' : 'differ';
}

/** The name that is asked for, or that the answer shows; empty where neither says it. */
function nameOf({ event, reference, kind }: Write): string {
  const response = fields(event['responseObject']);
  return (
    nonEmptyText(reference['name']) ??
    nonEmptyText(metadataOf(event['requestObject'])['name']) ??
    (response['kind'] === kind.kind ? text(metadataOf(response)['name']) : '')
  );
}

/** The uid that a client or the answer names. */
function uidOf({ event, reference, kind }: Write): string | undefined {
  const response = fields(event['responseObject']);
  return (
    nonEmptyText(reference['uid']) ??
    nonEmptyText(fields(fields(event['responseStatus'])['details'])['uid']) ??
    (response['kind'] === kind.kind ? nonEmptyText(metadataOf(response)['uid']) : undefined)
  );
}

const metadataOf = (object: unknown): Fields => fields(fields(object)['metadata']);

/**
 * True where the API server carried an update out of the object that has the uid which the request named, and of no other: it refuses one (409)
 * that names another uid. It does not hold a patch to any (of a custom resource's status it leaves out what that says of the metadata), and
 * gives what it creates a uid of its own, also by an update (201).
 *
 * Source: `defaultUpdatedObjectInfo.Preconditions` and `LogRequestObject` of k8s.io/apiserver.
 */
const isHeldToUid = ({ event, verb }: Write): boolean =>
  verb === 'update' && fields(event['responseStatus'])['code'] === 200;

/** True where what was deleted is gone with the answer, if no finalizer keeps it. */
function endsAtOnce({ event, verb, kind }: Write): boolean {
  if (verb !== 'delete' || kind.resource === 'pods' || kind.resource === 'namespaces') return false;
  return fields(event['responseStatus'])['code'] === 200 && deletesAtOnce(event);
}

/** True where the object was there when the request came in, by its answer. */
function found({ event, verb, kind }: Write): boolean {
  const { code } = fields(event['responseStatus']);
  const isAnswered = code === 200 || code === 202;
  return isAnswered && (verb === 'delete' || verb === 'update' || verb === 'patch') && isRarelyWritten(kind);
}

/** True where another API server carried the request out, whose own events have the bodies, if a log has them. */
function isPassedOn({ event, kind, storageForm }: Write): boolean {
  return (
    kind.hasStorageForm &&
    !storageForm &&
    event['level'] === 'RequestResponse' &&
    event['responseObject'] === undefined &&
    !isFields(event['requestObject']) &&
    !isTruncated(event)
  );
}
