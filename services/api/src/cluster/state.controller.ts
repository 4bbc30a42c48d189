import { Controller, Inject, Query } from '@nestjs/common';
import { OPERATIONS, type ClusterState, type Query as QueryOf } from '@margay/api-contract';
import { parseInstant } from '@margay/ground';
import { refused } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Serves } from '../http/serves.ts';
import { NETWORKS } from '../tokens.ts';
import { clusterStateAt } from './cluster-state.ts';

/** The cluster at an instant. */
@Controller()
export class StateController {
  readonly #stores: Stores;
  readonly #privateNetworks: readonly string[] | undefined;

  constructor(
    @Inject(STORES) stores: Stores,
    @Inject(NETWORKS) privateNetworks: readonly string[] | undefined,
  ) {
    this.#stores = stores;
    this.#privateNetworks = privateNetworks;
  }

  @Serves(OPERATIONS.state)
  async state(
    @Query({ schema: OPERATIONS.state.query }) { at, filter = '', limit }: QueryOf<typeof OPERATIONS.state>,
  ): Promise<ClusterState> {
    const instant = parseInstant(at);
    if (instant === undefined) throw refused(`at is "${at}": give an RFC 3339 time`);
    const state = await clusterStateAt(this.#stores, instant, this.#privateNetworks);
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const endpoints = state.endpoints.filter(({ endpoint, policies }) =>
      words.every((word) => `${endpoint} ${policies.join(' ')}`.toLowerCase().includes(word)),
    );
    return { ...state, endpoints: endpoints.slice(0, limit), total: endpoints.length };
  }
}
