/** The part of a Kubernetes object's metadata that policy selection reads. */
export interface ResourceMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
}

/** A Kubernetes object in the shape that the API server serves. Fields are read with care: any of them may be amiss. */
export interface ResourceObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ResourceMeta;
  readonly [field: string]: unknown;
}

/** The name of one object of the cluster. */
export interface Key {
  /** API group; empty for the core group. `crd.projectcalico.org` is folded into `projectcalico.org`. */
  readonly group: string;
  /** Lower-case plural: `pods`, `networkpolicies`. */
  readonly resource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** `networkpolicies.projectcalico.org/shop/web`, `pods/shop/web-1`, `hostendpoints.projectcalico.org//node-1`. */
export function keyText(key: Key): string {
  return `${key.resource}${key.group === '' ? '' : `.${key.group}`}/${key.namespace}/${key.name}`;
}
