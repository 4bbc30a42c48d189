import { GenericContainer, Wait } from 'testcontainers';
import { freePort } from '../testing/free-port.ts';
import { assemble, START_TIMEOUT_MS, type Server } from './server.ts';

const IMAGE = 'apicurio/apicurio-registry:3.0.9';
const variable = 'MARGAY_TEST_SCHEMA_REGISTRY';
/** Where Apicurio serves the API of Confluent's registry. */
const CONFLUENT_API = '/apis/ccompat/v7';
const PORT = 8080;

/** An Apicurio registry that keeps schemas in memory. */
export const schemaRegistry: Server = {
  name: 'Schema registry',
  variable,
  images: [IMAGE],
  async container() {
    const container = await new GenericContainer(IMAGE)
      .withLabels({ 'margay.test': 'schema-registry' })
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp(`${CONFLUENT_API}/subjects`, PORT))
      .withStartupTimeout(START_TIMEOUT_MS)
      .start();
    const address = `http://${container.getHost()}:${container.getMappedPort(PORT)}${CONFLUENT_API}`;
    return { variables: { [variable]: address }, run: `container:${container.getId()}` };
  },
  async assembled() {
    const port = await freePort();
    const { run } = await assemble('schema-registry.sh', [port]);
    return { variables: { [variable]: `http://127.0.0.1:${port}${CONFLUENT_API}` }, run };
  },
};
