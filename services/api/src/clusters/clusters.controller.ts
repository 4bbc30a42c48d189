import { OPERATIONS, type Clusters } from '@margay/api-contract';
import { Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { CLUSTERS_HERE } from '../tokens.ts';
import type { ClustersHere } from './clusters-here.ts';

/** The clusters that there are here. */
@Controller()
export class ClustersController {
  readonly #clusters: ClustersHere;

  constructor(@Inject(CLUSTERS_HERE) clusters: ClustersHere) {
    this.#clusters = clusters;
  }

  @Serves(OPERATIONS.clusters)
  clusters(@Asking() viewer: Viewer, @Req() request: FastifyRequest): Promise<Clusters> {
    const { asked, fleet } = this.#clusters;
    return fleet.seenBy(viewer, asked, request);
  }
}
