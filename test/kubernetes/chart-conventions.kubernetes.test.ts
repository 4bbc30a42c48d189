import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { load, loadAll } from 'js-yaml';
import { expect, test } from 'vitest';
import { mergedValues, nestedValue } from '../testing/merged-values.ts';
import { SAMPLES } from './cluster.ts';
import {
  CHART,
  DISTRIBUTED,
  EMBEDDED,
  HELM,
  HUB,
  podsOf,
  renderedObjects,
  type ChartValues,
  type Rendered,
  type RenderedPod,
} from './chart-rendering.ts';

const FLOWS = { flowIngestor: { enabled: true, topic: 'flows' }, notifier: { urlSecret: 'hook' } };
const ALL_PARTS = { ...DISTRIBUTED, ...FLOWS };
const PARTS = [
  'api',
  'audit-ingestor',
  'flow-ingestor',
  'notifier',
  'report-job',
  'report-worker',
  'scheduler',
  'snapshotter',
];
const MONITORED = {
  serviceMonitor: { enabled: true },
  podMonitor: { enabled: true },
  alerts: { enabled: true },
  grafanaDashboard: { enabled: true },
};

const only = (objects: readonly Rendered[], kind: string): Rendered[] =>
  objects.filter((object) => object.kind === kind);
const one = (objects: readonly Rendered[], kind: string, name?: string): Rendered => {
  const found = only(objects, kind).filter(({ metadata }) => name === undefined || metadata.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
};
/** A cluster of a hub, with a key of a log of its own. */
const cluster = (name: string) => ({
  name,
  keys: [HUB.hub.cells[0]!.clusters[0]!.keys[0]!.replace('eu-1', name)],
});
const container = (pod: RenderedPod) => pod.spec.containers[0];
const spec = (object: Rendered) => object['spec'];

// Each test is a row of docs/chart-conventions.md, by its name there.
test('names', () => {
  const names = (values: ChartValues, release: string, space = 'default') =>
    renderedObjects({ ...EMBEDDED, ...values }, release, space)
      .filter(({ kind }) => !['CustomResourceDefinition', 'Pod'].includes(kind))
      .map(({ metadata }) => metadata.name);
  for (const name of names({}, 'margay', 'margay')) expect(name).not.toContain('margay-margay');
  expect(names({}, 'prod')).toContain('prod-margay');
  expect(names({ nameOverride: 'evidence' }, 'prod')).toContain('prod-evidence');
  for (const name of names({ fullnameOverride: 'acme' }, 'prod', 'acme'))
    expect(name).toMatch(/^acme([-:]|$)/);
  // Helm's longest name.
  for (const values of [EMBEDDED, ALL_PARTS]) {
    const objects = renderedObjects(values, 'r'.repeat(53));
    const all = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`);
    expect(new Set(all).size).toBe(all.length);
    for (const { kind, metadata } of objects.filter(({ metadata }) => metadata.namespace !== undefined))
      if (!kind.startsWith('Role'))
        expect(metadata.name.length).toBeLessThanOrEqual(/StatefulSet|CronJob/.test(kind) ? 52 : 63);
  }
});

test('a namespace in every object', () => {
  const objects = renderedObjects({ ...ALL_PARTS, ...MONITORED }, 'margay', 'evidence');
  const without = objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind);
  expect([...new Set(without)].sort()).toEqual([
    'ClusterRole',
    'ClusterRoleBinding',
    'CustomResourceDefinition',
  ]);
  // Events about GlobalReports, which lie in no namespace, lie in default.
  const elsewhere = objects.filter(({ metadata }) => ![undefined, 'evidence'].includes(metadata.namespace));
  expect(elsewhere.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
    ['Role', 'default'],
    ['RoleBinding', 'default'],
  ]);
});

test('labels and annotations', () => {
  const values = {
    ...ALL_PARTS,
    ...MONITORED,
    commonLabels: { team: 'a', 'app.kubernetes.io/name': 'other' },
    commonAnnotations: { owner: 'b' },
    podLabels: { 'sidecar.istio.io/inject': 'false' },
    podAnnotations: { scraped: 'no' },
    api: { podLabels: { tier: 'front' }, podAnnotations: { scraped: 'yes' } },
  };
  const objects = renderedObjects(values);
  for (const { metadata } of objects) {
    expect(metadata.labels).toMatchObject({ team: 'a', 'app.kubernetes.io/managed-by': 'Helm' });
    expect(metadata.annotations).toMatchObject({ owner: 'b' });
  }
  const pods = podsOf(objects);
  expect([...pods.keys()].sort()).toEqual(PARTS);
  for (const [part, { metadata }] of pods) {
    expect(metadata.labels).toMatchObject({
      team: 'a',
      'sidecar.istio.io/inject': 'false',
      // What pods are selected by is never anybody's.
      'app.kubernetes.io/name': 'margay',
      'app.kubernetes.io/version': expect.any(String),
      'helm.sh/chart': expect.any(String),
    });
    expect(metadata.labels!['tier']).toBe(part === 'api' ? 'front' : undefined);
    expect(metadata.annotations).toMatchObject({ owner: 'b', scraped: part === 'api' ? 'yes' : 'no' });
  }
  for (const object of [...only(objects, 'Deployment'), ...only(objects, 'StatefulSet')])
    expect(spec(object).template.metadata.labels).toMatchObject(spec(object).selector.matchLabels);
});

test('images', () => {
  const images = (values: ChartValues) =>
    new Set(
      [...podsOf(renderedObjects({ ...EMBEDDED, ...values })).values()].map((pod) => container(pod).image),
    );
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(images({})).toEqual(new Set(['margay:0.1.0']));
  expect(images({ image: { registry: 'r.example/x', tag: 't' } })).toEqual(new Set(['r.example/x/margay:t']));
  expect(
    images({ image: { registry: 'r', tag: 't', digest }, global: { imageRegistry: 'mirror:5000' } }),
  ).toEqual(new Set([`mirror:5000/margay@${digest}`]));
  const objects = renderedObjects({
    ...EMBEDDED,
    global: { imagePullSecrets: [{ name: 'g' }] },
    imagePullSecrets: [{ name: 'l' }],
  });
  for (const pod of [
    ...podsOf(objects).values(),
    one(objects, 'Pod', 'margay-test') as unknown as RenderedPod,
  ])
    expect(pod.spec.imagePullSecrets).toEqual([{ name: 'g' }, { name: 'l' }]);
});

test('service accounts', () => {
  const values = {
    ...ALL_PARTS,
    serviceAccount: { annotations: { cloud: 'a' } },
    reportWorker: { serviceAccount: { name: 'tigera-compliance-reporter', annotations: { cloud: 'b' } } },
  };
  const objects = renderedObjects(values);
  const pods = podsOf(objects);
  for (const part of ['report-worker', 'report-job'])
    expect(pods.get(part)!.spec.serviceAccountName).toBe('tigera-compliance-reporter');
  expect(one(objects, 'ServiceAccount', 'tigera-compliance-reporter').metadata.annotations).toEqual({
    cloud: 'b',
  });
  expect(one(objects, 'ServiceAccount', 'margay-api').metadata.annotations).toEqual({ cloud: 'a' });
  expect(one(objects, 'ClusterRoleBinding', 'default:margay:report-worker:worker')['subjects']).toEqual([
    { kind: 'ServiceAccount', name: 'tigera-compliance-reporter', namespace: 'default' },
  ]);

  const given = renderedObjects({ ...ALL_PARTS, serviceAccount: { create: false, name: 'ours' } });
  expect(only(given, 'ServiceAccount')).toEqual([]);
  for (const pod of podsOf(given).values()) expect(pod.spec.serviceAccountName).toBe('ours');
  expect(
    only(renderedObjects({ ...ALL_PARTS, serviceAccount: { name: 'ours' } }), 'ServiceAccount'),
  ).toHaveLength(1);
});

test('roles of the product', () => {
  const kinds = (values: ChartValues) =>
    new Set(
      renderedObjects({ ...EMBEDDED, ...values })
        .map(({ kind }) => kind)
        .filter((kind) => kind.includes('Role')),
    );
  expect(kinds({})).toEqual(new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']));
  expect(kinds({ rbac: { create: false } })).toEqual(new Set(['ClusterRole']));
  expect(kinds({ rbac: { create: false, reports: false } })).toEqual(new Set());
});

test('roles for people', () => {
  const objects = renderedObjects({ ...EMBEDDED, rbac: { reportNames: ['dev-inventory'], aggregate: true } });
  // The documented example of three users is the oracle.
  const samples = loadAll(readFileSync(`${SAMPLES}/permissions.yaml`, 'utf8')) as Rendered[];
  for (const [ours, theirs] of [
    ['manage-reports', 'tigera-compliance-manage-report-config'],
    ['export-reports', 'tigera-compliance-list-download-all-reports'],
    ['export-dev-inventory', 'tigera-compliance-list-download-dev-inventory'],
  ] as const)
    expect(one(objects, 'ClusterRole', `default:margay:${ours}`)['rules']).toEqual(
      one(samples, 'ClusterRole', theirs)['rules'],
    );
  const to = (kind: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${kind}`]: 'true' });
  expect(one(objects, 'ClusterRole', 'default:margay:view').metadata.labels).toMatchObject(to('view'));
  const edit = one(objects, 'ClusterRole', 'default:margay:edit').metadata.labels;
  expect(edit).toMatchObject({ ...to('edit'), ...to('admin') });
  expect(edit).not.toMatchObject(to('view'));
  expect(JSON.stringify(renderedObjects(EMBEDDED))).not.toContain('aggregate-to');
});

test('resources and scheduling', () => {
  const values = {
    ...ALL_PARTS,
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'low',
    reportWorker: {
      resources: { requests: { cpu: 3 } },
      nodeSelector: { disk: 'none' },
      tolerations: [{ key: 'b', operator: 'Exists' }],
      affinity: { podAffinity: {} },
      priorityClassName: 'high',
      terminationGracePeriodSeconds: 90,
      topologySpreadConstraints: [
        { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    },
  };
  const pods = podsOf(renderedObjects(values));
  for (const part of PARTS) {
    const isWorker = part.startsWith('report');
    expect(pods.get(part)!.spec).toMatchObject({
      nodeSelector: { disk: isWorker ? 'none' : 'ssd' },
      tolerations: [{ key: isWorker ? 'b' : 'a', operator: 'Exists' }],
      affinity: isWorker ? { podAffinity: {} } : { nodeAffinity: {} },
      priorityClassName: isWorker ? 'high' : 'low',
      terminationGracePeriodSeconds: isWorker ? 90 : 30,
    });
  }
  expect(container(pods.get('report-worker')!).resources.requests).toMatchObject({ cpu: 3 });
  expect(pods.get('report-worker')!.spec.topologySpreadConstraints).toEqual([
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: {
        matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'report-worker' }),
      },
    },
  ]);
});

test('probes and security contexts', () => {
  const pod = podsOf(
    renderedObjects({
      ...EMBEDDED,
      embedded: { livenessProbe: { periodSeconds: 7 }, readinessProbe: { exec: { command: ['true'] } } },
      podSecurityContext: { runAsUser: 1 },
      containerSecurityContext: { readOnlyRootFilesystem: false },
    }),
  ).get('margay')!;
  expect(container(pod)).toMatchObject({
    startupProbe: { httpGet: { path: '/healthz', port: 'http' } },
    livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 7, timeoutSeconds: 5 },
    securityContext: {
      readOnlyRootFilesystem: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
  });
  expect(container(pod).readinessProbe).toEqual({
    exec: { command: ['true'] },
    periodSeconds: 10,
    timeoutSeconds: 5,
  });
  expect(pod.spec.securityContext).toMatchObject({ runAsUser: 1, runAsNonRoot: true });
});

test('variables and arguments', () => {
  const own = {
    extraEnv: [
      { name: 'A', value: 'own' },
      { name: 'HTTP_PORT', value: '9' },
    ],
    extraArgs: ['--x=y'],
  };
  const values = {
    extraEnv: [
      { name: 'A', value: 'all' },
      { name: 'HTTPS_PROXY', value: 'http://p' },
    ],
    extraEnvFrom: [{ configMapRef: { name: 'c' } }],
  };
  const env = (pod: RenderedPod) => {
    const list = container(pod).env as { name: string; value: string }[];
    const byName = new Map(list.map(({ name, value }) => [name, value]));
    // The same one twice would be refused by server-side apply.
    expect(byName.size).toBe(list.length);
    return byName;
  };
  const pods = podsOf(renderedObjects({ ...ALL_PARTS, ...values, api: own }));
  for (const part of PARTS) {
    expect(env(pods.get(part)!).get('HTTPS_PROXY')).toBe('http://p');
    expect(env(pods.get(part)!).get('A')).toBe(part === 'api' ? 'own' : 'all');
    expect(env(pods.get(part)!).get('HTTP_PORT')).toBe(part === 'api' ? '9' : '8080');
    expect(container(pods.get(part)!).envFrom).toEqual([{ configMapRef: { name: 'c' } }]);
  }
  expect(container(pods.get('api')!).args).toEqual(['api', '--x=y']);
  const embedded = { ...own, extraEnvFrom: [{ secretRef: { name: 's' } }] };
  const pod = podsOf(renderedObjects({ ...EMBEDDED, ...values, embedded })).get('margay')!;
  expect(env(pod).get('A')).toBe('own');
  expect(container(pod).args.at(-1)).toBe('--x=y');
  expect(container(pod).envFrom).toHaveLength(2);
});

/** Variables that have no value of the chart: paths within a pod, which need a volume too, and limits that hardly anybody changes. */
const BY_EXTRA_ENV = [
  'AUDIT_LOG_FILES',
  'AUDIT_TOPIC_GROUP',
  ...['AUDIT_WEBHOOK', 'FLOW_HTTP'].flatMap((receiver) => [
    `${receiver}_BODY_BYTES_MAX`,
    `${receiver}_CLIENT_CA_FILE`,
    `${receiver}_CLIENT_NAMES`,
    `${receiver}_CLUSTERS`,
    `${receiver}_INSECURE`,
    `${receiver}_IN_FLIGHT_BYTES_MAX`,
  ]),
  'CANARY_NAMESPACE',
  'COMPUTE_LIMIT_SECONDS',
  'FLOW_LOG_FILES',
  'FLOW_TOPIC_GROUP',
  'KUBECONFIG',
  'NOTIFY_AGE_MAX',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'REPORTS_DIRECTORY',
  'S3_DELAY',
  'STOP_TIMEOUT_SECONDS',
  'TIMESTAMP_INTERVAL',
];

/** Everything that variables of services are made of. */
const MOST = {
  ...ALL_PARTS,
  url: 'https://margay.example.com',
  clusters: ['a', 'b'],
  clusterUids: ['a=cafe', 'b=f00d'],
  kubeconfigsSecret: 'others',
  privateNetworks: ['10.0.0.0/8'],
  globalReports: { overClusters: true, since: '2026-01-01T00:00:00Z' },
  clusterLabels: { b: { env: 'prod' } },
  kafka: {
    brokers: 'k:9092',
    replicationFactor: 3,
    saslSecret: 's',
    caSecret: 'c',
    certSecret: 'd',
    schemaRegistry: { url: 'https://registry.example.com', secret: 'r' },
  },
  elasticsearch: { urls: 'https://e:9200', secret: 's', caSecret: 'c' },
  ledger: {
    secret: 'key',
    signer: { role: 'margay' },
    witnesses: ['w.example.com/w+1a2b3c4d+AbC= https://w.example.com'],
    witnessesNeeded: 1,
    timestamp: { url: 'https://tsa.example.com', caSecret: 'c' },
    copies: { bucket: 'copies', secret: 's' },
  },
  canary: { enabled: true, servers: ['10.0.0.1:6443'] },
  tls: { secret: 'web' },
  allowedHosts: ['margay.example.com'],
  trustedProxies: ['10.0.0.1'],
  trustedHeaders: { enabled: true, secret: 's' },
  oidc: { issuer: 'https://id.example.com', clientId: 'margay', secret: 's', caSecret: 'c', signOut: false },
  auditIngestor: {
    topic: 'raw',
    watch: false,
    replicas: 2,
    topicKafka: { brokers: 'h:9093', saslSecret: 's', caSecret: 'c', certSecret: 'd' },
    webhook: { enabled: true, secret: 'w', oidc: { issuer: 'https://x', audience: 'a', names: ['n'] } },
  },
  flowIngestor: {
    enabled: true,
    topic: 'flows',
    topicKafka: { brokers: 'h:9093', saslSecret: 's', caSecret: 'c', certSecret: 'd' },
    http: { enabled: true, secret: 'w', oidc: { issuer: 'https://x', audience: 'a', names: ['n'] } },
  },
  notifier: { urlSecret: 'hook', secret: 'sign' },
  reportWorker: {
    hubKafka: { brokers: 'h:9093', topicPrefix: 'hub.', saslSecret: 's', caSecret: 'c', certSecret: 'd' },
  },
};

test('settings', () => {
  const set = [
    MOST,
    { ...MOST, permissions: 'token', permissionsTokenSecret: 'door', oidc: {}, trustedHeaders: {} },
    { ...MOST, ledger: { secret: 'key', signer: { tokenSecret: 'vault' } } },
    HUB,
  ]
    .flatMap((values) => [...podsOf(renderedObjects(values)).values()])
    .flatMap((pod) => container(pod).env.map(({ name }: { name: string }) => name));
  const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const documented = new Set([...text.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name]) => name!));
  const named = new Set([...set, ...set.map((name) => name.replace(/_FILE$/, ''))]);
  expect([...documented].filter((name) => !named.has(name)).sort()).toEqual(BY_EXTRA_ENV.sort());
});

test('volumes and containers', () => {
  const volume = (name: string) => ({ name, emptyDir: {} });
  const mount = (name: string) => ({ name, mountPath: `/${name}` });
  const pods = podsOf(
    renderedObjects({
      ...ALL_PARTS,
      extraVolumes: [volume('ca')],
      extraVolumeMounts: [mount('ca')],
      auditIngestor: {
        extraVolumes: [volume('log')],
        extraVolumeMounts: [mount('log')],
        extraContainers: [{ name: 'proxy', image: 'p' }],
        initContainers: [{ name: 'before', image: 'b' }],
      },
    }),
  );
  for (const part of PARTS) {
    expect(pods.get(part)!.spec.volumes).toContainEqual(volume('ca'));
    expect(container(pods.get(part)!).volumeMounts).toContainEqual(mount('ca'));
  }
  const ingestor = pods.get('audit-ingestor')!.spec;
  expect(ingestor.volumes).toContainEqual(volume('log'));
  expect(ingestor.containers.map(({ name }: { name: string }) => name)).toEqual(['audit-ingestor', 'proxy']);
  expect(ingestor.initContainers).toEqual([{ name: 'before', image: 'b' }]);
  expect(pods.get('api')!.spec.volumes).not.toContainEqual(volume('log'));
});

test('Service', () => {
  const service = (values: ChartValues) => one(renderedObjects({ ...EMBEDDED, service: values }), 'Service');
  expect(service({ type: 'NodePort', nodePort: 30080, externalTrafficPolicy: 'Local' })).toMatchObject({
    spec: { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30080 }] },
  });
  const balanced = service({
    type: 'LoadBalancer',
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    labels: { a: 'b' },
    annotations: { scheme: 'internal' },
    ipFamilyPolicy: 'PreferDualStack',
    sessionAffinity: 'ClientIP',
  });
  expect(balanced.metadata).toMatchObject({ labels: { a: 'b' }, annotations: { scheme: 'internal' } });
  expect(spec(balanced)).toMatchObject({
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    ipFamilyPolicy: 'PreferDualStack',
    sessionAffinity: 'ClientIP',
  });
});

test('Ingress', () => {
  const values = {
    ...DISTRIBUTED,
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { a: 'b' },
      hosts: [
        { host: 'margay.example.org' },
        { host: 'b.example.org', paths: [{ path: '/x', pathType: 'Exact' }] },
      ],
      tls: [{ secretName: 't', hosts: ['margay.example.org'] }],
    },
  };
  const ingress = one(renderedObjects(values), 'Ingress');
  const backend = { service: { name: 'margay', port: { name: 'http' } } };
  expect(spec(ingress)).toEqual({
    ingressClassName: 'nginx',
    tls: values.ingress.tls,
    rules: [
      { host: 'margay.example.org', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } },
      { host: 'b.example.org', http: { paths: [{ path: '/x', pathType: 'Exact', backend }] } },
    ],
  });
});

test('HTTPRoute', () => {
  const httpRoute = {
    enabled: true,
    parentRefs: [{ name: 'gw', namespace: 'infra' }],
    hostnames: ['m.example.org'],
  };
  const route = one(renderedObjects({ ...EMBEDDED, httpRoute, service: { port: 8080 } }), 'HTTPRoute');
  expect(spec(route)).toEqual({
    parentRefs: httpRoute.parentRefs,
    hostnames: httpRoute.hostnames,
    rules: [{ backendRefs: [{ name: 'margay', port: 8080 }] }],
  });
});

test('TLS of the dashboard', () => {
  const monitored = { serviceMonitor: { enabled: true, relabelings: [{ action: 'labelmap' }] } };
  for (const [values, door] of [
    [EMBEDDED, 'margay'],
    [ALL_PARTS, 'api'],
    [HUB, 'hub'],
  ] as const) {
    const objects = renderedObjects({ ...values, ...monitored, tls: { secret: 'web' } });
    for (const [part, pod] of podsOf(objects)) {
      const { env = [], volumeMounts, readinessProbe, livenessProbe, startupProbe } = container(pod);
      const probes = [readinessProbe, livenessProbe, startupProbe].filter((probe) => probe !== undefined);
      const isDoor = part === door;
      for (const { httpGet } of probes) expect(httpGet.scheme).toBe(isDoor ? 'HTTPS' : undefined);
      const certificate = env.find(({ name }: { name: string }) => name === 'API_TLS_CERT_FILE');
      expect(certificate?.value).toBe(isDoor ? '/secrets/tls/tls.crt' : undefined);
      const mount = { name: 'tls', mountPath: '/secrets/tls', readOnly: true };
      if (isDoor) expect(volumeMounts).toContainEqual(mount);
      if (isDoor) expect(pod.spec.volumes).toContainEqual({ name: 'tls', secret: { secretName: 'web' } });
    }
    expect(spec(one(objects, 'Service', 'margay')).ports).toEqual([
      { name: 'http', port: 443, appProtocol: 'https', targetPort: 'http' },
    ]);
    const [endpoint] = spec(one(objects, 'ServiceMonitor')).endpoints;
    expect(endpoint.relabelings).toEqual([
      {
        sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_component'],
        regex: door,
        targetLabel: '__scheme__',
        replacement: 'https',
      },
      { action: 'labelmap' },
    ]);
    expect(spec(one(objects, 'Pod', 'margay-test')).containers[0].args[1]).toContain(
      'https://margay.default:443/readyz',
    );
  }
  expect(spec(one(renderedObjects(EMBEDDED), 'Service')).ports).toEqual([
    { name: 'http', port: 80, targetPort: 'http' },
  ]);
});

test('signing in', () => {
  const values = {
    url: 'https://m.example.org',
    oidc: { issuer: 'https://id.example.org', clientId: 'm', secret: 's' },
  };
  const pods = podsOf(renderedObjects({ ...DISTRIBUTED, ...values }));
  expect(container(pods.get('api')!).env).toContainEqual({
    name: 'OIDC_ISSUER',
    value: 'https://id.example.org',
  });
  expect(container(pods.get('api')!).env).toContainEqual({
    name: 'OIDC_CLIENT_SECRET',
    valueFrom: { secretKeyRef: { name: 's', key: 'clientSecret' } },
  });
});

test('monitors', () => {
  const how = {
    enabled: true,
    namespace: 'monitoring',
    labels: { release: 'prometheus' },
    annotations: { a: 'b' },
    interval: '30s',
    scrapeTimeout: '5s',
    relabelings: [{ action: 'labelmap' }],
    metricRelabelings: [{ action: 'drop' }],
  };
  const { interval, scrapeTimeout, relabelings, metricRelabelings } = how;
  const objects = renderedObjects({ ...ALL_PARTS, serviceMonitor: how, podMonitor: how });
  for (const [kind, endpoints] of [
    ['ServiceMonitor', 'endpoints'],
    ['PodMonitor', 'podMetricsEndpoints'],
  ] as const) {
    const monitor = one(objects, kind);
    expect(monitor.metadata).toMatchObject({ namespace: 'monitoring', labels: { release: 'prometheus' } });
    expect(spec(monitor).namespaceSelector).toEqual({ matchNames: ['default'] });
    expect(spec(monitor)[endpoints]).toEqual([
      { port: 'http', path: '/metrics', interval, scrapeTimeout, relabelings, metricRelabelings },
    ]);
  }
  // One Service has the monitor's labels, and selects every pod.
  const wanted = spec(one(objects, 'ServiceMonitor')).selector.matchLabels as Record<string, string>;
  const services = only(objects, 'Service').filter(({ metadata }) =>
    Object.entries(wanted).every(([name, value]) => metadata.labels![name] === value),
  );
  expect(services).toHaveLength(1);
  for (const pod of podsOf(objects).values())
    expect(pod.metadata.labels).toMatchObject(spec(services[0]!).selector as Record<string, string>);
});

test('alerts and a dashboard', () => {
  const objects = renderedObjects({
    ...EMBEDDED,
    alerts: { enabled: true, namespace: 'monitoring', labels: { release: 'prometheus' } },
    grafanaDashboard: {
      enabled: true,
      namespace: 'grafana',
      labels: { mine: '1' },
      annotations: { folder: 'x' },
    },
  });
  expect(one(objects, 'PrometheusRule').metadata).toMatchObject({
    namespace: 'monitoring',
    labels: { release: 'prometheus' },
  });
  expect(one(objects, 'ConfigMap').metadata).toMatchObject({
    namespace: 'grafana',
    labels: { mine: '1', grafana_dashboard: '1' },
    annotations: { folder: 'x' },
  });
});

// Who reaches whom by them: network-policies.kubernetes.test.ts.
test('NetworkPolicies', () => {
  const policies = (networkPolicy: ChartValues) =>
    only(renderedObjects({ ...ALL_PARTS, networkPolicy }), 'NetworkPolicy');
  expect(
    policies({})
      .map(({ metadata }) => metadata.name)
      .sort(),
  ).toEqual(['pods', ...PARTS, 'check', 'test'].map((part) => `margay-${part}`).sort());
  for (const enabled of [false, true])
    for (const policy of policies({ egress: { enabled } }))
      expect(spec(policy).policyTypes).toEqual(enabled ? ['Ingress', 'Egress'] : ['Ingress']);
  expect(policies({ enabled: false })).toEqual([]);
});

test('PodDisruptionBudgets', () => {
  const objects = renderedObjects({
    ...ALL_PARTS,
    api: { replicas: 2 },
    reportWorker: { autoscaling: { enabled: true } },
    podDisruptionBudget: { maxUnavailable: '50%' },
  });
  const budgets = only(objects, 'PodDisruptionBudget');
  expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(['margay-api', 'margay-report-worker']);
  for (const budget of budgets) expect(spec(budget).maxUnavailable).toBe('50%');
});

test('definitions', () => {
  const definitions = (values: ChartValues) =>
    only(renderedObjects({ ...EMBEDDED, ...values }), 'CustomResourceDefinition');
  const names = (group: string) => [`globalreports.${group}`, `globalreporttypes.${group}`];
  expect(definitions({}).map(({ metadata }) => metadata.name)).toEqual(names('projectcalico.org'));
  for (const { metadata } of definitions({}))
    expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  const own = definitions({
    globalReports: { group: 'margay.io' },
    crds: { keep: false, annotations: { a: 'b' } },
  });
  expect(own.map(({ metadata }) => metadata.name)).toEqual(names('margay.io'));
  expect(own.map(({ metadata }) => metadata.annotations)).toEqual([{ a: 'b' }, { a: 'b' }]);
  expect(definitions({ crds: { enabled: false } })).toEqual([]);
  // As kubectl applies them, but for labels and annotations.
  const files = ['globalreports', 'globalreporttypes'].map(
    (name) => load(readFileSync(`${CHART}/crds/${name}.yaml`, 'utf8')) as Rendered,
  );
  expect(definitions({}).map(spec)).toEqual(files.map(spec));
});

test('more objects', () => {
  const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'more' }, data: { a: 'b' } };
  expect(one(renderedObjects({ ...EMBEDDED, extraObjects: [extra] }), 'ConfigMap')).toEqual(extra);
});

const ENABLED = { auditIngestor: {}, flowIngestor: { enabled: true } };
const PROVIDER = { issuer: 'https://accounts.google.com', audience: 'a', names: ['n', 'o'] };
const RECEIVERS = [
  ['auditIngestor', 'webhook', 'audit-ingestor', 'AUDIT_WEBHOOK', 'webhook'],
  ['flowIngestor', 'http', 'flow-ingestor', 'FLOW_HTTP', 'flows'],
] as const;

test('receivers', () => {
  for (const [part, key, name, prefix, called] of RECEIVERS) {
    const of = (more: object) => {
      const receiver = { enabled: true, secret: 'w', ...more };
      return renderedObjects({ ...DISTRIBUTED, [part]: { ...ENABLED[part], [key]: receiver } });
    };
    const told = (more: object) => {
      const env = container(podsOf(of(more)).get(name)!).env as { name: string; value?: string }[];
      const own = env.filter((variable) => variable.name.startsWith(`${prefix}_`));
      return Object.fromEntries(
        own.map((variable) => [variable.name.replace(`${prefix}_`, ''), variable.value]),
      );
    };
    const listens = {
      HOST: '0.0.0.0',
      PORT: '8443',
      TLS_CERT_FILE: `/secrets/${called}/tls.crt`,
      TLS_KEY_FILE: `/secrets/${called}/tls.key`,
    };
    const byToken = { TOKENS_FILE: `/secrets/${called}/token` };
    const byProvider = { OIDC_ISSUER: PROVIDER.issuer, OIDC_AUDIENCE: 'a', OIDC_NAMES: 'n,o' };
    expect(told({})).toEqual({ ...listens, ...byToken });
    expect(told({ oidc: PROVIDER })).toEqual({ ...listens, ...byToken, ...byProvider });
    expect(told({ oidc: PROVIDER, tokens: false })).toEqual({ ...listens, ...byProvider });
    const objects = of({ oidc: PROVIDER });
    expect(spec(one(objects, 'Service', `margay-${name}`)).ports).toContainEqual({
      name: called,
      port: 443,
      targetPort: called,
    });
    const tested = container(one(objects, 'Pod', `margay-test-${called}`) as unknown as RenderedPod);
    expect(tested.env).toEqual([
      { name: 'RECEIVER_URL', value: `https://margay-${name}.default:443/` },
      { name: 'OIDC_ISSUER', value: PROVIDER.issuer },
      { name: 'OIDC_ISSUER_VALUE', value: `${part}.${key}.oidc.issuer` },
    ]);
    expect(tested.args.at(-1)).toBe(readFileSync(`${CHART}/files/test-receiver.mjs`, 'utf8'));
  }
  expect(only(renderedObjects(DISTRIBUTED), 'Pod').map(({ metadata }) => metadata.name)).toEqual([
    'margay-test',
  ]);
});

test('flows', () => {
  const http = { enabled: true, secret: 'f' };
  const objects = renderedObjects({ ...DISTRIBUTED, flowIngestor: { enabled: true, http, topic: 'flows' } });
  const pod = container(podsOf(objects).get('flow-ingestor')!);
  expect(pod.env).toContainEqual({ name: 'FLOW_TOPIC', value: 'flows' });
  expect(pod.env).toContainEqual({ name: 'FLOW_HTTP_PORT', value: '8443' });
});

test('topics of others', () => {
  const topicKafka = {
    brokers: 'hub.example.com:9093',
    tls: true,
    saslSecret: 'sasl',
    saslMechanism: 'plain',
    caSecret: 'ca',
    certSecret: 'cert',
  };
  const elsewhere = { topic: 'raw', topicKafka };
  const values = {
    auditIngestor: elsewhere,
    flowIngestor: { enabled: true, ...elsewhere },
    reportWorker: { hubKafka: { ...topicKafka, topicPrefix: 'hub.' } },
    ledger: { secret: 'key' },
  };
  const objects = renderedObjects({ ...DISTRIBUTED, ...values });
  const pods = podsOf(objects);
  for (const [part, prefix, own, files] of [
    ['audit-ingestor', 'AUDIT', { name: 'AUDIT_TOPIC', value: 'raw' }, 'topic-kafka'],
    ['flow-ingestor', 'FLOW', { name: 'FLOW_TOPIC', value: 'raw' }, 'topic-kafka'],
    ['report-worker', 'HUB', { name: 'HUB_KAFKA_TOPIC_PREFIX', value: 'hub.' }, 'hub-kafka'],
  ] as const) {
    const { env, volumeMounts } = container(pods.get(part)!);
    const of = (key: string) => ({ valueFrom: { secretKeyRef: { name: 'sasl', key } } });
    expect(env).toEqual(
      expect.arrayContaining([
        own,
        { name: `${prefix}_KAFKA_BROKERS`, value: 'hub.example.com:9093' },
        { name: `${prefix}_KAFKA_TLS`, value: 'true' },
        { name: `${prefix}_KAFKA_SASL_MECHANISM`, value: 'plain' },
        { name: `${prefix}_KAFKA_USERNAME`, ...of('username') },
        { name: `${prefix}_KAFKA_PASSWORD`, ...of('password') },
        { name: `${prefix}_KAFKA_CA_FILE`, value: `/secrets/${files}/ca.crt` },
        { name: `${prefix}_KAFKA_CERT_FILE`, value: `/secrets/${files}-client/tls.crt` },
        { name: `${prefix}_KAFKA_KEY_FILE`, value: `/secrets/${files}-client/tls.key` },
      ]),
    );
    for (const [name, secretName] of [
      [`${files}-ca`, 'ca'],
      [`${files}-client`, 'cert'],
    ] as const) {
      expect(volumeMounts).toContainEqual(expect.objectContaining({ name, readOnly: true }));
      expect(pods.get(part)!.spec.volumes).toContainEqual({ name, secret: { secretName } });
    }
  }
  // Jobs of reports tell on the cell's own topic, too, and the workers hand that on.
  const ofJob = JSON.stringify(objects.filter(({ kind }) => kind === 'PodTemplate' || kind === 'CronJob'));
  expect(ofJob).toContain('LEDGER_KEY_FILE');
  expect(ofJob).not.toContain('HUB_KAFKA');
  const without = { ...DISTRIBUTED, ...values, ledger: {} };
  expect(() => renderedObjects(without)).toThrow(/ledger.*secret/s);
  expect(() =>
    renderedObjects({ ...DISTRIBUTED, reportWorker: { hubKafka: { topicPrefix: 'hub.' } } }),
  ).toThrow(/hubKafka.*brokers/s);
});

test('clusters together', () => {
  const uids = { clusterUids: ['b=f00d', 'a=cafe'] };
  const values = { ...ALL_PARTS, clusters: ['b', 'a', 'c'], kubeconfigsSecret: 'others', ...uids };
  const pods = podsOf(renderedObjects(values));
  const valueOf = (part: string, name: string, from = pods) =>
    container(from.get(part)!).env.find((variable: { name: string }) => variable.name === name)?.value;
  for (const part of PARTS)
    expect([part, valueOf(part, 'CLUSTERS'), valueOf(part, 'CLUSTER_UIDS')]).toEqual(
      /ingestor/.test(part) ? [part, undefined, 'a=cafe'] : [part, 'b,a,c', undefined],
    );
  const auditIngestor = { extraEnv: [{ name: 'AUDIT_WEBHOOK_CLUSTERS', value: 'a, b' }] };
  const taking = podsOf(renderedObjects({ ...values, auditIngestor }));
  expect(['audit-ingestor', 'flow-ingestor'].map((part) => valueOf(part, 'CLUSTER_UIDS', taking))).toEqual([
    'b=f00d,a=cafe',
    'a=cafe',
  ]);
  expect(() => renderedObjects({ ...values, clusterUids: ['d=beef'] })).toThrow(
    /clusterUids: d is neither clusterName nor among clusters/,
  );
  expect(valueOf('api', 'API_KUBECONFIGS')).toBe('b=/secrets/kubeconfigs/b,c=/secrets/kubeconfigs/c');
  expect(container(pods.get('api')!).volumeMounts).toContainEqual({
    name: 'kubeconfigs',
    mountPath: '/secrets/kubeconfigs',
    readOnly: true,
  });
  expect(pods.get('api')!.spec.volumes).toContainEqual({
    name: 'kubeconfigs',
    secret: { secretName: 'others' },
  });
  expect(() => renderedObjects({ ...values, clusters: ['b', 'c'] })).toThrow(/clusterName, a, is not among/);

  // Reports over clusters.
  const over = {
    ...values,
    globalReports: { overClusters: true },
    clusterLabels: { a: { env: 'prod' }, c: { env: 'test', 'example.com/team': 'net' } },
  };
  const settingsOf = (given: ChartValues, part: string) =>
    container(podsOf(renderedObjects(given)).get(part)!).env.filter(({ name }: { name: string }) =>
      ['REPORTS_OVER_CLUSTERS', 'CLUSTER_LABELS'].includes(name),
    );
  expect(settingsOf(over, 'scheduler')).toEqual([
    { name: 'REPORTS_OVER_CLUSTERS', value: 'true' },
    { name: 'CLUSTER_LABELS', value: 'a:env=prod,c:env=test,c:example.com/team=net' },
  ]);
  expect(settingsOf(over, 'api')).toEqual([]);
  expect(settingsOf(values, 'scheduler')).toEqual([]);
  expect(() => renderedObjects({ ...over, clusterLabels: { d: { env: 'prod' } } })).toThrow(
    /clusterLabels: d is not among clusters/,
  );
});

test('a hub', () => {
  const cells = [...HUB.hub.cells, { ...HUB.hub.cells[0]!, name: 'us-1', clusters: [cluster('till')] }];
  const values = {
    ...HUB,
    ...MONITORED,
    kafka: { brokers: 'kafka:9093', tls: true, saslSecret: 's', caSecret: 'ca', certSecret: 'client' },
    hub: { cells, persistence: { size: '20Gi', storageClass: 'fast' } },
    rbac: { reportNames: ['daily'], clusterNames: ['till'] },
    networkPolicy: { egress: { enabled: true, apiServerPorts: [6443] } },
    url: 'https://hub.example.org',
    oidc: { issuer: 'https://id.example.org:8443', clientId: 'margay' },
    ingress: { enabled: true, hosts: [{ host: 'hub.example.org' }] },
    tls: { secret: 'web' },
  };
  const objects = renderedObjects(values, 'fleet', 'hubs');
  // One process over one volume, and nothing that follows a cluster or makes reports.
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    'ClusterRole hubs:fleet-margay:export-daily',
    'ClusterRole hubs:fleet-margay:export-reports',
    'ClusterRole hubs:fleet-margay:hub:api',
    'ClusterRole hubs:fleet-margay:see-clusters',
    'ClusterRole hubs:fleet-margay:see-till',
    'ClusterRoleBinding hubs:fleet-margay:hub:api',
    'ConfigMap fleet-margay-cells',
    'ConfigMap fleet-margay-dashboard',
    'Deployment fleet-margay-hub',
    'Ingress fleet-margay',
    'NetworkPolicy fleet-margay-hub',
    'NetworkPolicy fleet-margay-pods',
    'NetworkPolicy fleet-margay-test',
    'PersistentVolumeClaim fleet-margay-hub',
    'Pod fleet-margay-test',
    'PodMonitor fleet-margay',
    'PrometheusRule fleet-margay',
    'Service fleet-margay',
    'Service fleet-margay-metrics',
    'ServiceAccount fleet-margay-hub',
    'ServiceMonitor fleet-margay',
  ]);
  const deployment = one(objects, 'Deployment');
  expect(spec(deployment)).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  const pod = podsOf(objects).get('hub')!;
  expect(pod.spec.volumes).toContainEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'fleet-margay-hub' },
  });
  expect(one(objects, 'PersistentVolumeClaim')).toMatchObject({
    metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: { storageClassName: 'fast', resources: { requests: { storage: '20Gi' } } },
  });
  expect(JSON.parse(one(objects, 'ConfigMap', 'fleet-margay-cells')['data']['cells.json'] as string)).toEqual(
    cells,
  );
  // What is in the pod where the variables say: the cells, and the certificates for Kafka.
  const env = container(pod).env as { name: string; value?: string }[];
  const mounted = container(pod).volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
  for (const { value = '' } of env.filter(({ name }) => /_FILE$|_DIRECTORY$/.test(name)))
    expect(mounted.some((path: string) => `${value}/`.startsWith(`${path}/`))).toBe(true);
  // A hub whose cells changed is started anew: it reads them once.
  const marked = (given: ChartValues) => podsOf(renderedObjects(given)).get('hub')!.metadata.annotations;
  expect(marked({ ...values, logLevel: 'warn' })).toEqual(marked(values));
  expect(marked({ ...values, hub: { cells: HUB.hub.cells }, rbac: {} })).not.toEqual(marked(values));
  const elsewhere = renderedObjects({ ...HUB, hub: { cellsConfigMap: 'fleet' } });
  expect(only(elsewhere, 'ConfigMap')).toEqual([]);
  expect(podsOf(elsewhere).get('hub')!.spec.volumes).toContainEqual({
    name: 'cells',
    configMap: { name: 'fleet' },
  });
  // The API server is asked who may see what, and of nothing else; where it is not asked the pod has no token for it.
  expect(one(objects, 'ClusterRole', 'hubs:fleet-margay:hub:api')['rules']).toEqual([
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]);
  expect(one(objects, 'ClusterRole', 'hubs:fleet-margay:see-till')['rules']).toEqual([
    { apiGroups: ['margay.io'], resources: ['clusters'], verbs: ['get'], resourceNames: ['till'] },
  ]);
  expect(pod.spec.automountServiceAccountToken).toBe(true);
  const byToken = renderedObjects({ ...HUB, permissions: 'token', permissionsTokenSecret: 'door' });
  expect(podsOf(byToken).get('hub')!.spec.automountServiceAccountToken).toBe(false);
  expect(only(byToken, 'ClusterRoleBinding')).toEqual([]);
  const alerts = JSON.stringify(spec(one(objects, 'PrometheusRule')));
  for (const alert of ['MargayCellAway', 'MargayHubLacksReports', 'MargayHubLogChanged', 'MargayHubRefuses'])
    expect(alerts).toContain(alert);
  // What the process refuses of its cells is refused before it is installed.
  const hubOf = (...clusters: readonly object[]) => ({
    ...HUB,
    hub: { cells: [...HUB.hub.cells, { ...HUB.hub.cells[0]!, name: 'us-1', clusters }] },
  });
  const [shop] = HUB.hub.cells[0]!.clusters;
  expect(() => renderedObjects(hubOf(cluster('till'), cluster('shop')))).toThrow(
    /hub\.cells\[1\]\.clusters\[1\]\.name: the cluster shop is in the cell eu-1, too/,
  );
  expect(() => renderedObjects(hubOf({ ...shop, name: 'till' }))).toThrow(
    /hub\.cells\[1\]\.clusters\[0\]\.keys: margay\.example\.com\/eu-1 is the log of the cluster shop/,
  );
  expect(() => renderedObjects({ ...HUB, rbac: { clusterNames: ['till'] } })).toThrow(
    /rbac\.clusterNames: there is no cluster till/,
  );
  // And a release without a hub has nothing of one.
  for (const values of [EMBEDDED, ALL_PARTS])
    expect(
      renderedObjects({ ...values, ...MONITORED }).filter(
        ({ kind, metadata }) => /cells|hub/.test(metadata.name) || JSON.stringify(kind).includes('HUB_'),
      ),
    ).toEqual([]);
});

test('values of another profile', () => {
  const notRead = JSON.parse(readFileSync(`${CHART}/files/not-read.json`, 'utf8')) as Record<string, object>;
  const other = (value: unknown): unknown => {
    if (typeof value === 'boolean') return !value;
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'string') return `${value}7`;
    return Array.isArray(value) ? [{ name: 'other' }] : { other: 'x' };
  };
  const refusal = (values: ChartValues): string => {
    const args = ['template', 'margay', CHART, '--skip-schema-validation', '--values', '-'];
    const { stderr } = spawnSync(HELM, args, { input: JSON.stringify(values), encoding: 'utf8' });
    return stderr;
  };
  for (const [profile, least] of Object.entries({ embedded: EMBEDDED, distributed: DISTRIBUTED, hub: HUB })) {
    const unread = Object.entries(notRead[profile]!).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const changed = unread.map(([path, unlessSet]) => nestedValue(path.split('.'), other(unlessSet)));
    const values = [least, { profile }, ...changed].reduce<ChartValues>(mergedValues, {});
    expect(refusal({ ...values, strictValues: true })).toContain(
      `${unread.map(([path]) => path).join(', ')}: without effect in the ${profile} profile`,
    );
    expect(refusal(values)).toBe('');
  }
  // What is on may be off where there is none of it.
  expect(refusal({ ...EMBEDDED, strictValues: true, podDisruptionBudget: { enabled: false } })).toBe('');
});

test('scaling by lag', () => {
  const keda = { keda: { enabled: true } };
  const kafka = (more: object) => ({ ...ALL_PARTS, ...keda, kafka: { ...DISTRIBUTED.kafka, ...more } });
  const secured = renderedObjects(kafka({ saslSecret: 's', caSecret: 'ca', certSecret: 'client' }));
  expect(spec(one(secured, 'TriggerAuthentication')).secretTargetRef).toEqual([
    { parameter: 'username', name: 's', key: 'username' },
    { parameter: 'password', name: 's', key: 'password' },
    { parameter: 'ca', name: 'ca', key: 'ca.crt' },
    { parameter: 'cert', name: 'client', key: 'tls.crt' },
    { parameter: 'key', name: 'client', key: 'tls.key' },
  ]);
  // As the services themselves: where files of certificates are used, it is TLS.
  for (const [more, tls] of [
    [{}, undefined],
    [{ tls: true }, 'enable'],
    [{ caSecret: 'ca' }, 'enable'],
    [{ certSecret: 'client' }, 'enable'],
  ] as const)
    for (const object of only(renderedObjects(kafka(more)), 'ScaledObject'))
      for (const trigger of spec(object).triggers) {
        expect(trigger.metadata.tls).toBe(tls);
        expect(trigger.authenticationRef !== undefined).toBe('caSecret' in more || 'certSecret' in more);
      }
});

test('Chart.yaml', () => {
  const chart = load(readFileSync(`${CHART}/Chart.yaml`, 'utf8')) as Record<string, unknown>;
  expect(chart).toMatchObject({ icon: expect.stringMatching(/^data:image\/svg/) });
  const { annotations } = chart as { annotations: Record<string, string> };
  const listed = load(annotations['artifacthub.io/crds']!) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual([
    'globalreports.projectcalico.org',
    'globalreporttypes.projectcalico.org',
  ]);
});

test('every row of the table is a test', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const documented = [...read('../../docs/chart-conventions.md').matchAll(/^\| ([^|]+?) *\|/gm)].map(
    ([, name]) => name!,
  );
  const tests = [...read('chart-conventions.kubernetes.test.ts').matchAll(/^test\('([^']+)'/gm)].map(
    ([, name]) => name!,
  );
  const held = ['a closed schema', 'a table of values'];
  expect(documented.filter((name) => !/^-+$|^convention$/.test(name)).sort()).toEqual(
    [...tests.filter((name) => !name.startsWith('every row')), ...held].sort(),
  );
});
