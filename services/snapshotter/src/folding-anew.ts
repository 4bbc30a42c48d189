import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@margay/runtime';
import { LOG, Readiness, Stages } from '@margay/runtime/nest';
import type { Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';

/** While releases are changed one after the other, one of the release before may still write. */
const LOOK_MILLISECONDS = 3_600_000;

/** Has versions derived anew that another release folded in another way: at the start, and now and then. Until then `/readyz` warns of it. */
@Injectable()
export class FoldingAnew implements OnModuleInit, OnApplicationBootstrap {
  readonly #cell: Cell;
  readonly #stages: Stages;
  readonly #readiness: Readiness;
  readonly #log: Log;
  /** Of which it is not known yet that every version is of this folding. */
  readonly #open: Set<string>;

  constructor(
    @Inject(CELL) cell: Cell,
    @Inject(Stages) stages: Stages,
    @Inject(Readiness) readiness: Readiness,
    @Inject(LOG) log: Log,
  ) {
    this.#cell = cell;
    this.#stages = stages;
    this.#readiness = readiness;
    this.#log = log;
    this.#open = new Set(cell.clusters);
  }

  onModuleInit(): void {
    this.#readiness.add('folding', () =>
      this.#open.size === 0
        ? undefined
        : {
            warning: `Of ${[...this.#open].join(', ')} the history is looked through for what another release derived from it in another way: reports that are made meanwhile may rest on that.`,
          },
    );
  }

  onApplicationBootstrap(): void {
    this.#stages.keep('folding anew', async (signal) => {
      while (!signal.aborted) {
        for (const cluster of this.#cell.clusters) await this.#foldAnew(cluster, signal);
        await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  async #foldAnew(cluster: string, signal: AbortSignal): Promise<void> {
    const names = await this.#cell.of(cluster).history.foldAnew(signal);
    if (signal.aborted) return;
    this.#open.delete(cluster);
    if (names > 0)
      this.#log.info('Versions that another release had derived in another way were derived anew', {
        cluster,
        names,
      });
  }
}
