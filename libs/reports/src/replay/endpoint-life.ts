import { at, formatInstant, type Instant, type Key, sortedOnce, text } from '@margay/ground';
import type { Version } from '@margay/history';
import { type EndpointView, printName } from '@margay/policy';
import type { EndpointRow } from '../report.ts';
import { hasEnvoy } from './envoy.ts';
import { OpenTime } from './open-time.ts';
import type { PolicyUnion } from './policy-union.ts';

/** What is always and ever true of one endpoint while it exists and is in scope. Told in time order. */
export class EndpointLife {
  readonly #key: Key;
  readonly #from: Instant;
  /** When it left scope; undefined while it is in scope. */
  #to: Instant | undefined;
  #object: Version;
  readonly #uids: string[] = [];
  #policies: PolicyUnion;
  readonly #services: string[] = [];
  readonly #accounts: string[] = [];
  #account = '';
  #envoy = true;
  #ingressFromInternet = false;
  #egressToInternet = false;
  #ingressFromOtherNamespace = false;
  #egressToOtherNamespace = false;
  readonly #ingressOpen = new OpenTime();
  readonly #egressOpen = new OpenTime();

  /** It is in scope from this instant on; `policies` is the empty set that all lives of a report share. */
  constructor(key: Key, object: Version, from: Instant, policies: PolicyUnion) {
    this.#key = key;
    this.#object = object;
    this.#from = from;
    this.#to = from;
    this.#policies = policies;
    this.#meet(object);
  }

  /** The endpoint is in scope and like this from now on. Whether its object is new in scope. */
  see(view: EndpointView, object: Version, now: Instant): boolean {
    const { flags } = view;
    const isNew = object !== this.#object || this.#to !== undefined;
    this.#to = undefined;
    if (object !== this.#object) this.#meet(object);
    this.#policies = this.#policies.with(view.applied());
    this.#ingressOpen.set(!flags.ingressProtected, now);
    this.#egressOpen.set(!flags.egressProtected, now);
    this.#ingressFromInternet ||= flags.ingressFromInternet;
    this.#egressToInternet ||= flags.egressToInternet;
    this.#ingressFromOtherNamespace ||= flags.ingressFromOtherNamespace;
    this.#egressToOtherNamespace ||= flags.egressToOtherNamespace;
    this.#account = view.serviceAccount;
    addOnce(this.#accounts, this.#account);
    return isNew;
  }

  /** These services hold it now. */
  heldBy(services: Iterable<string>): void {
    for (const service of services) addOnce(this.#services, service);
  }

  /** The endpoint is gone, or out of scope, from now on. */
  leave(now: Instant): void {
    if (this.#to !== undefined) return;
    this.#to = now;
    this.#ingressOpen.set(false, now);
    this.#egressOpen.set(false, now);
  }

  /** `namespace/name` of every service account that it ran as. */
  get serviceAccounts(): string[] {
    const { namespace } = this.#key;
    return this.#accounts.filter((name) => name !== '').map((name) => `${namespace}/${name}`);
  }

  /** `namespace/name` of every service that held it. */
  get services(): readonly string[] {
    return this.#services;
  }

  /** The row, once the window is over. */
  row(end: Instant): EndpointRow {
    this.leave(end);
    const { namespace, name } = this.#key;
    const { content } = this.#object;
    const isPod = isPodKey(this.#key);
    const kind = isPod ? 'Pod' : 'HostEndpoint';
    return {
      endpoint: printName({ kind, apiVersion: content.apiVersion, namespace, name }),
      kind,
      namespace,
      name,
      uids: this.#uids,
      inScopeFrom: formatInstant(this.#from),
      inScopeTo: formatInstant(this.#to ?? end),
      ingressProtected: this.#ingressOpen.never,
      egressProtected: this.#egressOpen.never,
      ingressFromInternet: this.#ingressFromInternet,
      egressToInternet: this.#egressToInternet,
      ingressFromOtherNamespace: this.#ingressFromOtherNamespace,
      egressToOtherNamespace: this.#egressToOtherNamespace,
      envoyEnabled: this.#envoy,
      appliedPolicies: this.#policies.sorted(),
      services: sortedOnce(this.#services.map(printService)),
      serviceAccount: this.#account,
      flowLogAggregationName: isPod ? aggregationName(content.metadata) : text(at(content, 'spec', 'node')),
      unprotectedIngress: this.#ingressOpen.shown(),
      unprotectedEgress: this.#egressOpen.shown(),
    };
  }

  #meet(object: Version): void {
    this.#object = object;
    addOnce(this.#uids, object.uid);
    this.#envoy &&= isPodKey(this.#key) && hasEnvoy(object.content);
  }
}

/** Whether an endpoint is a pod; otherwise it is a host endpoint. */
export function isPodKey(key: Key): boolean {
  return key.resource === 'pods';
}

/** A service, given as `namespace/name`, as printed. */
export function printService(service: string): string {
  const [namespace, name = ''] = service.split('/');
  return printName({ kind: 'Service', apiVersion: 'v1', namespace, name });
}

function aggregationName({ name, generateName }: Version['content']['metadata']): string {
  return generateName === undefined || generateName === '' ? name : `${generateName}*`;
}

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}
