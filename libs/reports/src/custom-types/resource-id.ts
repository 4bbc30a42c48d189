import { printName } from '@margay/policy';

/** A resource as templates see it; printed as reports print it. */
export interface ResourceId {
  readonly kind: string;
  readonly apiVersion: string;
  /** Of a Calico policy with its tier in front. */
  readonly name: string;
  /** Empty for resources of the cluster. */
  readonly namespace: string;
  readonly uuid?: string;
}

const CALICO = 'projectcalico.org/v3';
const PRINTED = /^([^.(]+)(?:\.([^(]+))?\((?:([^/)]*)\/)?([^)]*)\)$/;

/** The resource of a printed name: `Pod.v1(shop/web-1)`, `GlobalNetworkPolicy(security.pci)`. */
export function resourceIdOf(printed: string, uuid?: string): ResourceId {
  const [, kind = '', apiVersion = CALICO, namespace = '', name = printed] = PRINTED.exec(printed) ?? [];
  return { kind, apiVersion, name, namespace, ...(uuid !== undefined && { uuid }) };
}

/** The name of a resource as reports print it. */
export function printedResource(json: unknown): string {
  const { kind, apiVersion, name, namespace } = json as ResourceId;
  if (kind === '') return name;
  // The tier stands in front of the name already.
  const { tier } = /^(?<tier>[^.]+)\./.exec(name)?.groups ?? {};
  return printName({ kind, apiVersion, name, namespace, tier });
}
