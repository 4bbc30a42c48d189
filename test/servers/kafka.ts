import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaContainer } from '@testcontainers/kafka';
import { getContainerRuntimeClient, Wait } from 'testcontainers';
import { freePort } from '../testing/free-port.ts';
import { endsWithThisProcess } from './reap.ts';
import { remove, startAgain, tell } from './runs.ts';
import { assemble, start, wayTo, type Server, type Started } from './server.ts';

const IMAGE = 'confluentinc/cp-kafka:8.1.0';
const PLAIN = 9093;
const SECURED = 9095;
/** Above its own: that of the controller, and the secured one. */
const PORTS_OF_SCRIPT = [1, 2];
const USER = { name: 'margay', password: 'margay-secret' };
/** Who may do what ACLs say, and sign in by PLAIN. */
const LIMITED = ['hub', 'cell'].map((name) => ({ name, password: `${name}-secret` }));
const plainUsers = [USER, ...LIMITED].map(({ name, password }) => `user_${name}="${password}"`).join(' ');

/**
 * One broker, with a plain listener and one with TLS and SASL for the user `margay` with the password `margay-secret`, who may do all, and by PLAIN
 * for `hub` (`hub-secret`) and `cell` (`cell-secret`), who may do what ACLs say.
 */
export const kafka: Server = {
  name: 'Kafka',
  variable: 'MARGAY_TEST_KAFKA',
  images: [IMAGE],
  container: () => brokerInContainer(new Broker(IMAGE)),
  assembled: () => assembledBroker(),
};

/**
 * A broker that a test may kill and start again, on the same data at the same address. It goes with the test.
 *
 * @param folder where its data is, but for one in a container.
 */
export async function brokerToKill(folder: string) {
  const port = await freePort(...PORTS_OF_SCRIPT);
  const way = await wayTo(kafka);
  const begin = () =>
    start(
      {
        ...kafka,
        container: () => brokerInContainer(new Broker(IMAGE, port)),
        assembled: () => assembledBroker(port, { MARGAY_KAFKA_DATA: join(folder, 'kafka') }),
      },
      way,
    );
  const { run: first, variables } = await begin();
  let run = first;
  return {
    address: variables[kafka.variable]!,
    isContained: way.contained,
    /** One that has ended by itself stays so. */
    kill: () => (way.contained ? tell(run, 'kill') : remove(run)),
    /** A container keeps its data and is started again; the assembled one finds its data in the folder. */
    start: async () => {
      if (way.contained) await startAgain(run);
      else ({ run } = await begin());
    },
    remove: () => remove(run),
  };
}

/** The broker of the module, which knows one SASL mechanism, with the other two. */
class Broker extends KafkaContainer {
  readonly #hostPort: number | undefined;

  constructor(image: string, hostPort?: number) {
    super(image);
    this.#hostPort = hostPort;
    this.withKraft().withLabels({ 'margay.test': 'kafka' });
    this.withWaitStrategy(Wait.forLogMessage('Kafka Server started'));
    this.withEnvironment({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_HEAP_OPTS: '-Xmx512m' });
  }

  protected override async beforeContainerCreated(): Promise<void> {
    await super.beforeContainerCreated();
    const login = 'org.apache.kafka.common.security';
    this.withEnvironment({
      KAFKA_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN',
      'KAFKA_LISTENER_NAME_SECURE_SCRAM-SHA-256_SASL_JAAS_CONFIG': `${login}.scram.ScramLoginModule required;`,
      KAFKA_LISTENER_NAME_SECURE_PLAIN_SASL_JAAS_CONFIG: `${login}.plain.PlainLoginModule required ${plainUsers};`,
      KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      KAFKA_SUPER_USERS: `User:ANONYMOUS;User:${USER.name}`,
    });
    if (this.#hostPort !== undefined) this.withExposedPorts({ container: PLAIN, host: this.#hostPort });
  }
}

async function brokerInContainer(broker: Broker): Promise<Started> {
  const { info } = await getContainerRuntimeClient();
  const { authority, keystore } = selfSigned(info.containerRuntime.host);
  const container = await broker
    .withSaslSslListener({
      port: SECURED,
      sasl: { mechanism: 'SCRAM-SHA-512', user: USER },
      keystore: { content: keystore, passphrase: USER.password },
    })
    .start();
  const alter = ['--alter', '--entity-type', 'users', '--entity-name', USER.name];
  const scram = ['--add-config', `SCRAM-SHA-256=[password=${USER.password}]`];
  const said = await container.exec([
    'kafka-configs',
    '--bootstrap-server',
    'localhost:9092',
    ...alter,
    ...scram,
  ]);
  if (said.exitCode !== 0) throw new Error(`The broker does not take the user ${USER.name}: ${said.output}`);
  const at = (port: number) => `${container.getHost()}:${container.getMappedPort(port)}`;
  return { variables: variablesOf(at(PLAIN), at(SECURED), authority), run: `container:${container.getId()}` };
}

async function assembledBroker(wanted?: number, environment = {}): Promise<Started> {
  const port = wanted ?? (await freePort(...PORTS_OF_SCRIPT));
  const { run, printed } = await assemble('kafka.sh', [port], environment);
  const authority = printed.at(-1) ?? '';
  return { variables: variablesOf(`127.0.0.1:${port}`, `127.0.0.1:${port + 2}`, authority), run };
}

const variablesOf = (plain: string, secured: string, authority: string) => ({
  [kafka.variable]: plain,
  MARGAY_TEST_KAFKA_SECURED: secured,
  MARGAY_TEST_KAFKA_CA: authority,
});

/** A certificate for the host where the runtime opens ports, which is its own authority, and a keystore with its key. */
function selfSigned(host: string) {
  const folder = mkdtempSync(join(tmpdir(), 'margay-ca-'));
  endsWithThisProcess(`folder:${folder}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const names = `subjectAltName=${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`;
  const subject = ['-subj', '/CN=margay-test', '-addext', names];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    'key',
    '-out',
    'ca.pem',
  );
  const from = ['-inkey', 'key', '-in', 'ca.pem', '-passout', `pass:${USER.password}`];
  openssl('pkcs12', '-export', ...from, '-out', 'keystore');
  return { authority: join(folder, 'ca.pem'), keystore: readFileSync(join(folder, 'keystore')) };
}
