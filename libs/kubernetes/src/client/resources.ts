/** One kind of objects as the API server serves it. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in URLs and RBAC. */
  readonly resource: string;
  /** True where objects lie in namespaces. */
  readonly namespaced: boolean;
}

/** Which object or collection of a resource is meant. */
export interface ObjectPath {
  /** Absent for cluster-scoped resources, and for all namespaces at once. */
  readonly namespace?: string;
  /** Absent for the collection. */
  readonly name?: string;
  readonly subresource?: string;
}

/** What every object of the API has. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ApiMetadata;
  readonly [field: string]: unknown;
}

/** The metadata that this library reads. */
export interface ApiMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly { readonly time?: string }[];
  readonly [field: string]: unknown;
}

/** The path of an object or a collection in the API: `/apis/GROUP/VERSION/namespaces/NS/RESOURCE/NAME/SUB`. */
export function apiPath(
  { group, version, resource }: ApiResource,
  { namespace, name, subresource }: ObjectPath = {},
): string {
  const parts = [
    ...(group === '' ? ['api', version] : ['apis', group, version]),
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** `GROUP/VERSION`, as in an object's `apiVersion`. */
export function apiVersionOf({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
