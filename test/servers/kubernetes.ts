import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { GenericContainer, Network, Wait } from 'testcontainers';
import { freePort } from '../testing/free-port.ts';
import { endsWithThisProcess } from './reap.ts';
import { assemble, START_TIMEOUT_MS, type Server } from './server.ts';

const variable = 'MARGAY_TEST_KUBERNETES';
const K3S = 'rancher/k3s:v1.34.2-k3s1';
/** Plays nodes, whose pods run nothing. */
const KWOK = 'registry.k8s.io/kwok/kwok:v0.7.0';
const PORT = 6443;
/** Above its own: those of etcd, and that of the second API server. */
const PORTS_OF_SCRIPT = [1, 2, 10];

/** Who may sign in, each with a token that is called after them. The administrator is in the group that may do all. */
const USERS = ['paul', 'candice', 'david', 'nobody'];
const TOKENS = [
  'admin-token,admin,admin,system:masters',
  ...USERS.map((name) => `${name}-token,${name},${name}`),
];

/** What k3s brings beside the API, which no test needs. Without its agent it runs no containers, and needs no privilege. */
const WITHOUT = ['coredns', 'local-storage', 'metrics-server', 'servicelb', 'traefik'];
const K3S_COMMAND = [
  'server',
  '--disable-agent',
  '--disable-cloud-controller',
  '--disable-helm-controller',
  '--disable-network-policy',
  '--flannel-backend=none',
  `--disable=${WITHOUT.join()}`,
  '--tls-san=k3s',
  '--kube-apiserver-arg=token-auth-file=/etc/margay/tokens.csv',
];
const KWOK_COMMAND = [
  '--kubeconfig=/kubeconfig',
  '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
  '--cidr=10.244.0.0/16',
  '--node-lease-duration-seconds=40',
];

/**
 * A control plane without real nodes: kwok plays those that carry its annotation. The variable is the path of a
 * kubeconfig. The container has one API server; the assembled one has two over one etcd and writes audit logs beside
 * the kubeconfig.
 *
 * The k3s module of testcontainers is for k3s with its agent: it demands a privileged container.
 */
export const kubernetes: Server = {
  name: 'Kubernetes',
  variable,
  images: [K3S, KWOK],
  async container() {
    const network = await new Network().start();
    const k3s = await new GenericContainer(K3S)
      .withLabels({ 'margay.test': 'kubernetes' })
      .withNetwork(network)
      .withNetworkAliases('k3s')
      .withExposedPorts(PORT)
      .withCommand(K3S_COMMAND)
      .withCopyContentToContainer([{ content: `${TOKENS.join('\n')}\n`, target: '/etc/margay/tokens.csv' }])
      .withWaitStrategy(Wait.forLogMessage(/is up and running/))
      .withStartupTimeout(START_TIMEOUT_MS)
      .start();
    const { output: written } = await k3s.exec(['cat', '/etc/rancher/k3s/k3s.yaml']);
    const folder = mkdtempSync(join(tmpdir(), 'margay-kubernetes-'));
    endsWithThisProcess(`folder:${folder}`);
    const kubeconfig = join(folder, 'kubeconfig');
    const server = `https://${k3s.getHost()}:${k3s.getMappedPort(PORT)}`;
    writeFileSync(kubeconfig, withUsers(written, server), { mode: 0o600 });
    await new GenericContainer(KWOK)
      .withLabels({ 'margay.test': 'kwok' })
      .withNetwork(network)
      .withCopyContentToContainer([
        { content: withUsers(written, `https://k3s:${PORT}`), target: '/kubeconfig' },
      ])
      .withCommand(KWOK_COMMAND)
      .start();
    return { variables: { [variable]: kubeconfig }, run: `container:${k3s.getId()}` };
  },
  async assembled() {
    const port = await freePort(...PORTS_OF_SCRIPT);
    const { printed } = await assemble('kubernetes.sh', [port, 2]);
    const kubeconfig = printed.at(-1) ?? '';
    // A test may start an API server again, with another process id.
    return { variables: { [variable]: kubeconfig }, run: `processes:${join(dirname(kubeconfig), 'pids')}` };
  },
};

/** The cluster of a kubeconfig at this address, for its administrator and the users. */
function withUsers(kubeconfig: string, server: string): string {
  const { clusters } = load(kubeconfig) as { clusters: { cluster: object }[] };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'server-0',
    clusters: [{ name: 'server-0', cluster: { ...clusters[0]?.cluster, server } }],
    contexts: [{ name: 'server-0', context: { cluster: 'server-0', user: 'admin' } }],
    users: ['admin', ...USERS].map((name) => ({ name, user: { token: `${name}-token` } })),
  });
}
