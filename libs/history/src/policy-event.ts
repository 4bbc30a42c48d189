import type { Instant, Key } from '@margay/ground';
import type { Actor } from './change.ts';

/**
 * What became of an attempt: it was done, the API server refused it, so that nothing changed, or it is not known whether it
 * was done.
 */
export type Outcome = 'done' | 'refused' | 'unsettled';

/**
 * One attempt to write a policy, or another object that plays a part in reports: who did what, and what became of it. Its key is what was written, with an empty name
 * where the request names none, as `deletecollection`.
 */
export interface PolicyEvent extends Key {
  /** The same for the same audit event, however often it is read. */
  readonly eventId: string;
  /** When the API server had answered. */
  readonly at: Instant;
  readonly verb: string;
  /** Who acted, if known. */
  readonly actor?: Actor;
  readonly outcome: Outcome;
  /** The audit event as the trail keeps it, without bookkeeping of the API server. */
  readonly event: unknown;
}

/** A policy event as topics and stores keep it: flat, the audit event as JSON, null where something is absent. */
export interface FlatPolicyEvent extends Omit<PolicyEvent, 'actor' | 'event' | 'outcome'> {
  /** Whether the outcome is `refused`: all that was kept of it once, and what older readers know. */
  readonly refused: boolean;
  /** Null where it was written when unsettled attempts were not kept. */
  readonly outcome: Outcome | null;
  readonly user: string | null;
  readonly impersonated: string | null;
  readonly event: string;
}

/** A policy event, flat. */
export function flatPolicyEvent(told: PolicyEvent): FlatPolicyEvent {
  const { eventId, at, group, resource, namespace, name, verb, actor, outcome, event } = told;
  return {
    eventId,
    at,
    group,
    resource,
    namespace,
    name,
    verb,
    user: actor?.user ?? null,
    impersonated: actor?.impersonated ?? null,
    refused: outcome === 'refused',
    outcome,
    event: JSON.stringify(event),
  };
}

/** The policy event of its flat form. What more stands beside it is left out. */
export function policyEventOf(flat: FlatPolicyEvent): PolicyEvent {
  const { eventId, at, group, resource, namespace, name, verb, user, impersonated, event } = flat;
  return {
    eventId,
    at,
    group,
    resource,
    namespace,
    name,
    verb,
    ...(user !== null && { actor: { user, ...(impersonated !== null && { impersonated }) } }),
    outcome: flat.outcome ?? (flat.refused ? 'refused' : 'done'),
    event: JSON.parse(event) as unknown,
  };
}
