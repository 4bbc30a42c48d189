/** One object of a small cluster, as it was created. */
export interface Created {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** An audit log in which a person creates these objects, one a second from 2026-03-01T08:00:00Z on. */
export function logOf(objects: readonly Created[]): string {
  return objects.map((object, i) => `${JSON.stringify(creation(object, i))}\n`).join('');
}

export const namespace = (name: string): Created => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  name,
});

/** A running pod with an address. */
export const pod = (space: string, name: string): Created => ({
  apiVersion: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespace: space,
  name,
  labels: { app: name },
  spec: { nodeName: 'node-1', serviceAccountName: 'default' },
  status: { phase: 'Running', podIP: '10.9.0.1', podIPs: [{ ip: '10.9.0.1' }] },
});

export const networkPolicy = (space: string, name: string, spec: Created['spec'] = {}): Created => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  namespace: space,
  name,
  spec: { podSelector: {}, ...spec },
});

function creation({ resource, labels = {}, ...object }: Created, i: number): object {
  const { apiVersion, kind, name, namespace: space, spec, status } = object;
  const second = new Date(Date.UTC(2026, 2, 1, 8) + i * 1_000).toISOString().slice(0, 19);
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const metadata = {
    name,
    ...(space !== undefined && { namespace: space }),
    labels,
    uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    resourceVersion: String(1_000 + i),
    creationTimestamp: `${second}Z`,
  };
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `10000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: `/${resource}/${name}`,
    verb: 'create',
    user: { username: 'ops@example.org', groups: ['system:authenticated'] },
    objectRef: {
      resource,
      name,
      apiVersion: version,
      ...(group && { apiGroup: group }),
      ...(space && { namespace: space }),
    },
    responseStatus: { metadata: {}, code: 201 },
    responseObject: { apiVersion, kind, metadata, ...(spec && { spec }), ...(status && { status }) },
    requestReceivedTimestamp: `${second}.000000Z`,
    stageTimestamp: `${second}.500000Z`,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  };
}
