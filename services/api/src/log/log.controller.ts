import { Controller, Inject, Query, Res } from '@nestjs/common';
import { OPERATIONS, type GrowthQuery } from '@margay/api-contract';
import { missing, Problem, refused } from '@margay/runtime';
import { growthProof, LogRefused, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply } from 'fastify';
import { Serves } from '../http/serves.ts';

const TEXT = 'text/plain; charset=utf-8';

/** The transparency log over the archived reports. It says nothing of a report but hashes, so whoever is signed in may have it. */
@Controller()
export class LogController {
  readonly #stores: Stores;

  constructor(@Inject(STORES) stores: Stores) {
    this.#stores = stores;
  }

  @Serves(OPERATIONS.checkpoint)
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const head = await this.#stores.ledger.head();
    if (head === undefined) throw missing('checkpoint: no report is in the log');
    void reply.type(TEXT).header('cache-control', 'no-cache');
    return head.checkpoint;
  }

  @Serves(OPERATIONS.growth)
  async growth(
    @Query({ schema: OPERATIONS.growth.query }) { from, to }: GrowthQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const hashes = await growthProof(this.#stores.ledger, from, to).catch((error: unknown) => {
      if (error instanceof LogRefused) throw new Problem(409, 'The log was changed', error.message);
      throw error instanceof RangeError ? refused(error.message) : error;
    });
    void reply.type(TEXT);
    return hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  }
}
