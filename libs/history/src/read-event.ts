import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Actor, Change, Origin } from './change.ts';
import { fields, isObject, list, text, type Fields } from './fields.ts';
import { isGone, isGoneFromCollection } from './gone.ts';
import { CALICO_BACKING_GROUP, kindOf, type Kind } from './kinds.ts';
import { flippedUid, project } from './project.ts';
import type { ResourceKey } from './resource.ts';
import { parseInstant, type Instant } from './time.ts';
import { trailOf } from './trail.ts';

/** Why an event says nothing about the history, in words that reports print. */
export type IgnoredReason =
  'read-only' | 'refused' | 'dry-run' | 'out-of-kind' | 'stage' | 'no-version' | 'nothing-selected';

/** Why it is not known what an event did. */
export type DoubtfulReason =
  'outcome-unknown' | 'partly-deleted' | 'no-content' | 'not-the-object' | 'unknown-version';

/** Why an event or a line can never be used. */
export type UnusableReason =
  | 'not-json'
  | 'not-an-audit-event'
  | 'truncated'
  | 'no-timestamp'
  | 'no-uid'
  | 'no-resource-version'
  | 'no-name'
  | 'too-long'
  | 'unreadable';

/** One attempt to write a policy: who did what, and whether it was refused. */
export interface PolicyAttempt extends ResourceKey {
  readonly eventId: string;
  readonly at: Instant;
  readonly verb: string;
  readonly actor?: Actor;
  readonly refused: boolean;
  /** The audit event as the trail keeps it, without bookkeeping of the API server. */
  readonly event: unknown;
}

/** What one audit event says. Every event read is exactly one of these four. */
export type Reading =
  | {
      readonly kind: 'changes';
      readonly at: Instant;
      readonly changes: readonly Change[];
      readonly policyEvent?: PolicyAttempt;
    }
  | {
      readonly kind: 'ignored';
      readonly at?: Instant;
      readonly reason: IgnoredReason;
      readonly policyEvent?: PolicyAttempt;
    }
  | {
      readonly kind: 'doubtful';
      readonly at?: Instant;
      readonly reason: DoubtfulReason;
      /** Which object and what to do about it. */
      readonly message: string;
      readonly policyEvent?: PolicyAttempt;
    }
  | {
      readonly kind: 'unusable';
      readonly at?: Instant;
      readonly reason: UnusableReason;
      readonly message: string;
    };

const LACKS = { uid: 'no-uid', name: 'no-name', resourceVersion: 'no-resource-version' } as const;
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const READS = new Set(['get', 'list', 'watch']);
/** Subresources that answer with the whole object. Others (binding, eviction, token, scale …) say nothing of it. */
const OBJECT_SUBRESOURCES = new Set(['', 'status', 'finalize', 'ephemeralcontainers', 'resize']);
/** Refused before anything of a collection was touched. */
const REFUSED_AT_THE_DOOR = new Set([400, 401, 403, 404, 405, 415, 429]);

/**
 * Reads one parsed audit event (`audit.k8s.io/v1`, or v1beta1, which has the same shape).
 *
 * Never throws: what cannot be used is said to be so. The same event gives the same ids wherever it is read.
 */
export function readEvent(event: unknown, origin: Origin): Reading {
  if (!isObject(event) || text(event['verb']) === undefined || text(event['stage']) === undefined) {
    return {
      kind: 'unusable',
      reason: 'not-an-audit-event',
      message: 'It has no verb or no stage: not an audit event.',
    };
  }
  const at = parseInstant(event['stageTimestamp']) ?? parseInstant(event['requestReceivedTimestamp']);
  const timed = at === undefined ? {} : { at };
  const verb = event['verb'] as string;
  if (event['stage'] !== 'ResponseComplete' && event['stage'] !== 'Panic') {
    return { kind: 'ignored', reason: 'stage', ...timed };
  }
  if (READS.has(verb)) return { kind: 'ignored', reason: 'read-only', ...timed };
  const reference = fields(event['objectRef']);
  const kind = WRITES.has(verb) ? kindOf(reference['apiGroup'], reference['resource']) : undefined;
  if (kind === undefined) return { kind: 'ignored', reason: 'out-of-kind', ...timed };
  if (isDryRun(event)) return { kind: 'ignored', reason: 'dry-run', ...timed };
  if (!OBJECT_SUBRESOURCES.has(text(reference['subresource']) ?? '')) {
    return { kind: 'ignored', reason: 'no-version', ...timed };
  }
  if (at === undefined) {
    return {
      kind: 'unusable',
      reason: 'no-timestamp',
      message: `${place(event)}: the event has no timestamp that can be read.`,
    };
  }
  return readWrite({ event, verb, kind, reference, at, origin });
}

interface Write {
  readonly event: Fields;
  readonly verb: string;
  readonly kind: Kind;
  readonly reference: Fields;
  readonly at: Instant;
  readonly origin: Origin;
}

function readWrite(write: Write): Reading {
  const { event, verb, at } = write;
  const code = fields(event['responseStatus'])['code'];
  const interrupted = fields(event['responseStatus'])['message'] === 'Connection closed early';
  if (event['stage'] === 'Panic' || interrupted || typeof code !== 'number' || code >= 500) {
    return doubt(write, 'outcome-unknown', 'it is not known whether the API server stored the change');
  }
  if (code >= 400) {
    if (verb === 'deletecollection' && !REFUSED_AT_THE_DOOR.has(code)) {
      return doubt(write, 'partly-deleted', 'the deletion failed and may have deleted a part');
    }
    return { kind: 'ignored', at, reason: 'refused', ...trail(write, true) };
  }
  const response = event['responseObject'];
  if (
    text(fields(event['annotations'])['audit.k8s.io/truncated']) === 'true' ||
    typeof response === 'string'
  ) {
    return doubt(write, 'no-content', 'the event was truncated: raise the size limit of the audit backend');
  }
  if (verb === 'deletecollection') return readCollectionDelete(write, response);
  if (verb === 'delete' && isStatusSuccess(response, event['responseStatus']))
    return readStatusDelete(write, response);
  if (!isObject(response)) {
    return doubt(write, 'no-content', 'the event has no body: audit this resource at level RequestResponse');
  }
  return readObject(write, response);
}

function readObject(write: Write, response: Fields): Reading {
  const { verb, kind, event, at } = write;
  const metadataOnly = response['kind'] === 'PartialObjectMetadata';
  if (!metadataOnly) {
    if (response['kind'] !== kind.kind) {
      return doubt(
        write,
        'not-the-object',
        `the answer is a ${text(response['kind']) ?? 'body without kind'}, not the object`,
      );
    }
    const version = (text(response['apiVersion']) ?? '').split('/').at(-1) ?? '';
    if (!kind.versions.includes(version)) {
      return doubt(
        write,
        'unknown-version',
        `apiVersion ${text(response['apiVersion']) ?? '(none)'} is not known`,
      );
    }
  }
  // A Namespace ends with the finalizers of its spec, which metadata alone does not show.
  const gone =
    !(metadataOnly && kind.resource === 'namespaces') && verb !== 'create' && isGone(verb, response);
  const projected = project(kind, response, { metadataOnly, gone });
  if ('lacks' in projected) {
    return {
      kind: 'unusable',
      at,
      reason: LACKS[projected.lacks],
      message: `${place(event)}: the object in the answer has no ${projected.lacks}.`,
    };
  }
  const { namespace, name, uid, resourceVersion, content } = projected;
  const id = eventIdOf(event, at);
  const change: Change = {
    ...facts(write),
    id,
    eventId: id,
    namespace,
    name,
    uid,
    what: gone ? 'gone' : 'present',
    ...(resourceVersion !== undefined && { resourceVersion }),
    content,
    ...(!gone &&
      fields(event['responseStatus'])['code'] === 201 &&
      (verb === 'create' || verb === 'patch') && { created: true }),
  };
  return { kind: 'changes', at, changes: [change], ...trail(write, false, name) };
}

function readStatusDelete(write: Write, response: unknown): Reading {
  const { event, at, reference, kind } = write;
  const details = {
    ...fields(fields(event['responseStatus'])['details']),
    ...fields(fields(response)['details']),
  } as Fields;
  const name = text(reference['name']) ?? text(details['name']);
  if (name === undefined) {
    return {
      kind: 'unusable',
      at,
      reason: 'no-name',
      message: `${place(event)}: the deletion names no object.`,
    };
  }
  const uid = text(details['uid']);
  const id = eventIdOf(event, at);
  const change: Change = {
    ...facts(write),
    id,
    eventId: id,
    namespace: kind.namespaced ? (text(reference['namespace']) ?? '') : '',
    name,
    what: 'gone',
    ...(uid !== undefined && { uid: reference['apiGroup'] === CALICO_BACKING_GROUP ? flippedUid(uid) : uid }),
  };
  return { kind: 'changes', at, changes: [change], ...trail(write, false, name) };
}

function readCollectionDelete(write: Write, response: unknown): Reading {
  const { event, kind, at } = write;
  if (!isObject(response) || !Array.isArray(response['items'])) {
    return doubt(write, 'no-content', 'the answer does not list what was deleted');
  }
  const options = { ...queryOf(event), ...fields(event['requestObject']) } as Fields;
  const policy = options['propagationPolicy'];
  const asked = {
    noGrace: Number(options['gracePeriodSeconds'] ?? NaN) === 0,
    addsFinalizer: policy === 'Foreground' || policy === 'Orphan' || options['orphanDependents'] === true,
  };
  const eventId = eventIdOf(event, at);
  const changes: Change[] = [];
  for (const item of list(response['items']).filter(isObject)) {
    // Items of typed lists do not repeat the apiVersion, which tells whose shape they have.
    const listVersion = text(response['apiVersion']);
    const metadataOnly = item['kind'] === 'PartialObjectMetadata';
    const projected = project(kind, { apiVersion: listVersion, ...item }, { metadataOnly, gone: true });
    if ('lacks' in projected || !isGoneFromCollection(kind.resource, item, asked)) continue;
    const { namespace, name, uid, resourceVersion, content } = projected;
    changes.push({
      ...facts(write),
      id: `${eventId}#${uid}`,
      eventId,
      namespace,
      name,
      uid,
      what: 'gone',
      content,
      ...(resourceVersion !== undefined && { resourceVersion }),
    });
  }
  if (changes.length === 0) return { kind: 'ignored', at, reason: 'nothing-selected' };
  return { kind: 'changes', at, changes, ...trail(write, false) };
}

/** What all changes of an event share. */
function facts({ event, kind, at, origin }: Write) {
  const received = parseInstant(event['requestReceivedTimestamp']) ?? at;
  return {
    group: kind.group,
    resource: kind.resource,
    at,
    receivedAt: Math.min(received, at),
    ...actorOf(event),
    origin,
  };
}

function doubt(write: Write, reason: DoubtfulReason, why: string): Reading {
  const effective = reason !== 'outcome-unknown';
  return {
    kind: 'doubtful',
    at: write.at,
    reason,
    message: `${place(write.event)}: ${why}.`,
    ...(effective && trail(write, false)),
  };
}

function trail(write: Write, refused: boolean, name?: string): { policyEvent?: PolicyAttempt } {
  const { kind, reference, verb, event, at } = write;
  if (!kind.isPolicy || text(reference['subresource']) !== undefined) return {};
  return {
    policyEvent: {
      eventId: eventIdOf(event, at),
      at,
      group: kind.group,
      resource: kind.resource,
      namespace: kind.namespaced ? (text(reference['namespace']) ?? '') : '',
      name:
        name ??
        text(reference['name']) ??
        text(fields(fields(event['requestObject'])['metadata'])['name']) ??
        '',
      verb,
      ...actorOf(event),
      refused,
      event: trailOf(event),
    },
  };
}

function actorOf(event: Fields): { actor?: Actor } {
  const user = text(fields(event['user'])['username']);
  const impersonated = text(fields(event['impersonatedUser'])['username']);
  if (user === undefined) return {};
  return { actor: { user, ...(impersonated !== undefined && { impersonated }) } };
}

/**
 * A deterministic id. The audit ID alone would let a client hide a change behind another one's ID, since any client
 * may choose it; the API server's own timestamps it cannot choose.
 */
function eventIdOf(event: Fields, at: Instant): string {
  const given = text(event['auditID']) ?? '';
  const id = given.length <= 64 ? given : bytesToHex(sha256(utf8ToBytes(given))).slice(0, 32);
  const received = parseInstant(event['requestReceivedTimestamp']) ?? at;
  return `${id}.${received.toString(36)}.${(at - received).toString(36)}.${String(event['verb'])}`;
}

function isStatusSuccess(response: unknown, status: unknown): boolean {
  if (isObject(response)) return response['kind'] === 'Status' && response['status'] === 'Success';
  return response === undefined && fields(status)['status'] === 'Success';
}

function isDryRun(event: Fields): boolean {
  const request = fields(event['requestObject']);
  const inBody = (options: unknown) => list(fields(options)['dryRun']).length > 0;
  return 'dryRun' in queryOf(event) || inBody(request) || inBody(request['deleteOptions']);
}

/** The query of the request's URI: the last of each name. */
function queryOf(event: Fields): Record<string, string> {
  const uri = text(event['requestURI']) ?? '';
  const query = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : '';
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' '));
    } catch {
      return part;
    }
  };
  return Object.fromEntries(
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [decoded(name), decoded(value.join('='))];
      }),
  );
}

/** `delete pods shop/web-1`, for messages. */
function place(event: Fields): string {
  const reference = fields(event['objectRef']);
  const name = [reference['namespace'], reference['name']]
    .filter((part) => text(part) !== undefined)
    .join('/');
  return [event['verb'], reference['resource'], name].filter((part) => text(part) !== undefined).join(' ');
}
