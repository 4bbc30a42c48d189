import type { Canary } from '@margay/coverage';
import { formatInstant, type Instant, MINUTE } from '@margay/ground';
import { lostBetween, type AuditCounts, type CanaryWriter, type WrittenCanary } from '@margay/kubernetes';

/** How often an API server's own counters are read, in microseconds: they are long texts. */
const LOOK_EACH = 5 * MINUTE;
/** How often it is asked again where it did not say. */
const ASK_AGAIN = 60 * MINUTE;

interface Look {
  readonly at: Instant;
  readonly counts: AuditCounts | undefined;
}

/** What API servers say that they could not hand on. */
export class LostEvents {
  readonly #writer: Pick<CanaryWriter, 'counts'>;
  readonly #looks = new Map<string, Look>();

  constructor(writer: Pick<CanaryWriter, 'counts'>) {
    this.#writer = writer;
  }

  /** Looks, where it is time, at the API servers through which canaries were written just now. */
  async look(
    servers: readonly string[],
    written: readonly WrittenCanary[],
  ): Promise<{ server: string; count: number; canary: Canary }[]> {
    for (const server of this.#looks.keys()) if (!servers.includes(server)) this.#looks.delete(server);
    const found = await Promise.all(
      written.filter(({ state }) => state === 'written').map((canary) => this.#lookAt(canary)),
    );
    return found.filter((lost) => lost !== undefined);
  }

  async #lookAt({ message: _, ...canary }: WrittenCanary) {
    const { server, at } = canary;
    const before = this.#looks.get(server);
    const isTime = before === undefined || at - before.at >= (before.counts ? LOOK_EACH : ASK_AGAIN);
    if (!isTime) return undefined;
    const counts = await this.#writer.counts(server);
    this.#looks.set(server, { at, counts });
    if (!before?.counts || !counts) return undefined;
    const lost = Object.entries(lostBetween(before.counts, counts));
    const count = lost.reduce((sum, [, more]) => sum + more, 0);
    if (count === 0) return undefined;
    const message = `The API server ${server} says that it could not hand on ${count} audit event${count === 1 ? '' : 's'} between ${formatInstant(before.at)} and ${formatInstant(at)} (apiserver_audit_error_total, ${lost.map(([plugin, more]) => `${plugin || 'any'}: ${more}`).join(', ')}): what they told is not known.`;
    return { server, count, canary: { ...canary, state: 'lost' as const, since: before.at, message } };
  }
}
