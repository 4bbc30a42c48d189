import { Controller, Inject } from '@nestjs/common';
import { OPERATIONS, type Comparison, type Run } from '@margay/api-contract';
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

  @Serves(OPERATIONS.compare)
  async compare(@TheRun('id') run: Run, @TheRun('other') other: Run): Promise<Comparison> {
    const later = await this.#runs.reportOf(run);
    const earlier = await this.#runs.reportOf(other);
    return compareEndpoints(
      await this.#tables(earlier.id, 'endpoints'),
      await this.#tables(later.id, 'endpoints'),
    );
  }
}
