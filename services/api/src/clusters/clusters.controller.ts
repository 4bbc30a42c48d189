import { OPERATIONS, type Clusters } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { clusterUidOf, type Stores } from '@margay/storage';
import { Controller, Inject } from '@nestjs/common';
import { Serves } from '../http/serves.ts';
import { contentOf } from '../runs/runs.ts';
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
  async clusters(): Promise<Clusters> {
    const { asked, names, told } = this.#clusters;
    const items = names.map(async (name) => {
      const stores = told.get(name);
      return { name, isAsked: name === asked, told: stores === undefined ? null : await howItIs(stores) };
    });
    return { items: await Promise.all(items) };
  }
}

/** How a cluster is, of headers and of what is first in its history. */
async function howItIs({
  archive,
  history,
}: Stores): Promise<NonNullable<Clusters['items'][number]['told']>> {
  const [span, uid, { headers }] = await Promise.all([
    history.span(),
    clusterUidOf(history),
    archive.headers({ limit: 1 }),
  ]);
  const [newest] = headers;
  return {
    uid: uid ?? null,
    lastSeen: span === undefined ? null : formatInstant(span.last),
    grade: (newest && contentOf(newest).evidence.sources?.grade) ?? null,
  };
}
