import { Controller, Inject } from '@nestjs/common';
import { OPERATIONS, type Coverage } from '@margay/api-contract';
import { retirementsIn } from '@margay/coverage';
import { Readiness } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { TheScope, type ExportedScope } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { coverageOf, onlyCounted } from './coverage.ts';

/** What each source delivered, and how it is. */
@Controller()
export class CoverageController {
  readonly #stores: Stores;
  readonly #readiness: Readiness;

  constructor(@Inject(STORES) stores: Stores, @Inject(Readiness) readiness: Readiness) {
    this.#stores = stores;
    this.#readiness = readiness;
  }

  @Serves(OPERATIONS.coverage)
  async coverage(@TheScope() scope: ExportedScope): Promise<Coverage> {
    const [marks, facts, { headers }] = await Promise.all([
      this.#stores.coverage.marks(),
      this.#stores.tellers.facts(),
      // The last window comes first.
      this.#stores.archive.headers({ limit: 1 }),
    ]);
    const coverage = coverageOf(marks, this.#readiness.sources, headers[0]?.end, retirementsIn(facts));
    return scope === 'all' ? coverage : onlyCounted(coverage);
  }
}
