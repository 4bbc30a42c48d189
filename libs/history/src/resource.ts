/** The part of a Kubernetes object's metadata that reports need. */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly generateName?: string;
  readonly deletionTimestamp?: string;
}

/**
 * A Kubernetes object as reports need it: the shape that the API server serves, with only the fields that a
 * report reads (its kind's projection).
 */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The name of one place in the cluster: whatever object has this name now, whichever uid it has. */
export interface ResourceKey {
  /** API group; empty for the core group. `crd.projectcalico.org` is folded into `projectcalico.org`. */
  readonly group: string;
  /** Lower-case plural, as in URLs and RBAC: `pods`, `networkpolicies`. */
  readonly resource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}
