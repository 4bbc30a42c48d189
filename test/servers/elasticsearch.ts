import { ElasticsearchContainer } from '@testcontainers/elasticsearch';
import { Wait } from 'testcontainers';
import { freePort } from '../testing/free-port.ts';
import { remove } from './runs.ts';
import { assemble, start, START_TIMEOUT_MS, wayTo, type Server, type Started } from './server.ts';

const IMAGE = 'docker.elastic.co/elasticsearch/elasticsearch:8.19.0';
const variable = 'MARGAY_TEST_ELASTICSEARCH';

/** One node, without sign-in. */
export const elasticsearch: Server = {
  name: 'Elasticsearch',
  variable,
  images: [IMAGE],
  async container() {
    const container = await new ElasticsearchContainer(IMAGE)
      .withLabels({ 'margay.test': 'elasticsearch' })
      .withEnvironment({
        'xpack.security.enabled': 'false',
        'cluster.routing.allocation.disk.threshold_enabled': 'false',
        ES_JAVA_OPTS: '-Xmx1g',
      })
      .withWaitStrategy(Wait.forHttp('/_cluster/health', 9200))
      .withStartupTimeout(START_TIMEOUT_MS)
      .start();
    return { variables: { [variable]: container.getHttpUrl() }, run: `container:${container.getId()}` };
  },
  assembled: () => assembledNode(),
};

/** A node of the test's own with its data in a folder, of whose disk it looks how full it is; undefined where nodes are containers. */
export async function nodeOn(folder: string) {
  const way = await wayTo(elasticsearch);
  if (way.contained) return undefined;
  const assembled = () => assembledNode({ MARGAY_ELASTICSEARCH_DATA: folder });
  const { run, variables } = await start({ ...elasticsearch, assembled }, way);
  const url = variables[variable]!;
  const persistent = {
    'cluster.routing.allocation.disk.threshold_enabled': true,
    'cluster.info.update.interval': '10s',
  };
  const { ok } = await fetch(`${url}/_cluster/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persistent }),
  });
  if (!ok) throw new Error(`The node at ${url} does not take settings of its disk.`);
  return { url, remove: () => remove(run) };
}

async function assembledNode(environment = {}): Promise<Started> {
  // The node talks to others of its cluster at a port 100 above.
  const port = await freePort(100);
  const { run } = await assemble('elasticsearch.sh', [port], environment);
  return { variables: { [variable]: `http://127.0.0.1:${port}` }, run };
}
