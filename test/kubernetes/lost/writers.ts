import type { KubernetesClient } from '@margay/kubernetes';
import { chance } from '../../testing/chance.ts';
import { resource, until } from '../cluster.ts';

const PODS = resource('pods');
const NAMESPACES = resource('namespaces', false);
const POLICIES = resource('networking.k8s.io/v1/networkpolicies');
const WIDE = resource('policy.networking.k8s.io/v1alpha1/adminnetworkpolicies', false);

/** The rules that policies have, by a word that labels them. */
const RULES = {
  closed: { policyTypes: ['Ingress', 'Egress'] },
  near: { policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
  open: { policyTypes: ['Ingress'], ingress: [{}] },
  neighbours: { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] },
  outside: { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '8.8.8.0/24' } }] }] },
} as const;
const WORDS = Object.keys(RULES) as (keyof typeof RULES)[];
const APPS = ['web', 'api', 'db'];
const COUNT = 5;

/**
 * Somebody who works in a namespace of their own, one write after the other, so that nothing else changes at the same time what
 * its pods may do. Writes that are refused or get no answer are part of the work.
 */
export class Writer {
  readonly namespace: string;
  /** Through which API server the next write goes. */
  through: () => KubernetesClient;
  /** An API server that answers. */
  readonly #steady: KubernetesClient;
  readonly #below: (n: number) => number;
  #made = 0;

  constructor(namespace: string, steady: KubernetesClient, seed: number) {
    this.namespace = namespace;
    this.through = () => steady;
    this.#steady = steady;
    this.#below = chance(seed);
  }

  #pick<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!;
  }

  /** A namespace with pods and some policies. */
  async begin(): Promise<void> {
    const { namespace: name } = this;
    await this.#steady.create(NAMESPACES, { metadata: { name, labels: { team: 'red' } } });
    await until(
      () => this.#steady.find(resource('serviceaccounts'), { namespace: name, name: 'default' }),
      (found) => found !== undefined,
    );
    for (let i = 0; i < COUNT - 2; i++) await this.#createPolicy(`policy-${i}`);
    await Promise.all(Array.from({ length: COUNT }, (_, i) => this.#createPod(`pod-${i}`)));
    await this.#settled();
  }

  /** So many writes, whatever comes to mind. */
  async work(writes: number): Promise<void> {
    for (let i = 0; i < writes; i++) {
      const step = this.#pick(this.#steps);
      await step().catch(ignored);
      await this.#settled();
    }
  }

  /** Many writes of one kind at once, none of which concerns what another does, until something breaks. */
  async burst(isOver: () => boolean): Promise<void> {
    const name = () => `burst-${this.#made++}`;
    for (let round = 0; !isOver(); round++) {
      const all =
        round % 3 === 2
          ? Array.from({ length: 6 }, () => this.#deletePolicy(`burst-${this.#pick(upTo(this.#made))}`))
          : Array.from({ length: 6 }, () => this.#createPolicy(name()));
      await Promise.all(all.map((write) => write.catch(ignored)));
    }
  }

  readonly #steps: readonly (() => Promise<unknown>)[] = [
    () => this.#createPolicy(),
    () => this.#createPolicy(),
    () => this.#replacePolicy(),
    () => this.#selectOthers(),
    () => this.#applyPolicy(),
    () => this.#deletePolicy(this.#policyName()),
    () => this.#deletePolicies(),
    () => this.#relabelPod(),
    () => this.#relabelPod(),
    () => this.#createPod(`pod-${this.#pick(upTo(COUNT + 3))}`),
    () => this.through().delete(PODS, this.#place(`pod-${this.#pick(upTo(COUNT + 3))}`)),
    () => this.#deletePods(),
    () => this.#relabelNamespace(),
    () => this.#createWide(),
    () => this.through().delete(WIDE, { name: this.namespace }),
  ];

  #place(name: string) {
    return { namespace: this.namespace, name };
  }

  #policyName(): string {
    return `policy-${this.#pick(upTo(COUNT))}`;
  }

  #policy(name: string): object {
    const rules = this.#pick(WORDS);
    const selects = this.#pick([...APPS, undefined]);
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: this.namespace, labels: { rules } },
      spec: {
        podSelector: selects === undefined ? {} : { matchLabels: { app: selects } },
        ...RULES[rules],
      },
    };
  }

  #createPolicy(name = this.#policyName()): Promise<unknown> {
    return this.through().create(POLICIES, this.#policy(name), { namespace: this.namespace });
  }

  #replacePolicy(): Promise<unknown> {
    const name = this.#policyName();
    return this.through().replace(POLICIES, this.#place(name), this.#policy(name));
  }

  #applyPolicy(): Promise<unknown> {
    const name = this.#policyName();
    const options = { manager: 'writer', force: true };
    return this.through().apply(POLICIES, this.#place(name), this.#policy(name), options);
  }

  #selectOthers(): Promise<unknown> {
    const podSelector = { matchLabels: { app: this.#pick(APPS) } };
    return this.through().patch(POLICIES, this.#place(this.#policyName()), { spec: { podSelector } });
  }

  #deletePolicy(name: string): Promise<unknown> {
    return this.through().delete(POLICIES, this.#place(name));
  }

  #deletePolicies(): Promise<unknown> {
    const path = `/apis/networking.k8s.io/v1/namespaces/${this.namespace}/networkpolicies`;
    return this.through().request('DELETE', path, { query: { labelSelector: `rules=${this.#pick(WORDS)}` } });
  }

  #createPod(name: string): Promise<unknown> {
    const spec = {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'registry.example/app:1' }],
    };
    const metadata = { name, labels: { app: this.#pick(APPS) } };
    return this.through().create(PODS, { metadata, spec }, { namespace: this.namespace });
  }

  #relabelPod(): Promise<unknown> {
    const labels = { app: this.#pick(APPS) };
    const place = this.#place(`pod-${this.#pick(upTo(COUNT + 3))}`);
    return this.through().patch(PODS, place, { metadata: { labels } });
  }

  #deletePods(): Promise<unknown> {
    const path = `/api/v1/namespaces/${this.namespace}/pods`;
    const query = { labelSelector: `app=${this.#pick(APPS)}`, gracePeriodSeconds: this.#pick([0, 1]) };
    return this.through().request('DELETE', path, { query });
  }

  #relabelNamespace(): Promise<unknown> {
    const labels = { team: this.#pick(['red', 'blue']) };
    return this.through().patch(NAMESPACES, { name: this.namespace }, { metadata: { labels } });
  }

  #createWide(): Promise<unknown> {
    const matchLabels = { 'kubernetes.io/metadata.name': this.namespace, team: 'red' };
    const ingress = [{ action: 'Allow', from: [{ namespaces: {} }] }];
    const spec = { priority: 10, subject: { namespaces: { matchLabels } }, ingress };
    return this.through().create(WIDE, { metadata: { name: this.namespace }, spec });
  }

  /** Waits until each pod of the namespace runs, and none is on its way out. */
  async #settled(): Promise<void> {
    await until(
      () => this.#steady.listAll(PODS, { namespace: this.namespace }),
      (pods) =>
        pods.every(
          ({ metadata, status }) =>
            metadata.deletionTimestamp === undefined &&
            (status as { phase?: string; podIP?: string }).phase === 'Running' &&
            (status as { podIP?: string }).podIP !== undefined,
        ),
    );
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A name that is taken or free, an API server that is not there. */
function ignored(): void {}
