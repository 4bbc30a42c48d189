import { Controller, Inject, Query } from '@nestjs/common';
import { OPERATIONS, type ClusterState, type Query as QueryOf } from '@margay/api-contract';
import { parseInstant } from '@margay/ground';
import { refused } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { TheScope, type ExportedScope } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { NETWORKS } from '../tokens.ts';
import { clusterStateAt, type WholeState } from './cluster-state.ts';

/** How many doubts are listed that no endpoint names. */
const OTHERS_MAX = 200;

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
    @TheScope() scope: ExportedScope,
    @Query({ schema: OPERATIONS.state.query }) { at, filter = '', limit }: QueryOf<typeof OPERATIONS.state>,
  ): Promise<ClusterState> {
    const instant = parseInstant(at);
    if (instant === undefined) throw refused('at is no time: give one as RFC 3339 writes it');
    const state = await clusterStateAt(this.#stores, instant, {
      ...(this.#privateNetworks && { privateNetworks: this.#privateNetworks }),
      ...(scope !== 'all' && { scope }),
    });
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const endpoints = state.endpoints.filter(({ endpoint, policies }) =>
      words.every((word) => `${endpoint} ${policies.join(' ')}`.toLowerCase().includes(word)),
    );
    const shown = endpoints.slice(0, limit);
    return { ...state, endpoints: shown, total: endpoints.length, doubts: doubtsFor(shown, state.doubts) };
  }
}

/** The doubts that endpoints name, and the first of the others, in the order of their beginning. */
function doubtsFor(endpoints: ClusterState['endpoints'], all: WholeState['doubts']): ClusterState['doubts'] {
  const named = new Set(endpoints.flatMap(({ doubts }) => doubts));
  const others = new Set(all.filter(({ id }) => !named.has(id)).slice(0, OTHERS_MAX));
  return { total: all.length, listed: all.filter((doubt) => named.has(doubt.id) || others.has(doubt)) };
}
