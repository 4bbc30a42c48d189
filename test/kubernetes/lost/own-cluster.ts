import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesClient, readKubeconfig } from '@margay/kubernetes';
import { endsWithThisProcess } from '../../servers/reap.ts';
import { assemble } from '../../servers/server.ts';
import { freePort } from '../../testing/free-port.ts';
import { until } from '../cluster.ts';
import { hasStopped, kill, processesOf, startAgain, type Command } from '../servers.ts';

/** Writes with the request and its answer, and the renewals of leases, by which a log shows that its server lives. */
const AUDIT_POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
omitStages: [ResponseStarted]
rules:
  - { level: None, verbs: [get, list, watch] }
  - { level: Metadata, omitStages: [RequestReceived], resources: [{ group: coordination.k8s.io }] }
  - level: RequestResponse
    resources:
      - { group: "", resources: [namespaces, namespaces/*, pods, pods/*, serviceaccounts, services, endpoints] }
      - { group: discovery.k8s.io, resources: [endpointslices] }
      - { group: networking.k8s.io, resources: [networkpolicies] }
      - { group: apiextensions.k8s.io, resources: [customresourcedefinitions, customresourcedefinitions/*] }
      - { group: policy.networking.k8s.io }
  - { level: None }
`;

const [ETCD, FIRST_API_SERVER] = [0, 1];
const SERVERS = 2;
const LOG_PATH = '--audit-log-path=';

/**
 * A cluster of a test's own with two API servers over one etcd, each with its own audit log. What is done to it is done to
 * nobody else; it ends with the test's process.
 */
export class OwnCluster {
  readonly kubeconfig: string;
  readonly clients: readonly KubernetesClient[];
  /** One for each API server. */
  readonly auditLogs: readonly string[];

  private constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    this.clients = Array.from({ length: SERVERS }, (_, i) => {
      const connection = readKubeconfig(readFileSync(kubeconfig, 'utf8'), kubeconfig, `server-${i}`);
      return new KubernetesClient(connection);
    });
    this.auditLogs = this.clients.map((_, i) => {
      const words = readFileSync(
        `/proc/${processesOf(kubeconfig)[FIRST_API_SERVER + i]}/cmdline`,
        'utf8',
      ).split('\0');
      return join(this.folder, words.find((word) => word.startsWith(LOG_PATH))!.slice(LOG_PATH.length));
    });
  }

  /** @param more what the script that starts it is told beside. */
  static async start(folder: string, more: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
    const policy = join(folder, 'audit-policy.yaml');
    writeFileSync(policy, AUDIT_POLICY);
    const port = await freePort(1, 2, 10);
    const { printed } = await assemble('kubernetes.sh', [port, SERVERS], {
      ...more,
      MARGAY_AUDIT_POLICY: policy,
    });
    const kubeconfig = printed.at(-1) ?? '';
    endsWithThisProcess(`processes:${join(dirname(kubeconfig), 'pids')}`);
    return new OwnCluster(kubeconfig);
  }

  get folder(): string {
    return dirname(this.kubeconfig);
  }

  /** What kubectl prints. Throws with what it says where it fails. */
  kubectl(...args: string[]): string {
    const options = { encoding: 'utf8', stdio: 'pipe', maxBuffer: 256 * 1024 * 1024 } as const;
    return execFileSync('kubectl', ['--kubeconfig', this.kubeconfig, ...args], options);
  }

  killServer(server: number): Promise<Command> {
    return kill(this.kubeconfig, FIRST_API_SERVER + server);
  }

  async startServer(server: number, command: Command): Promise<void> {
    startAgain(this.kubeconfig, FIRST_API_SERVER + server, command);
    await this.isReady(server);
  }

  /** The command without its audit backends. */
  static withoutAudit({ args, ...command }: Command): Command {
    return { ...command, args: args.filter((word) => !word.startsWith('--audit-')) };
  }

  async isReady(server: number): Promise<void> {
    await until(
      () =>
        this.clients[server]!.request('GET', '/api/v1/namespaces').then(
          () => true,
          () => false,
        ),
      (ready) => ready,
    );
  }

  /** Copies etcd's data while it stands still, as a crash at that instant would leave it. */
  async takeSnapshot(): Promise<string> {
    const copy = join(this.folder, 'etcd-snapshot');
    await this.whileStoreStands(async () => {
      await sleep(50);
      cpSync(join(this.folder, 'etcd'), copy, { recursive: true });
    });
    return copy;
  }

  /** Etcd answers nobody meanwhile; what it was asked it does afterwards. */
  async whileStoreStands<T>(act: () => Promise<T>): Promise<T> {
    const pid = processesOf(this.kubeconfig)[ETCD]!;
    process.kill(pid, 'SIGSTOP');
    try {
      await until(
        () => hasStopped(pid),
        (stopped) => stopped,
      );
      return await act();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  /** Stops everything, puts the data of the snapshot in the place of etcd's own, and starts everything again. */
  async restore(snapshot: string): Promise<void> {
    const stopped: Command[] = [];
    for (let index = processesOf(this.kubeconfig).length - 1; index >= 0; index--)
      stopped[index] = await kill(this.kubeconfig, index);
    rmSync(join(this.folder, 'etcd'), { recursive: true });
    cpSync(snapshot, join(this.folder, 'etcd'), { recursive: true });
    for (const [index, { args, ...command }] of stopped.entries()) {
      // The player of nodes would wait until the leases of its predecessor are over.
      const now = args.filter((word) => !word.startsWith('--node-lease-duration'));
      startAgain(this.kubeconfig, index, { ...command, args: now });
      if (index >= FIRST_API_SERVER && index < FIRST_API_SERVER + SERVERS)
        await this.isReady(index - FIRST_API_SERVER);
    }
  }
}
