import {
  type Fields,
  fields,
  type Instant,
  isFields,
  keepsObject,
  type Kind,
  kindOf,
  nonEmptyText,
  parseInstant,
  text,
} from '@margay/ground';
import type { Origin } from './change.ts';
import { TooDeep } from './json.ts';
import { readStatusPatch } from './patch.ts';
import { readCollectionDelete } from './read-collection-delete.ts';
import { readObject, readStatusDelete } from './read-object.ts';
import type { Reading } from './reading.ts';
import { readSight } from './read-sight.ts';
import { shownByRefusal } from './refusal.ts';
import { canaryOf, isDryRun, isTruncated, showsOptions } from './request.ts';
import { answersOf, askedBy, doubt, isKeptForItsEnd, unusable } from './unread-write.ts';
import { placeOf, trail, writeOf, type Write } from './write.ts';

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const READS = new Set(['get', 'list', 'watch']);
/** Subresources that answer with the whole object. Others (binding, eviction, token, scale …) say nothing of it. */
const OBJECT_SUBRESOURCES = new Set(['', 'status', 'finalize', 'ephemeralcontainers', 'resize']);

/**
 * Reads one parsed audit event (`audit.k8s.io/v1`, or v1beta1, which has the same shape).
 *
 * Never throws: what cannot be used is said to be so. The same event gives the same ids wherever it is read.
 */
export function readEvent(event: unknown, origin: Origin): Reading {
  if (
    !isFields(event) ||
    nonEmptyText(event['verb']) === undefined ||
    nonEmptyText(event['stage']) === undefined
  ) {
    return {
      kind: 'unusable',
      reason: 'not-an-audit-event',
      message: `It has no verb or no stage: not an audit event, nor in an envelope that is known (${shapeOf(event)}).`,
    };
  }
  const at = parseInstant(event['stageTimestamp']) ?? parseInstant(event['requestReceivedTimestamp']);
  const timed = at === undefined ? {} : { at };
  const verb = event['verb'] as string;
  const stage = event['stage'] as string;
  const isOver = stage === 'ResponseComplete' || stage === 'Panic';
  if (!isOver && stage !== 'RequestReceived') return { kind: 'ignored', reason: 'stage', ...timed };
  if (isOver && READS.has(verb)) return readRead(event, origin, at);
  const reference = fields(event['objectRef']);
  const kind = WRITES.has(verb) ? kindReferred(event) : undefined;
  if (kind === undefined || kind.kept === 'nothing') {
    const canary = isOver ? canaryOf(event) : undefined;
    if (canary) return { kind: 'ignored', reason: 'canary', canary, ...timed };
    return { kind: 'ignored', reason: isOver ? 'out-of-kind' : 'stage', ...timed };
  }
  const request = `${verb} ${text(event['requestReceivedTimestamp'])} ${text(event['auditID'])}`;
  const isObject = OBJECT_SUBRESOURCES.has(text(reference['subresource']));
  if (!isOver) {
    if (at === undefined || !isObject || isDryRun(event, verb))
      return { kind: 'ignored', reason: 'stage', ...timed };
    const write = writeOf(event, kind, at, origin);
    const asked = askedBy(write);
    const { policyEvent: attempt } = trail(write, 'unsettled');
    return {
      kind: 'ignored',
      reason: 'stage',
      at,
      ...(asked.length > 0 && { request, asked, ...(attempt && { attempt }) }),
    };
  }
  const reading = readOver(event, kind, origin, at);
  const answers =
    at !== undefined && isObject && (verb === 'create' || reading.kind !== 'changes')
      ? answersOf(writeOf(event, kind, at, origin))
      : [];
  return { ...reading, request, ...(answers.length > 0 && { answers }) };
}

/** The kind of the object that a request is about, or of those that it may be about; undefined where none of them is kept. */
function kindReferred(event: Fields): Kind | undefined {
  const { apiGroup: group, resource, namespace, name } = fields(event['objectRef']);
  const kind = kindOf({ group, resource });
  if (kind === undefined || OF_MANY.has(text(event['verb']))) return kind;
  const asked = nonEmptyText(name) ?? text(fields(fields(event['requestObject'])['metadata'])['name']);
  return keepsObject(kind, text(namespace), asked) ? kind : undefined;
}

const OF_MANY = new Set(['list', 'deletecollection']);

/** Reads an event by which a read was over. */
function readRead(event: Fields, origin: Origin, at: Instant | undefined): Reading {
  const reference = fields(event['objectRef']);
  const kind = at !== undefined && isTelling(event) ? kindReferred(event) : undefined;
  if (at === undefined || kind === undefined || !OBJECT_SUBRESOURCES.has(text(reference['subresource'])))
    return { kind: 'ignored', reason: 'read-only', ...(at !== undefined && { at }) };
  try {
    return readSight(writeOf(event, kind, at, origin));
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return { kind: 'ignored', reason: 'read-only', at };
  }
}

/** The quick answer for most reads: they show no body, and were not refused for want of the object. */
const isTelling = (event: Fields): boolean =>
  event['verb'] !== 'watch' &&
  (isFields(event['responseObject']) || fields(event['responseStatus'])['code'] === 404);

/** What a value is that nothing is made of. What its fields are called is not told: they may be those of a Secret. */
function shapeOf(value: unknown): string {
  if (!isFields(value))
    return Array.isArray(value) ? 'a list' : `a ${value === null ? 'null' : typeof value}`;
  const count = Object.keys(value).length;
  if (count === 0) return 'it has no fields';
  const known = TELLING.filter((name) => Object.hasOwn(value, name));
  const named = known.length === 0 ? '' : `, among them ${known.join(', ')}`;
  return `${count} ${count === 1 ? 'field' : 'fields'}${named}`;
}

/** The fields that objects, their lists, log records and audit events have: which of them are there says what it is. */
const TELLING = [
  'apiVersion',
  'kind',
  'metadata',
  'items',
  'auditID',
  'stage',
  'verb',
  'objectRef',
  'level',
  'message',
  'log',
  'timestamp',
  'time',
];

/** The place that an event is about where that is one whose history is kept: of any other its words may be anything. */
export const keptPlaceOf = (event: Fields): string | undefined =>
  WRITES.has(text(event['verb'])) && kindReferred(event) !== undefined ? placeOf(event) : undefined;

/** Reads an event by which a write of an object that is kept was over. */
function readOver(event: Fields, kind: Kind, origin: Origin, at: Instant | undefined): Reading {
  const verb = event['verb'] as string;
  const timed = at === undefined ? {} : { at };
  if (isDryRun(event, verb)) return { kind: 'ignored', reason: 'dry-run', ...timed };
  if (!OBJECT_SUBRESOURCES.has(text(fields(event['objectRef'])['subresource']))) {
    return { kind: 'ignored', reason: 'no-version', ...timed };
  }
  if (at === undefined) {
    return {
      kind: 'unusable',
      reason: 'no-timestamp',
      message: `${placeOf(event)}: the event has no timestamp that can be read.`,
    };
  }
  const write = writeOf(event, kind, at, origin);
  try {
    return readWrite(write);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return unusable(write, 'unreadable', `the object in the answer is ${error.message}`);
  }
}

function readWrite(write: Write): Reading {
  const { event, verb, at } = write;
  const status = fields(event['responseStatus']);
  const { code } = status;
  const interrupted = status['message'] === 'Connection closed early';
  if (event['stage'] === 'Panic' || interrupted || typeof code !== 'number' || !isAnswer(code)) {
    return doubt(write, 'outcome-unknown', 'it is not known whether the API server stored the change');
  }
  if (code >= 400) {
    if (verb === 'deletecollection' && !isRefusedAtTheDoor(event, status)) {
      return doubt(write, 'partly-deleted', 'the deletion failed and may have deleted a part');
    }
    const changes = shownByRefusal(write);
    return {
      kind: 'ignored',
      at,
      reason: 'refused',
      ...(changes.length > 0 && { changes }),
      ...trail(write, 'refused'),
    };
  }
  if (isTruncated(event)) {
    return doubt(write, 'no-content', 'the event was truncated: raise the size limit of the audit backend');
  }
  const response = event['responseObject'];
  const isDeletion = verb === 'delete' || verb === 'deletecollection';
  if (isDeletion && !showsOptions(event)) {
    return doubt(
      write,
      'no-content',
      'the event does not show whether it was a dry run: audit this resource at level RequestResponse',
    );
  }
  if (verb === 'deletecollection') return readCollectionDelete(write, response);
  if (verb === 'delete' && isSuccess(response, status)) return readStatusDelete(write, response);
  if (!isFields(response)) {
    if (isKeptForItsEnd(write) && verb !== 'delete') return { kind: 'ignored', at, reason: 'no-version' };
    const patch = readStatusPatch(write);
    if (patch !== undefined) return patch;
    return doubt(write, 'no-content', 'the event has no body: audit this resource at level RequestResponse');
  }
  return readObject(write, response);
}

/** The request was carried out or refused. With any other code it is not known which. */
const isAnswer = (code: number) => (code >= 200 && code < 300) || (code >= 400 && code < 500);

/**
 * True when a `deletecollection` was refused before anything was touched. Admission judges item after item, and may
 * answer with any code when some are gone already.
 */
function isRefusedAtTheDoor(event: Fields, { code, status }: Fields): boolean {
  if (code === 401 || code === 404 || code === 405 || code === 415) return true;
  if (code === 403) return fields(event['annotations'])['authorization.k8s.io/decision'] === 'forbid';
  // Too many requests: turned away with a plain text. Where it is about one item, the answer is a Status.
  return code === 429 && status === undefined;
}

/** At level Request there is no answer, but what it said when it was a Status. */
function isSuccess(response: unknown, status: Fields): boolean {
  if (isFields(response)) return response['kind'] === 'Status' && response['status'] === 'Success';
  return response === undefined && status['status'] === 'Success';
}
