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
  readonly finalizers?: readonly string[];
  /** The objects that it goes with: of each, apiVersion, kind and name at least. */
  readonly ownerReferences?: readonly unknown[];
}

/**
 * A Kubernetes object in the shape that the API server serves: the whole of it, or what its kind's projection keeps.
 * Fields are read with care, since any of them may be amiss.
 */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The API group of an apiVersion as it is written; empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
