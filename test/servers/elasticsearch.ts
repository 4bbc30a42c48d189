import { ElasticsearchContainer } from '@testcontainers/elasticsearch';
import { Wait } from 'testcontainers';
import { freePort } from '../testing/free-port.ts';
import { assemble, START_TIMEOUT_MS, type Server } from './server.ts';

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
  async assembled() {
    // The node talks to others of its cluster at a port 100 above.
    const port = await freePort(100);
    const { run } = await assemble('elasticsearch.sh', [port]);
    return { variables: { [variable]: `http://127.0.0.1:${port}` }, run };
  },
};
