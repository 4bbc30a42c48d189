import type { KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';
import { isEndpoint } from '@margay/policy';
import type { PlayedVersion, UnseenSpan } from '../doubts/played.ts';
import type { ObjectChange } from './objects.ts';
import { EVERYWHERE, OpenServices } from './open-services.ts';
import { SelectorServices } from './selector-services.ts';
import {
  addressesOf,
  podOfTarget,
  selectorOfService,
  serviceOfSlice,
  type Target,
  targetsOfEndpoints,
  targetsOfPod,
  targetsOfSlice,
} from './service-targets.ts';
import type { Step } from './steps.ts';

/**
 * Which services hold which pods at an instant. Services are named `namespace/name`.
 *
 * A service holds the ready targets of its EndpointSlices; while it has none, the ready addresses of its Endpoints object;
 * and where neither kind was ever seen of it, the pods that its selector matches.
 */
export class ServiceMembership {
  /** How often each service means a target: a target may be in two slices at once. */
  readonly #held = new Map<Target, Map<string, number>>();
  readonly #slices = new Map<string, number>();
  readonly #endpoints = new Map<string, readonly Target[]>();
  /** The targets of Endpoints objects that count now. */
  readonly #counted = new Map<string, readonly Target[]>();
  readonly #podsByAddress = new Map<string, Set<string>>();
  readonly #selected = new SelectorServices();
  /** Services of which a slice or an Endpoints object is ever seen. */
  readonly #managed: ReadonlySet<string>;
  #touched = new Set<string>();

  readonly #open = new OpenServices();
  /** All services that are heard of, by namespace. */
  readonly #heardOf: ReadonlyMap<string, ReadonlySet<string>>;

  /** Namespaces in which services may be managed of which that was not seen. */
  readonly #mayBeManaged: ReadonlySet<string>;

  /** @param versions and spans that are valid at some instant of what is replayed. */
  constructor(versions: readonly PlayedVersion[], unseen: readonly UnseenSpan[] = []) {
    this.#managed = managedServices(versions);
    this.#mayBeManaged = new Set(
      [...versions.filter(({ doubted }) => doubted !== undefined), ...unseen]
        .filter(isOfManaged)
        .map(({ namespace = EVERYWHERE }) => namespace),
    );
    this.#heardOf = servicesHeardOf(versions);
  }

  /** Applies all that changed at one instant. */
  apply(changes: ReadonlyMap<string, ObjectChange>, step: Step): void {
    // Where all is known again, what services hold is certain from now on.
    for (const namespace of this.#open.apply(changes, step))
      for (const pod of this.#selected.podsIn(namespace)) this.#touched.add(pod);
    const services = new Set<string>();
    // Pods first, so that whoever holds an address now is found.
    for (const [text, { before, now }] of changes) {
      if (kindOf(now ?? before) === 'pods.') this.#applyPod(text, before?.content, now?.content);
    }
    for (const { before, now } of changes.values()) {
      const object = now ?? before;
      const name = `${object?.namespace}/${object?.name}`;
      switch (kindOf(object)) {
        case 'services.':
          this.#applyService(name, now?.content);
          break;
        case 'endpointslices.discovery.k8s.io':
          this.#applySlice(before?.content, now?.content, services);
          break;
        case 'endpoints.': {
          // It has the name of its service.
          services.add(name);
          if (now === undefined) this.#endpoints.delete(name);
          else this.#endpoints.set(name, targetsOfEndpoints(now.content));
          break;
        }
        default:
      }
    }
    for (const service of services) this.#recount(service);
  }

  /** The key texts of pods that services may have begun to hold since this was last asked. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  /** Ids of the doubts for which services of a namespace may have held other pods than is known, at any time so far. */
  openBy(namespace: string): readonly string[] {
    return this.#open.doubtsIn(namespace);
  }

  /** The services that are heard of in namespaces where it is not known, at any time so far, whom they hold. */
  *openServices(): Iterable<string> {
    for (const [namespace, services] of this.#heardOf) if (this.openBy(namespace).length > 0) yield* services;
  }

  /** The services that hold the pod now, and whether that is certain. */
  *servicesOf({ content, uid, namespace }: Version): Iterable<{ service: string; isCertain: boolean }> {
    const isCertain = !this.#open.isOpen(namespace);
    for (const target of targetsOfPod(content, uid)) {
      for (const service of this.#held.get(target)?.keys() ?? []) yield { service, isCertain };
    }
    const mayBeManaged = this.#mayBeManaged.has(namespace) || this.#mayBeManaged.has(EVERYWHERE);
    for (const service of this.#selected.servicesOf(content))
      yield { service, isCertain: isCertain && !mayBeManaged };
  }

  #applyPod(text: string, before: KubernetesObject | undefined, now: KubernetesObject | undefined): void {
    for (const address of before === undefined ? [] : addressesOf(before)) {
      const pods = this.#podsByAddress.get(address);
      pods?.delete(text);
      if (pods?.size === 0) this.#podsByAddress.delete(address);
    }
    for (const address of now !== undefined && isEndpoint(now) ? addressesOf(now) : []) {
      const pods = this.#podsByAddress.get(address);
      if (pods === undefined) this.#podsByAddress.set(address, new Set([text]));
      else pods.add(text);
    }
    this.#selected.setPod(text, now);
  }

  #applyService(service: string, now: KubernetesObject | undefined): void {
    if (this.#managed.has(service)) return;
    const selector = now === undefined ? undefined : selectorOfService(now);
    for (const pod of this.#selected.setService(service, selector)) this.#touched.add(pod);
  }

  #applySlice(
    before: KubernetesObject | undefined,
    now: KubernetesObject | undefined,
    services: Set<string>,
  ): void {
    // What the new content holds is counted before the old lets go, so that what stays is not touched.
    for (const [slice, step] of [
      [now, 1],
      [before, -1],
    ] as const) {
      const service = slice && serviceOfSlice(slice);
      if (slice === undefined || service === undefined) continue;
      services.add(service);
      this.#slices.set(service, (this.#slices.get(service) ?? 0) + step);
      for (const target of targetsOfSlice(slice)) this.#hold(service, target, step);
    }
  }

  /** An Endpoints object counts while its service has no slice. */
  #recount(service: string): void {
    const counted = this.#counted.get(service) ?? [];
    const wanted = this.#slices.get(service) ? [] : (this.#endpoints.get(service) ?? []);
    if (wanted === counted) return;
    this.#counted.set(service, wanted);
    for (const target of wanted) this.#hold(service, target, 1);
    for (const target of counted) this.#hold(service, target, -1);
  }

  #hold(service: string, target: Target, step: 1 | -1): void {
    let services = this.#held.get(target);
    if (services === undefined) this.#held.set(target, (services = new Map()));
    const count = (services.get(service) ?? 0) + step;
    if (count !== 0) services.set(service, count);
    else if (services.delete(service) && services.size === 0) this.#held.delete(target);
    if (step < 0 || count > 1) return;
    const { pod, address } = podOfTarget(target);
    if (pod !== undefined) this.#touched.add(pod);
    else for (const text of this.#podsByAddress.get(address) ?? []) this.#touched.add(text);
  }
}

const isOfManaged = ({ group, resource }: Pick<Version, 'group' | 'resource'>): boolean =>
  resource === 'endpointslices' || (resource === 'endpoints' && group === '');

function kindOf(version: Version | undefined): string {
  return version === undefined ? '' : `${version.resource}.${version.group}`;
}

function servicesHeardOf(versions: readonly Version[]): Map<string, Set<string>> {
  const heardOf = new Map<string, Set<string>>();
  for (const { group, resource, namespace, name, content } of versions) {
    const isNamed = (resource === 'services' || resource === 'endpoints') && group === '' && name !== '';
    const service = isNamed
      ? `${namespace}/${name}`
      : resource === 'endpointslices' && group === 'discovery.k8s.io'
        ? serviceOfSlice(content)
        : undefined;
    if (service === undefined) continue;
    const known = heardOf.get(namespace);
    if (known === undefined) heardOf.set(namespace, new Set([service]));
    else known.add(service);
  }
  return heardOf;
}

function managedServices(versions: Iterable<Version>): Set<string> {
  const managed = new Set<string>();
  for (const { group, resource, namespace, name, content } of versions) {
    if (resource === 'endpoints' && group === '') managed.add(`${namespace}/${name}`);
    if (resource === 'endpointslices' && group === 'discovery.k8s.io') {
      const service = serviceOfSlice(content);
      if (service !== undefined) managed.add(service);
    }
  }
  return managed;
}
