import { type Instant, SECOND } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { ApiStatusError } from '../client/errors.ts';
import { LEASES } from '../leading/leadership.ts';
import { writtenAt } from './written-at.ts';

/** So many leases tell the time well enough: each is renewed every ten seconds or oftener. */
const LEASES_MAX = 50;
/** Leases are renewed within this time, in seconds. */
const RENEWED = 3;
/** Where leases may not be read, or there are none, the API server is not asked again for so long, in microseconds. */
const REST = 60 * SECOND;

/** When leases had been written by some version. */
interface Written {
  /** The version was written after this. */
  readonly notBefore: Instant;
  readonly newest: Instant;
}

/**
 * When versions were written, by the leases of a cluster: its counter goes up with each renewal, and the record of each says when the API
 * server wrote it. So they date what was written in between, however late it is told, to a few seconds: by no connection of ours, and by
 * the clock of the API server alone, which dates audit events too. What a lease itself says is by the clock of its holder, any node's.
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

  /** What leases had been written by a version; undefined where that cannot be had. */
  async before(resourceVersion: string, signal?: AbortSignal): Promise<Written | undefined> {
    if (this.#now() < this.#restUntil) return undefined;
    const state = { resourceVersion, resourceVersionMatch: 'Exact', pageSize: LEASES_MAX } as const;
    try {
      for await (const page of this.#client.list(LEASES, { ...state, ...(signal && { signal }) })) {
        const written = page.items.flatMap((lease) => writtenAt(lease) ?? []).sort((a, b) => b - a);
        // One record alone may be ahead: whoever may write a lease may write that.
        const [newest, second = newest] = written;
        if (newest !== undefined) return { notBefore: second!, newest };
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

  /** By when a version was written: the next lease was written after it. @param newest of what had been written before. */
  async by(resourceVersion: string, newest: Instant, signal?: AbortSignal): Promise<Instant | undefined> {
    try {
      const events = this.#client.watch(LEASES, {
        resourceVersion,
        timeoutSeconds: RENEWED,
        silenceMilliseconds: (RENEWED + 2) * 1_000,
        ...(signal && { signal }),
      });
      for await (const { type, object } of events) {
        // What ends leases, or takes something from one, leaves no record of when.
        const written = type === 'DELETED' ? undefined : writtenAt(object);
        // Records are cut to the second.
        if (written !== undefined && written > newest) return written + SECOND;
      }
    } catch {
      signal?.throwIfAborted();
    }
    return undefined;
  }
}
