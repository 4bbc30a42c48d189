import type { Canary } from '@margay/coverage';
import { formatInstant, type Instant, MINUTE } from '@margay/ground';
import { lostBetween, type AuditCounts, type CanaryWriter, type WrittenCanary } from '@margay/kubernetes';

/** How often an API server's own counters are read, in microseconds: they are long texts. */
const LOOK_EACH = 5 * MINUTE;
/** How often it is asked again where it did not say. */
const ASK_AGAIN = 60 * MINUTE;

interface Look {
  readonly at: Instant;
  readonly due: Instant;
  readonly counts?: AuditCounts;
}

/** What API servers say that they could not hand on. */
export class LostEvents {
  readonly #writer: Pick<CanaryWriter, 'counts'>;
  readonly #looks = new Map<string, Look>();

  constructor(writer: Pick<CanaryWriter, 'counts'>) {
    this.#writer = writer;
  }

  /**
   * The canaries of those API servers that are due to be looked at, of those through which they were written just now. One is due
   * some minutes after it is seen first, so that a start costs no more than what follows.
   */
  due(servers: readonly string[], written: readonly WrittenCanary[]): readonly WrittenCanary[] {
    for (const server of this.#looks.keys()) if (!servers.includes(server)) this.#looks.delete(server);
    return written.filter(({ server, state, at }) => {
      if (state !== 'written') return false;
      const look = this.#looks.get(server);
      // A clock that was put back would put it off for as long.
      if (look === undefined || at < look.at) this.#looks.set(server, { ...look, at, due: at + LOOK_EACH });
      return look !== undefined && at >= look.due;
    });
  }

  /** Looks at the API servers of these canaries. @param now when it is. */
  async look(
    due: readonly WrittenCanary[],
    now: Instant,
  ): Promise<{ server: string; count: number; canary: Canary }[]> {
    const found = await Promise.all(due.map((canary) => this.#lookAt(canary, now)));
    return found.filter((lost) => lost !== undefined);
  }

  async #lookAt({ message: _, ...canary }: WrittenCanary, at: Instant) {
    const { server } = canary;
    const before = this.#looks.get(server);
    const counts = await this.#writer.counts(server);
    this.#looks.set(server, { at, due: at + (counts ? LOOK_EACH : ASK_AGAIN), ...(counts && { counts }) });
    if (!before?.counts || !counts) return undefined;
    const lost = Object.entries(lostBetween(before.counts, counts));
    const count = lost.reduce((sum, [, more]) => sum + more, 0);
    if (count === 0) return undefined;
    const message = `The API server ${server} says that it could not hand on ${count} audit event${count === 1 ? '' : 's'} between ${formatInstant(before.at)} and ${formatInstant(at)} (apiserver_audit_error_total, ${lost.map(([plugin, more]) => `${plugin || 'any'}: ${more}`).join(', ')}): what they told is not known.`;
    return { server, count, canary: { ...canary, at, state: 'lost' as const, since: before.at, message } };
  }
}
