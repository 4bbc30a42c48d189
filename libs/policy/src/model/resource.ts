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

/** A value as an object whose fields can be asked for; empty where it is none. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A value as a list; empty where it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A value as text; empty where it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The texts of a list. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((element) => typeof element === 'string');
}

/** The labels of an object as a Map: whatever their names, nothing inherited from prototypes. */
export function labelMap(value: unknown): Map<string, string> {
  const labels = new Map<string, string>();
  const record = fields(value);
  for (const name of Object.keys(record)) {
    const label = record[name];
    if (typeof label === 'string') labels.set(name, label);
  }
  return labels;
}
