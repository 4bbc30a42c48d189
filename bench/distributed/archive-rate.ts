import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { resourceChanges } from '@margay/contracts';
import { publishAll } from '@margay/messaging';
import { serviceProcess } from '../../test/testing/service-process.ts';
import { generatedChanges } from '../history/changes.ts';
import { installation, secondsOf, verdict } from './servers.ts';

const GOAL = 0.5;

/** A document as it is found. */
interface Found {
  readonly index: string;
  readonly id: string;
  readonly document: object;
}

/**
 * From the topic to Elasticsearch, against the client's bulk helper writing raw the documents that are there in the
 * end.
 */
export async function benchArchive(print: (line: string) => void, quick: boolean): Promise<void> {
  const own = await installation('kept');
  const other = await installation('raw');
  const changes = generatedChanges(quick ? 6_000 : 60_000).map((change) => ({ ...change, cluster: 'bench' }));
  for (let at = 0; at < changes.length; at += 2_000)
    await publishAll(own.bus, resourceChanges, changes.slice(at, at + 2_000));
  const client = new Client({ node: own.environment.ELASTICSEARCH_URLS });
  const snapshotter = serviceProcess('snapshotter', own.environment);
  try {
    const url = await snapshotter.url();
    // From the first batch on: joining the group is not what is measured.
    const first = await keptAtLeast(url, 1);
    const last = await keptAtLeast(url, changes.length);
    const rate = (last.kept - first.kept) / ((last.at - first.at) / 1_000);

    const found = await documentsOf(client, own.environment.ELASTICSEARCH_INDEX_PREFIX);
    const places = new Map(found.map(({ index, id, document }) => [document, { index, id }]));
    const renamed = (index: string) =>
      index.replace(own.environment.ELASTICSEARCH_INDEX_PREFIX, other.environment.ELASTICSEARCH_INDEX_PREFIX);
    const raw = await secondsOf(() =>
      client.helpers.bulk({
        datasource: [...places.keys()],
        onDocument(document) {
          const { index = '', id = '' } = places.get(document as object) ?? {};
          return { index: { _index: renamed(index), _id: id } };
        },
      }),
    );
    const documentsPerChange = found.length / changes.length;
    print(
      `topic to Elasticsearch, ${changes.length} changes that leave ${found.length} documents: ${rate.toFixed(0)} changes/s; ` +
        `the bulk helper writes ${(found.length / raw).toFixed(0)} of the documents/s, which are those of ` +
        `${(found.length / raw / documentsPerChange).toFixed(0)} changes/s`,
    );
    print(`  rate against the bulk helper: ${verdict(rate / (changes.length / raw), GOAL)}`);
  } finally {
    snapshotter.end();
    await client.close();
    await own.close();
    await other.close();
  }
}

/** When the snapshotter says that it has kept so many changes. */
async function keptAtLeast(url: string, least: number): Promise<{ at: number; kept: number }> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const kept = Number(/^margay_kept_changes_total\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    if (kept >= least) return { at: performance.now(), kept };
    await sleep(50);
  }
}

/** Every document of the indices with this prefix. */
async function documentsOf(client: Client, prefix: string): Promise<Found[]> {
  await client.indices.refresh({ index: `${prefix}-*` });
  const found: Found[] = [];
  const scroll = client.helpers.scrollSearch<object>({ index: `${prefix}-*`, size: 5_000 });
  for await (const { body } of scroll) {
    for (const { _index: index, _id: id, _source: document } of body.hits.hits)
      if (id !== undefined && document !== undefined) found.push({ index, id, document });
  }
  return found;
}
