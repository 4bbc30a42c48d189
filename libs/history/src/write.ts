import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  fields,
  type Fields,
  Fingerprint,
  type Instant,
  type Kind,
  nonEmptyText,
  parseInstant,
  servedName,
  STORAGE_GROUP,
  text,
} from '@margay/ground';
import type { Actor, Origin } from './change.ts';
import type { Outcome, PolicyEvent } from './policy-event.ts';
import { trailOf } from './trail.ts';

/** An event by which somebody wrote, or tried to write, an object of a kind in scope. */
export interface Write {
  readonly event: Fields;
  readonly verb: string;
  readonly kind: Kind;
  /** The event's `objectRef`. */
  readonly reference: Fields;
  /** The object is in Calico's storage form. */
  readonly storageForm: boolean;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly origin: Origin;
  readonly eventId: string;
  readonly actor?: Actor;
}

/** @param at when the event says that the request was answered. */
export function writeOf(event: Fields, kind: Kind, at: Instant, origin: Origin): Write {
  const reference = fields(event['objectRef']);
  const received = parseInstant(event['requestReceivedTimestamp']) ?? at;
  const actor = actorOf(event);
  return {
    event,
    verb: event['verb'] as string,
    kind,
    reference,
    storageForm: reference['apiGroup'] === STORAGE_GROUP,
    at,
    receivedAt: Math.min(received, at),
    origin,
    eventId: eventIdOf(event, reference, received, at),
    ...(actor !== undefined && { actor }),
  };
}

/** What all changes of an event share. */
export function factsOf({ kind, at, receivedAt, actor, origin, eventId }: Write) {
  return {
    eventId,
    group: kind.group,
    resource: kind.resource,
    at,
    receivedAt,
    ...(actor !== undefined && { actor }),
    origin,
  };
}

/** The attempt for the audit trail, where it is about more than a subresource, as a status. */
export function trail(write: Write, outcome: Outcome, name?: string): { policyEvent?: PolicyEvent } {
  const { kind, reference, verb, event, at, actor, eventId, storageForm } = write;
  if (kind.trail === 'nothing' || nonEmptyText(reference['subresource']) !== undefined) return {};
  const given =
    nonEmptyText(reference['name']) ?? text(fields(fields(event['requestObject'])['metadata'])['name']);
  return {
    policyEvent: {
      eventId,
      at,
      group: kind.group,
      resource: kind.resource,
      namespace: kind.namespaced ? text(reference['namespace']) : '',
      name: name ?? (storageForm ? servedName(given, kind.role === 'policy') : given),
      verb,
      ...(actor !== undefined && { actor }),
      outcome,
      event: trailOf(event, kind),
    },
  };
}

/** `delete pods shop/web-1`, for messages. */
export function placeOf(event: Fields): string {
  const reference = fields(event['objectRef']);
  const name = [reference['namespace'], reference['name']]
    .filter((part) => nonEmptyText(part) !== undefined)
    .join('/');
  return [event['verb'], reference['resource'], name]
    .filter((part) => nonEmptyText(part) !== undefined)
    .join(' ');
}

function actorOf(event: Fields): Actor | undefined {
  const user = nonEmptyText(fields(event['user'])['username']);
  if (user === undefined) return undefined;
  const impersonated = nonEmptyText(fields(event['impersonatedUser'])['username']);
  return { user, ...(impersonated !== undefined && { impersonated }) };
}

/**
 * A deterministic id. The audit ID alone would let a client hide a change behind another one's ID, since any client
 * may choose it; the API server's own timestamps, and which object it is about, it cannot choose as well.
 */
function eventIdOf(event: Fields, reference: Fields, received: Instant, at: Instant): string {
  const given = text(event['auditID']);
  const id = given.length <= 64 ? given : bytesToHex(sha256(utf8ToBytes(given))).slice(0, 32);
  const { apiGroup, resource, subresource, namespace, name } = reference;
  const object = fingerprint([apiGroup, resource, subresource, namespace, name]);
  return `${id}.${timeText(received)}.${(at - received).toString(36)}.${String(event['verb'])}.${object}`;
}

/** Short for an instant. In two halves, since only small whole numbers are written fast. */
const timeText = (instant: Instant): string =>
  `${Math.floor(instant / 1e9).toString(36)}:${(instant - Math.floor(instant / 1e9) * 1e9).toString(36)}`;

/** Tells texts apart, in 62 bits: see `Fingerprint`. */
function fingerprint(texts: readonly unknown[]): string {
  const print = new Fingerprint();
  for (const text of texts) {
    if (typeof text === 'string') for (let i = 0; i < text.length; i++) print.add(text.charCodeAt(i));
    print.add(10);
  }
  const [a, b] = print.halves();
  return `${(a >>> 1).toString(36)}${(b >>> 1).toString(36)}`;
}
