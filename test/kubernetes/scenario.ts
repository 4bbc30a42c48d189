import { isNotFound, type KubernetesClient } from '@margay/kubernetes';
import { resource, until } from './cluster.ts';

const PODS = resource('pods');
const NAMESPACES = resource('namespaces', false);
const DEPLOYMENTS = resource('apps/v1/deployments');
const STATEFUL_SETS = resource('apps/v1/statefulsets');
const SERVICES = resource('services');
const POLICIES = resource('networking.k8s.io/v1/networkpolicies');

const pods = (app: string, version: string) => ({
  metadata: { labels: { app, version } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: `registry.example/${app}:${version}` }],
  },
});

const workload = (app: string, replicas: number) => ({
  metadata: { name: app },
  spec: { replicas, selector: { matchLabels: { app } }, template: pods(app, 'v1') },
});

const policy = (name: string, app: string) => ({
  metadata: { name },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
});

/** What a busy cluster does in a minute, through several API servers in turn. Names carry a suffix of their own. */
export class Scenario {
  readonly #clients: readonly KubernetesClient[];
  readonly #suffix: string;
  #turn = 0;

  constructor(clients: readonly KubernetesClient[], suffix: string) {
    this.#clients = clients;
    this.#suffix = suffix;
  }

  get #client(): KubernetesClient {
    return this.#clients[this.#turn++ % this.#clients.length]!;
  }

  #namespace(name: string): string {
    return `${name}-${this.#suffix}`;
  }

  /** Nodes, namespaces, workloads, services and policies come into being. */
  async begin(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await this.#client.create(resource('nodes', false), {
        metadata: { name: `node-${i}-${this.#suffix}`, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
        status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
      });
    }
    for (const name of ['shop', 'bank', 'doomed']) await this.#makeNamespace(name);
    await this.#work('shop', 'web', 8);
    await this.#work('shop', 'api', 6);
    await this.#work('doomed', 'web', 5);
    const bank = this.#namespace('bank');
    await this.#client.create(
      STATEFUL_SETS,
      { ...workload('db', 3), spec: { ...workload('db', 3).spec, serviceName: 'db' } },
      { namespace: bank },
    );
    await this.#running('shop', 14);
    await this.#running('doomed', 5);
    await this.#running('bank', 3);
  }

  async #makeNamespace(name: string): Promise<void> {
    await this.#client.create(NAMESPACES, {
      metadata: { name: this.#namespace(name), labels: { team: name } },
    });
    // Pods need it, and a controller makes it.
    await until(
      () =>
        this.#client.find(resource('serviceaccounts'), { namespace: this.#namespace(name), name: 'default' }),
      (found) => found !== undefined,
    );
  }

  async #work(name: string, app: string, replicas: number): Promise<void> {
    const namespace = this.#namespace(name);
    await this.#client.create(DEPLOYMENTS, workload(app, replicas), { namespace });
    await this.#client.create(
      SERVICES,
      { metadata: { name: app }, spec: { selector: { app }, ports: [{ port: 80 }] } },
      { namespace },
    );
    await this.#client.create(POLICIES, policy(`allow-${app}`, app), { namespace });
  }

  async #running(name: string, count: number): Promise<void> {
    await until(
      () =>
        this.#client.listAll(PODS, {
          namespace: this.#namespace(name),
          fieldSelector: 'status.phase=Running',
        }),
      (all) => all.length >= count && all.every(({ metadata }) => metadata.deletionTimestamp === undefined),
    );
  }

  /** Rolling updates, scaling, labels that come and go, policies that are written, rewritten and deleted. */
  async change(): Promise<void> {
    const namespace = this.#namespace('shop');
    await this.#client.patch(
      DEPLOYMENTS,
      { namespace, name: 'web' },
      { spec: { template: pods('web', 'v2') } },
    );
    await this.#client.patch(DEPLOYMENTS, { namespace, name: 'api' }, { spec: { replicas: 9 } });
    for (let i = 0; i < 15; i++) {
      await this.#client.create(POLICIES, policy(`deny-${i}`, `app-${i}`), { namespace });
      await this.#client.patch(
        POLICIES,
        { namespace, name: `deny-${i}` },
        { spec: { podSelector: { matchLabels: { app: 'web' } } } },
      );
      await this.#client.patch(NAMESPACES, { name: namespace }, { metadata: { labels: { step: `${i}` } } });
      if (i % 3 === 0) await this.#client.delete(POLICIES, { namespace, name: `deny-${i}` });
    }
    for (const { metadata } of await this.#client.listAll(PODS, { namespace, labelSelector: 'app=api' })) {
      const path = { namespace, name: metadata.name };
      await this.#client.patch(PODS, path, { metadata: { labels: { tier: 'back' } } });
      await this.#client.patch(PODS, path, { metadata: { labels: { tier: null } } });
    }
    await this.#client.patch(DEPLOYMENTS, { namespace, name: 'api' }, { spec: { replicas: 4 } });
    await this.#running('shop', 12);
  }

  /** Evictions, finalizers, a namespace that goes and comes again with the same names. */
  async end(): Promise<void> {
    const shop = this.#namespace('shop');
    const victims = await this.#client.listAll(PODS, { namespace: shop, labelSelector: 'app=web' });
    for (const { metadata } of victims.slice(0, 3)) {
      await this.#evict(shop, metadata.name);
    }
    const held = { namespace: shop, name: 'held' };
    await this.#client.create(
      POLICIES,
      { ...policy('held', 'web'), metadata: { name: 'held', finalizers: ['example.org/hold'] } },
      { namespace: shop },
    );
    await this.#client.delete(POLICIES, held);
    await this.#client.patch(POLICIES, held, { metadata: { labels: { still: 'here' } } });
    await this.#client.patch(POLICIES, held, { metadata: { finalizers: null } });

    const doomed = this.#namespace('doomed');
    await this.#client.delete(NAMESPACES, { name: doomed });
    await this.#client.delete(PODS, { namespace: this.#namespace('bank'), name: 'db-0' });
    await until(
      () => this.#client.find(NAMESPACES, { name: doomed }),
      (found) => found === undefined,
    );
    await this.#makeNamespace('doomed');
    await this.#work('doomed', 'web', 2);
    await this.#client.delete(SERVICES, { namespace: shop, name: 'api' });
    await this.#running('doomed', 2);
    await this.#running('bank', 3);
  }

  async #evict(namespace: string, name: string): Promise<void> {
    const evicted = this.#client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
    });
    // A pod that was being deleted when it was listed may have gone by itself.
    await evicted.catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
