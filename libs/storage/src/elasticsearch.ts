import { onceDone } from '@margay/runtime';
import { cellOver, type Cell, type Newest } from './cell.ts';
import { ARCHIVE_TEMPLATES, elasticsearchArchive } from './archive/elasticsearch.ts';
import { newestHeaders } from './archive/elastic-newest.ts';
import { elasticsearchArrivals, OPENED_TEMPLATE } from './arrivals/elasticsearch.ts';
import { ASIDE_TEMPLATE, elasticsearchAsides } from './asides/elasticsearch.ts';
import { withAsides } from './asides/with-asides.ts';
import { COVERAGE_TEMPLATE, elasticsearchCoverage } from './coverage/elasticsearch.ts';
import { elasticsearchFlows, FLOW_TEMPLATE } from './flows/elasticsearch.ts';
import { HISTORY_TEMPLATES } from './history/elastic-documents.ts';
import { elasticsearchHistory } from './history/elasticsearch.ts';
import { elasticsearchSessions, SESSION_TEMPLATE } from './sessions/elasticsearch.ts';
import { elasticsearchLedger, LEDGER_TEMPLATES } from './ledger/elasticsearch.ts';
import { elasticsearchLists, LIST_TEMPLATE } from './lists/elasticsearch.ts';
import type { Stores } from './stores.ts';
import { elasticsearchTellers, TELLER_TEMPLATE } from './tellers/elasticsearch.ts';
import { withTellers } from './tellers/with-tellers.ts';
import { elasticsearchTrail, TRAIL_TEMPLATE } from './trail/elasticsearch.ts';
import { elasticsearchWindows, WINDOW_TEMPLATES } from './windows/elasticsearch.ts';
import { connect, type Elastic, type ElasticsearchOptions } from './elasticsearch/connection.ts';
import { putTemplates } from './elasticsearch/templates.ts';

const TEMPLATES = [
  ...HISTORY_TEMPLATES,
  TRAIL_TEMPLATE,
  FLOW_TEMPLATE,
  COVERAGE_TEMPLATE,
  TELLER_TEMPLATE,
  ASIDE_TEMPLATE,
  LIST_TEMPLATE,
  OPENED_TEMPLATE,
  ...ARCHIVE_TEMPLATES,
  ...LEDGER_TEMPLATES,
  ...WINDOW_TEMPLATES,
  SESSION_TEMPLATE,
];

/**
 * Opens the stores of one cluster in Elasticsearch 8 or 9. Nothing is asked yet, so that a service starts while no node answers; the
 * first use puts the index templates, unless it is only read.
 *
 * Ids are deterministic and documents created once, so that every write may be repeated. Evidence is kept in indices by
 * month: retention is to delete the months that are too old.
 *
 * Every use throws `Away` while no node answers, and an Error where the user lacks rights, with what to do.
 */
export async function openElasticsearch(options: ElasticsearchOptions): Promise<Stores> {
  return storesOver(await connectWithTemplates(options));
}

/** The stores of several clusters, and whether what is written to them is kept. */
export interface ElasticsearchCell extends Cell, Pick<Stores, 'close'> {
  /** See `Writes`. */
  writesProblem(): string | undefined;
}

/** Opens the stores of several clusters that share nodes and indices, over one connection; see {@link openElasticsearch}. */
export async function openElasticsearchCell(
  options: Omit<ElasticsearchOptions, 'cluster'>,
  clusters: readonly string[],
): Promise<ElasticsearchCell> {
  const elastic = await connectWithTemplates({ ...options, cluster: clusters[0] ?? '' });
  const stores = new Map(clusters.map((cluster) => [cluster, storesOver({ ...elastic, cluster })]));
  const newestOf = newestHeaders(elastic);
  return {
    ...cellOver(stores, (cluster) => elasticsearchAsides({ ...elastic, cluster })),
    async newest() {
      // All of them are in one index.
      const [found] = await Promise.allSettled([newestOf(clusters)]);
      const of = (cluster: string): Newest =>
        found.status === 'rejected' ? found : { ...found, value: found.value.get(cluster) ?? [] };
      return new Map(clusters.map((cluster) => [cluster, of(cluster)]));
    },
    writesProblem: () => elastic.writes.problem(),
    close: () => elastic.client.close(),
  };
}

async function connectWithTemplates(options: ElasticsearchOptions): Promise<Elastic> {
  const connected = await connect(options);
  return options.readOnly ? connected : withTemplates(connected);
}

function storesOver(elastic: Elastic): Stores {
  const tellers = elasticsearchTellers(elastic);
  const asides = elasticsearchAsides(elastic);
  return {
    history: elasticsearchHistory(elastic),
    trail: elasticsearchTrail(elastic),
    flows: elasticsearchFlows(elastic),
    coverage: withTellers(withAsides(elasticsearchCoverage(elastic), asides), tellers),
    tellers,
    asides,
    lists: elasticsearchLists(elastic),
    arrivals: elasticsearchArrivals(elastic),
    archive: elasticsearchArchive(elastic),
    ledger: elasticsearchLedger(elastic),
    windows: elasticsearchWindows(elastic),
    sessions: elasticsearchSessions(elastic),
    close: () => elastic.client.close(),
  };
}

/** The same, whose first call puts the templates. */
function withTemplates(elastic: Elastic): Elastic {
  const put = onceDone(() => putTemplates(elastic, TEMPLATES));
  return {
    ...elastic,
    async call(doing, body) {
      await put();
      return elastic.call(doing, body);
    },
  };
}
