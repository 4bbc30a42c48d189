import { Controller, Inject, Param } from '@nestjs/common';
import { OPERATIONS, type PolicyChange, type Run } from '@margay/api-contract';
import { missing } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { TheRun } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { TABLES } from '../tokens.ts';
import { policyChange } from './policy-change.ts';
import type { Tables } from './tables.ts';

/** What the events of a policy audit changed. */
@Controller()
export class ChangesController {
  readonly #runs: RunList;
  readonly #tables: Tables;
  readonly #stores: Stores;

  constructor(
    @Inject(RunList) runs: RunList,
    @Inject(TABLES) tables: Tables,
    @Inject(STORES) stores: Stores,
  ) {
    this.#runs = runs;
    this.#tables = tables;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.change)
  async change(@TheRun('id') run: Run, @Param('auditId') auditId: string): Promise<PolicyChange> {
    const header = await this.#runs.reportOf(run);
    for (const kind of ['auditEvents', 'refusedPolicyWrites', 'unsettledPolicyWrites'] as const) {
      const { rows } = await this.#tables(header.id, kind);
      const found = rows.find(({ auditID }) => auditID === auditId);
      if (found !== undefined) return policyChange(this.#stores.history, found);
    }
    throw missing(`audit event ${auditId} in this report`);
  }
}
