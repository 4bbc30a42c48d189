import { type Instant, SECOND } from '@margay/ground';
import type { KubernetesClient, Selection } from '../client/client.ts';
import { ApiStatusError, isExpired } from '../client/errors.ts';
import type { ApiObject } from '../client/resources.ts';
import { LEASES } from '../leading/leadership.ts';
import { writtenAt } from './written-at.ts';

/**
 * Leases that are renewed every ten seconds or oftener: those of nodes, however many there are, and of those who lead. So many of each
 * tell the time well enough. In others' namespaces may be any number that nobody renews any more: they are asked for where these have none.
 */
const WHERE = ['kube-node-lease', 'kube-system'];
const LEASES_MAX = 50;
/**
 * An API server tells the renewals of the last minutes only. The state of leases so many versions later, and twice as many, and so on, tells
 * of older ones; so often it is asked for.
 */
const LATER_MAX = 10;
/** Leases are renewed within this time, in seconds. */
const RENEWED = 3;
/** Where leases may not be read, or there are none, the API server is not asked again for so long, in microseconds. */
const REST = 60 * SECOND;

/** When leases had been written by some version. */
interface Written {
  /** The version was written after this. */
  readonly notBefore: Instant;
  /** By the uids of leases. */
  readonly records: ReadonlyMap<string, Instant>;
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
    try {
      const records = await this.#recordsAt(resourceVersion, signal);
      // One record alone may be ahead: whoever may write a lease may write that.
      const [newest, notBefore = newest] = [...records.values()].sort((a, b) => b - a);
      if (notBefore !== undefined) return { notBefore, records };
      this.#restUntil = this.#now() + REST;
    } catch (error) {
      // Whatever it is, what is asked here is not known then.
      signal?.throwIfAborted();
      if (error instanceof ApiStatusError && error.code === 403) this.#restUntil = this.#now() + REST;
    }
    return undefined;
  }

  /** By when a version was written: the next lease was written after it. @param records of leases when it was written. */
  async by(
    resourceVersion: string,
    { records }: Written,
    signal?: AbortSignal,
  ): Promise<Instant | undefined> {
    try {
      const next = await this.#nextTold(resourceVersion, records, signal).catch((error: unknown) => {
        if (isExpired(error)) return this.#nextKept(resourceVersion, records, signal);
        throw error;
      });
      // Records are cut to the second.
      return next && next + SECOND;
    } catch {
      signal?.throwIfAborted();
    }
    return undefined;
  }

  async #nextTold(
    resourceVersion: string,
    records: Written['records'],
    signal: AbortSignal | undefined,
  ): Promise<Instant | undefined> {
    const events = this.#client.watch(LEASES, {
      resourceVersion,
      timeoutSeconds: RENEWED,
      silenceMilliseconds: (RENEWED + 2) * 1_000,
      ...(signal && { signal }),
    });
    for await (const { type, object } of events) {
      const next = type === 'DELETED' ? undefined : renewedAt(object, records);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  async #nextKept(
    resourceVersion: string,
    records: Written['records'],
    signal: AbortSignal | undefined,
  ): Promise<Instant | undefined> {
    for (let i = 0; i < LATER_MAX; i++) {
      const later = String(BigInt(resourceVersion) + 2n ** BigInt(i));
      const leases = await this.#leasesAt(later, signal);
      const next = leases.flatMap((lease) => renewedAt(lease, records) ?? []);
      if (next.length > 0) return Math.min(...next);
    }
    return undefined;
  }

  async #recordsAt(resourceVersion: string, signal?: AbortSignal): Promise<Map<string, Instant>> {
    const leases = await this.#leasesAt(resourceVersion, signal);
    return new Map(
      leases.flatMap((lease) => {
        const written = writtenAt(lease);
        return written === undefined ? [] : [[lease.metadata.uid ?? '', written]];
      }),
    );
  }

  async #leasesAt(resourceVersion: string, signal?: AbortSignal): Promise<readonly ApiObject[]> {
    const state = { resourceVersion, resourceVersionMatch: 'Exact', pageSize: LEASES_MAX } as const;
    const firstOf = async (where: Selection): Promise<readonly ApiObject[]> => {
      const pages = this.#client.list(LEASES, { ...state, ...where, ...(signal && { signal }) });
      for await (const { items } of pages) return items;
      return [];
    };
    const found: ApiObject[] = [];
    for (const namespace of WHERE) found.push(...(await firstOf({ namespace })));
    return found.length > 1 ? found : firstOf({});
  }
}

/**
 * When a lease was renewed since, by its record; undefined where it was not, or nobody knows. What takes something from a lease leaves no
 * record of when, so one that was not known does not tell.
 */
function renewedAt(lease: ApiObject, records: Written['records']): Instant | undefined {
  const [written, before] = [writtenAt(lease), records.get(lease.metadata.uid ?? '')];
  return written !== undefined && before !== undefined && written > before ? written : undefined;
}
