import { BUS } from '@margay/messaging/nest';
import type { Bus } from '@margay/messaging';
import { CLOCK, Readiness, type Clock } from '@margay/runtime/nest';
import { SECOND, type Instant } from '@margay/ground';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { evidenceLag } from './evidence.ts';

/** Messages that may wait: a burst of some seconds. The alert on lag begins there, too. */
const WAITING_MAX = 10_000;
/** For so long more may wait: a list of a whole cluster, or what came while the store was away. */
const SECONDS_MAX = 60;

/** Says in `/readyz` that the history is behind what was published: reports wait for it, and what pages show is old. */
@Injectable()
export class HistoryLag implements OnModuleInit {
  readonly #bus: Bus;
  readonly #readiness: Readiness;
  readonly #clock: Clock;
  /** Since when too many wait. */
  #since: Instant | undefined;

  constructor(@Inject(BUS) bus: Bus, @Inject(Readiness) readiness: Readiness, @Inject(CLOCK) clock: Clock) {
    this.#bus = bus;
    this.#readiness = readiness;
    this.#clock = clock;
  }

  onModuleInit(): void {
    this.#readiness.add('history', async () => this.look(await evidenceLag(this.#bus)));
  }

  /** What is said of so many messages that wait now. */
  look(waiting: number): string | { readonly warning: string } | undefined {
    if (waiting <= WAITING_MAX) {
      this.#since = undefined;
      return undefined;
    }
    const now = this.#clock();
    this.#since ??= now;
    const seconds = Math.floor((now - this.#since) / SECOND);
    const words = `${waiting} messages wait to be kept in the history`;
    if (seconds <= SECONDS_MAX) return { warning: `${words}.` };
    return `${words}, more than ${WAITING_MAX} since ${seconds} s: reports wait for them, and what is shown is old.`;
  }
}
