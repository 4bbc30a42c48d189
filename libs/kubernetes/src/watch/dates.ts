import { at, type Instant, parseInstant, SECOND, text } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { ApiStatusError } from '../client/errors.ts';
import type { ApiObject } from '../client/resources.ts';
import { LEASES } from '../leading/leadership.ts';

/** So many leases tell the time well enough: each is renewed every ten seconds or oftener. */
const LEASES_MAX = 50;
/** Leases are renewed within this time, in seconds. */
const RENEWED = 3;
/** Where leases may not be read, or there are none, the API server is not asked again for so long, in microseconds. */
const REST = 60 * SECOND;

/**
 * When versions were written, by the leases of a cluster: its counter goes up with each renewal, which says when it was. So they date what
 * was written in between, however late it is told, to a few seconds: by no clock and no connection of ours.
 *
 * API servers keep the state of each version for some five minutes. What is asked for later, or is counted by another store, has no date.
 */
export class Dates {
  readonly #client: KubernetesClient;
  readonly #now: () => Instant;
  #restUntil: Instant = -Infinity;

  constructor(client: KubernetesClient, now: () => Instant) {
    this.#client = client;
    this.#now = now;
  }

  /** Not before when a version was written: some lease had been renewed by then. */
  async notBefore(resourceVersion: string, signal?: AbortSignal): Promise<Instant | undefined> {
    if (this.#now() < this.#restUntil) return undefined;
    const state = { resourceVersion, resourceVersionMatch: 'Exact', pageSize: LEASES_MAX } as const;
    try {
      for await (const page of this.#client.list(LEASES, { ...state, ...(signal && { signal }) })) {
        const renewed = page.items.flatMap((lease) => renewalOf(lease) ?? []).sort((a, b) => b - a);
        // One clock alone may be ahead.
        if (renewed.length > 0) return renewed[1] ?? renewed[0];
        this.#restUntil = this.#now() + REST;
        break;
      }
    } catch (error) {
      // Whatever it is, what is asked here is not known then.
      signal?.throwIfAborted();
      if (error instanceof ApiStatusError && error.code === 403) this.#restUntil = this.#now() + REST;
    }
    return undefined;
  }

  /** By when a version was written that was not before `notBefore`: the next lease was renewed after it. */
  async by(resourceVersion: string, notBefore: Instant, signal?: AbortSignal): Promise<Instant | undefined> {
    try {
      const events = this.#client.watch(LEASES, {
        resourceVersion,
        timeoutSeconds: RENEWED,
        silenceMilliseconds: (RENEWED + 2) * 1_000,
        ...(signal && { signal }),
      });
      for await (const { object } of events) {
        const renewed = renewalOf(object);
        // It is written a moment after it is renewed.
        if (renewed !== undefined && renewed > notBefore) return renewed + SECOND;
      }
    } catch {
      signal?.throwIfAborted();
    }
    return undefined;
  }
}

const renewalOf = (lease: ApiObject): Instant | undefined =>
  parseInstant(text(at(lease, 'spec', 'renewTime')));
