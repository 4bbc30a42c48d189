import { fields, formatMicros, MINUTE, parseInstant, text, type Instant } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { isConflict, isNotFound } from '../client/errors.ts';
import { apiVersionOf, type ApiObject, type ApiResource } from '../client/resources.ts';

/** Leases of the API. */
export const LEASES: ApiResource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  namespaced: true,
};

/** The Lease of who schedules the GlobalReports of a group: in a namespace that every cluster has, and called as their definition. */
export const reportsLease = (group: string) => ({ namespace: 'default', name: `globalreports.${group}` });

export interface LeadershipOptions {
  /** The API group of the GlobalReports. */
  readonly group: string;
  /** What the installation is called: all of its replicas are one. */
  readonly installation: string;
  readonly now: () => Instant;
  /** How long one that says nothing more still leads; 60 s unless set. */
  readonly leaseSeconds?: number;
}

/** Longer than clocks of servers differ. */
const LONG_AGO = 10 * MINUTE;

/** Who schedules the GlobalReports of a cluster. */
export interface Leading {
  readonly isOurs: boolean;
  /** The installation that does. */
  readonly by: string;
}

/** What of another's Lease was seen, and since when it says nothing else. */
interface Seen {
  readonly resourceVersion: string;
  readonly since: number;
}

/**
 * Of several installations that follow the GlobalReports of one cluster, one leads: the one that has the Lease. Another one takes it when
 * it was not renewed for as long as it says, by this machine's own clock: those of others may be wrong.
 */
export class Leadership {
  readonly #client: KubernetesClient;
  readonly #options: LeadershipOptions;
  readonly #path: ReturnType<typeof reportsLease>;
  #seen: Seen | undefined;

  constructor(client: KubernetesClient, options: LeadershipOptions) {
    this.#client = client;
    this.#options = options;
    this.#path = reportsLease(options.group);
  }

  /** Takes or renews the Lease where it may. To be called several times a lease. @throws what the API server refuses. */
  async renew(): Promise<Leading> {
    const found = (await this.#client.find(LEASES, this.#path)) ?? (await this.#make());
    const { holder, seconds } = readLease(found);
    const { installation } = this.#options;
    if (holder !== installation && holder !== '' && !this.#isOver(found, seconds))
      return { isOurs: false, by: holder };
    try {
      await this.#write(found, holder);
      return { isOurs: true, by: installation };
    } catch (error) {
      // Another replica renewed it meanwhile, or another installation took it.
      if (!isConflict(error) && !isNotFound(error)) throw error;
      const { holder: by } = readLease(await this.#client.get(LEASES, this.#path));
      return { isOurs: by === installation, by };
    }
  }

  /** Whether another's has not changed for as long as it is good, or was renewed so long ago that no clock is that wrong. */
  #isOver({ metadata: { resourceVersion = '' }, spec }: ApiObject, seconds: number): boolean {
    const renewed = parseInstant(fields(spec)['renewTime']);
    if (renewed !== undefined && this.#options.now() - renewed > LONG_AGO) return true;
    if (this.#seen?.resourceVersion !== resourceVersion)
      this.#seen = { resourceVersion, since: performance.now() };
    return performance.now() - this.#seen.since > seconds * 1_000;
  }

  async #write({ metadata, spec }: ApiObject, holder: string): Promise<void> {
    const { installation } = this.#options;
    const { uid, resourceVersion } = metadata;
    const isTaken = holder !== installation;
    await this.#client.patch(LEASES, this.#path, {
      metadata: { uid, resourceVersion },
      spec: {
        ...this.#spec(),
        ...(isTaken && { leaseTransitions: Number(fields(spec)['leaseTransitions'] ?? 0) + 1 }),
      },
    });
  }

  #make(): Promise<ApiObject> {
    return this.#client.createOrGet(LEASES, {
      apiVersion: apiVersionOf(LEASES),
      kind: 'Lease',
      metadata: this.#path,
      spec: this.#spec(),
    });
  }

  #spec() {
    const { installation, now, leaseSeconds = 60 } = this.#options;
    return {
      holderIdentity: installation,
      leaseDurationSeconds: leaseSeconds,
      renewTime: formatMicros(now()),
    };
  }
}

const readLease = ({ spec }: ApiObject) => ({
  holder: text(fields(spec)['holderIdentity']),
  seconds: Number(fields(spec)['leaseDurationSeconds'] ?? 60),
});
