import { Controller, Inject } from '@nestjs/common';
import { OPERATIONS, type Coverage } from '@margay/api-contract';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Serves } from '../http/serves.ts';
import { coverageOf } from './coverage.ts';

/** What each source delivered. */
@Controller()
export class CoverageController {
  readonly #stores: Stores;

  constructor(@Inject(STORES) stores: Stores) {
    this.#stores = stores;
  }

  @Serves(OPERATIONS.coverage)
  async coverage(): Promise<Coverage> {
    return coverageOf(await this.#stores.coverage.marks());
  }
}
