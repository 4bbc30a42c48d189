import { isFields, type KubernetesObject } from '@margay/ground';

type Labels = ReadonlyMap<string, string>;

/** Services whose members are known by their selectors alone: plain equality on labels, in the service's namespace. */
export class SelectorServices {
  readonly #selectors = new Map<string, Labels>();
  /** By namespace and the selector's first pair, since a pod must have it. */
  readonly #byPair = new Map<string, Set<string>>();
  readonly #pods = new Map<string, Map<string, KubernetesObject>>();

  /** Adds, replaces or, without a selector, removes a service; the key texts of the pods that it selects now. */
  setService(service: string, selector: Labels | undefined): string[] {
    const namespace = namespaceOf(service);
    const before = this.#selectors.get(service);
    if (before !== undefined) {
      const text = firstPair(namespace, before);
      const services = this.#byPair.get(text);
      services?.delete(service);
      if (services?.size === 0) this.#byPair.delete(text);
    }
    this.#selectors.delete(service);
    if (selector === undefined) return [];
    this.#selectors.set(service, selector);
    const text = firstPair(namespace, selector);
    const services = this.#byPair.get(text);
    if (services === undefined) this.#byPair.set(text, new Set([service]));
    else services.add(service);
    const pods = [...(this.#pods.get(namespace) ?? [])];
    return pods.filter(([, pod]) => matches(selector, pod)).map(([key]) => key);
  }

  /** Adds, replaces or removes a pod. */
  setPod(text: string, pod: KubernetesObject | undefined): void {
    const namespace = text.split('/')[1] ?? '';
    const pods = this.#pods.get(namespace);
    if (pod === undefined) pods?.delete(text);
    else if (pods === undefined) this.#pods.set(namespace, new Map([[text, pod]]));
    else pods.set(text, pod);
  }

  /** The key texts of the pods of a namespace; of all where it is empty. */
  *podsIn(namespace: string): Iterable<string> {
    if (namespace !== '') yield* this.#pods.get(namespace)?.keys() ?? [];
    else for (const pods of this.#pods.values()) yield* pods.keys();
  }

  /** The services whose selector matches the pod. */
  *servicesOf(pod: KubernetesObject): Iterable<string> {
    if (this.#selectors.size === 0) return;
    const { namespace = '', labels } = pod.metadata;
    for (const [label, value] of isFields(labels) ? Object.entries(labels) : []) {
      for (const service of this.#byPair.get(pair(namespace, label, String(value))) ?? []) {
        const selector = this.#selectors.get(service);
        if (selector !== undefined && matches(selector, pod)) yield service;
      }
    }
  }
}

function matches(selector: Labels, pod: KubernetesObject): boolean {
  const labels = pod.metadata.labels ?? {};
  for (const [label, value] of selector) {
    if (!Object.hasOwn(labels, label) || labels[label] !== value) return false;
  }
  return true;
}

const namespaceOf = (service: string): string => service.slice(0, service.indexOf('/'));
const pair = (namespace: string, label: string, value: string): string => `${namespace} ${label}=${value}`;

function firstPair(namespace: string, selector: Labels): string {
  const [label = '', value = ''] = selector.entries().next().value ?? [];
  return pair(namespace, label, value);
}
