import type { IncomingMessage, ServerResponse } from 'node:http';
import { refused } from '@margay/runtime';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { CLUSTERS_HERE } from '../tokens.ts';
import type { ClustersHere } from './clusters-here.ts';
import { noteUnserved, unknownCluster } from './unknown-cluster.ts';

/** Hands what is asked of another cluster (`?cluster=`) on to what serves that one, before it is asked who asks. */
@Injectable()
export class ClusterDoor implements NestMiddleware {
  readonly #clusters: ClustersHere;

  constructor(@Inject(CLUSTERS_HERE) clusters: ClustersHere) {
    this.#clusters = clusters;
  }

  use(
    request: IncomingMessage & { readonly originalUrl?: string },
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    const url = request.originalUrl ?? request.url ?? '/';
    const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    const named = new URLSearchParams(search).getAll('cluster');
    if (named.length > 1) throw refused('cluster: name one');
    const [cluster = this.#clusters.asked] = named;
    if (cluster === this.#clusters.asked) return next();
    if (!this.#clusters.names.includes(cluster)) {
      noteUnserved(request, cluster, unknownCluster());
      return next();
    }
    this.#clusters.answers(cluster).then(
      (answer) => {
        request.url = url;
        answer(request, response);
      },
      (problem: unknown) => {
        noteUnserved(request, cluster, problem);
        next();
      },
    );
  }
}
