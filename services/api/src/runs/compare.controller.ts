import { Controller, Inject } from '@nestjs/common';
import { OPERATIONS, type Comparison, type Run } from '@margay/api-contract';
import { Problem } from '@margay/runtime';
import { TheRun } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import type { Tables } from '../rows/tables.ts';
import { TABLES } from '../tokens.ts';
import { compareEndpoints } from './compare.ts';
import { RunList } from './run-list.ts';

/** Two reports side by side. */
@Controller()
export class CompareController {
  readonly #runs: RunList;
  readonly #tables: Tables;

  constructor(@Inject(RunList) runs: RunList, @Inject(TABLES) tables: Tables) {
    this.#runs = runs;
    this.#tables = tables;
  }

  /** @throws Problem 409 where the reports are of different types: one lists what the other never asks for. */
  @Serves(OPERATIONS.compare)
  async compare(@TheRun('id') run: Run, @TheRun('other') other: Run): Promise<Comparison> {
    const later = await this.#runs.reportOf(run);
    const earlier = await this.#runs.reportOf(other);
    if (later.reportType !== earlier.reportType)
      throw new Problem(
        409,
        'Not comparable',
        `Run ${later.id} is of the type ${later.reportType}, and run ${earlier.id} of ${earlier.reportType}: compare runs of one type`,
      );
    return compareEndpoints(
      await this.#tables(earlier.id, 'endpoints'),
      await this.#tables(later.id, 'endpoints'),
    );
  }
}
