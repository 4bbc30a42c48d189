import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { programOf } from '../servers/programs.ts';
import {
  DISTRIBUTED,
  EMBEDDED,
  HUB,
  podsOf,
  renderedObjects,
  type ChartValues,
  type Rendered,
  type RenderedPod,
} from './chart-rendering.ts';

const NAMESPACE = 'evidence';

/** Somebody at one end of a connection: a pod of a namespace, or an address outside the cluster. */
interface Peer {
  readonly ip: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A port, with the name that the pod behind it gives it. */
interface Port {
  readonly port: number;
  readonly name?: string;
  readonly protocol?: 'UDP';
}

interface Connection {
  readonly from: Peer;
  readonly to: Peer;
  readonly at: Port;
}

let evaluator = '';
beforeAll(() => void (evaluator = programOf('evaluator')), 900_000);

/** Whether NetworkPolicies allow each connection: the evaluator is the oracle. */
function allowed(objects: readonly Rendered[], connections: readonly Connection[]): boolean[] {
  const peer = ({ ip, namespace, labels = {} }: Peer) => ({
    IP: ip,
    ...(namespace !== undefined && {
      Internal: {
        Namespace: namespace,
        NamespaceLabels: { 'kubernetes.io/metadata.name': namespace },
        PodLabels: labels,
      },
    }),
  });
  const question = {
    Policies: objects.filter(({ kind }) => kind === 'NetworkPolicy'),
    Connections: connections.map(({ from, to, at }) => ({
      Source: peer(from),
      Destination: peer(to),
      ResolvedPort: at.port,
      ResolvedPortName: at.name ?? '',
      Protocol: at.protocol ?? 'TCP',
    })),
  };
  const answer = execFileSync(evaluator, { encoding: 'utf8', input: JSON.stringify(question) });
  return answer
    .trim()
    .split('\n')
    .map((line) => line === 'true');
}

/** What pods are made of by their part, reports by hand among them. */
const podTemplates = (objects: readonly Rendered[]): ReadonlyMap<string, RenderedPod> =>
  new Map([
    ...objects
      .filter(({ kind }) => kind === 'CronJob')
      .map((each) => ['report-job', each['spec'].jobTemplate.spec.template] as const),
    ...podsOf(objects),
  ]);

/** The pods of the release by their part, those of `helm test` too. */
function ownPods(objects: readonly Rendered[]): ReadonlyMap<string, Peer> {
  const tests = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
  const labelled = [
    ...[...podTemplates(objects)].map(([part, { metadata }]) => [part, metadata.labels!] as const),
    ...tests.map((each) =>
      each.kind === 'Job'
        ? (['check', each['spec'].template.metadata.labels] as const)
        : ([each.metadata.name.replace('margay-', ''), each.metadata.labels!] as const),
    ),
  ];
  return new Map(
    labelled.map(([part, labels], i) => [part, { ip: `10.1.0.${i}`, namespace: NAMESPACE, labels }]),
  );
}

const pod = (ip: string, app: string): Peer => ({ ip, namespace: app, labels: { app } });
const outside = (ip: string): Peer => ({ ip });

/** The servers that Margay may have, each with a port of its own, so that none is reached by another's rule. */
const SERVERS: Readonly<Record<string, readonly [Peer, Port]>> = {
  dns: [pod('10.2.0.1', 'kube-system'), { port: 53, protocol: 'UDP' }],
  'dns by TCP': [pod('10.2.0.1', 'kube-system'), { port: 53 }],
  'API server': [outside('192.0.2.1'), { port: 6443 }],
  Kafka: [pod('10.2.0.2', 'kafka'), { port: 9094 }],
  Elasticsearch: [pod('10.2.0.3', 'elastic'), { port: 9243 }],
  registry: [pod('10.2.0.4', 'registry'), { port: 8081 }],
  'OpenID provider': [outside('192.0.2.2'), { port: 8444 }],
  'issuer of pushes': [outside('192.0.2.3'), { port: 8445 }],
  hook: [outside('192.0.2.4'), { port: 8446 }],
  witness: [outside('192.0.2.5'), { port: 8090 }],
  timestamps: [outside('192.0.2.6'), { port: 80 }],
  bucket: [outside('192.0.2.7'), { port: 9000 }],
  'cloud’s hub': [outside('192.0.2.11'), { port: 9093 }],
  'hub of cells': [outside('192.0.2.12'), { port: 9096 }],
  signer: [outside('192.0.2.10'), { port: 8200 }],
  'canary’s API server': [outside('192.0.2.8'), { port: 7443 }],
  traces: [pod('10.2.0.5', 'otel'), { port: 4318 }],
  'metadata of the cloud': [outside('169.254.169.254'), { port: 8080 }],
  'somebody’s SSH': [outside('192.0.2.9'), { port: 22 }],
};

const CONFIRMED = {
  url: 'https://margay.example.org:8999',
  oidc: { issuer: 'https://id.example.org:8444/realms/a', clientId: 'margay' },
  ledger: {
    secret: 'key',
    signer: { role: 'margay' },
    witnesses: ['witness.example.com/w+1a2b3c4d+AbC= https://witness.example.com:8090/a'],
    timestamp: { url: 'http://tsa.example.com/tsr', caSecret: 'tsa' },
    copies: { bucket: 'reports', endpoint: 'https://s3.example.com:9000' },
  },
  notifier: { url: 'https://chat.example.com:8446/hooks/1' },
  canary: { enabled: true, servers: ['192.0.2.8:7443'] },
  extraEnv: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://otel:4318' }],
};
const PEERS = {
  from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
  metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
  evidenceFrom: [{ ipBlock: { cidr: '192.0.2.0/28' } }],
  egress: { enabled: true, apiServerPorts: [6443] },
};
/** Where no evidence is posted. */
const { evidenceFrom: _evidence, ...PEERS_ALONE } = PEERS;
const ALL_EMBEDDED: ChartValues = { ...EMBEDDED, ...CONFIRMED, networkPolicy: PEERS_ALONE };
const ALL_DISTRIBUTED: ChartValues = {
  ...DISTRIBUTED,
  ...CONFIRMED,
  kafka: { brokers: 'a:9094,b:9094', schemaRegistry: { url: 'http://registry:8081' } },
  elasticsearch: { urls: 'https://e:9243,https://f:9243' },
  auditIngestor: {
    topic: 'audit',
    topicKafka: { brokers: 'hub.example.com:9093', caSecret: 'ca', certSecret: 'cert', saslSecret: 'sasl' },
    webhook: {
      enabled: true,
      secret: 'w',
      oidc: { issuer: 'https://push.example.org:8445', audience: 'margay', names: ['a@example.org'] },
    },
  },
  flowIngestor: { enabled: true, http: { enabled: true, secret: 'f' } },
  reportWorker: { hubKafka: { brokers: 'cells.example.com:9096' } },
  networkPolicy: PEERS,
};

const ALL_HUB: ChartValues = {
  ...HUB,
  url: CONFIRMED.url,
  oidc: CONFIRMED.oidc,
  extraEnv: CONFIRMED.extraEnv,
  kafka: { brokers: 'a:9094,b:9094', schemaRegistry: { url: 'http://registry:8081' } },
  networkPolicy: PEERS_ALONE,
};

const DNS = ['dns', 'dns by TCP'];
const ALL = [...DNS, 'traces'];
const DATA = [...ALL, 'Kafka', 'Elasticsearch', 'registry'];
const REACHED: readonly (readonly [string, ChartValues, Readonly<Record<string, readonly string[]>>])[] = [
  [
    'embedded',
    ALL_EMBEDDED,
    {
      margay: [
        ...ALL,
        'API server',
        'OpenID provider',
        'hook',
        'witness',
        'timestamps',
        'bucket',
        'signer',
        'canary’s API server',
      ],
      'report-job': ALL,
      check: [...ALL, 'API server'],
      test: ALL,
    },
  ],
  [
    'distributed',
    ALL_DISTRIBUTED,
    {
      api: [...DATA, 'API server', 'OpenID provider', 'bucket'],
      'audit-ingestor': [...DATA, 'API server', 'issuer of pushes', 'cloud’s hub', 'canary’s API server'],
      'flow-ingestor': DATA,
      snapshotter: DATA,
      scheduler: [...DATA, 'API server'],
      'report-worker': [...DATA, 'witness', 'timestamps', 'hub of cells', 'signer'],
      'report-job': [...DATA, 'API server', 'signer'],
      notifier: [...DATA, 'hook'],
      check: [...ALL, 'API server'],
      test: ALL,
      'test-webhook': [...ALL, 'issuer of pushes'],
      'test-flows': ALL,
    },
  ],
  ['a hub', ALL_HUB, { hub: [...ALL, 'Kafka', 'registry', 'API server', 'OpenID provider'], test: ALL }],
  [
    'a hub that asks no API server',
    { ...ALL_HUB, oidc: {}, permissions: 'token', permissionsTokenSecret: 'door' },
    { hub: [...ALL, 'Kafka', 'registry'], test: ALL },
  ],
];

test.each(REACHED)('%s: each part reaches its servers, and no other', (_, values, expected) => {
  const objects = renderedObjects(values, 'margay', NAMESPACE);
  const pods = ownPods(objects);
  expect([...pods.keys()].sort()).toEqual(Object.keys(expected).sort());
  const asked = [...pods].flatMap(([part, from]) =>
    Object.entries(SERVERS).map(([server, [to, at]]) => ({ part, server, from, to, at })),
  );
  const answers = allowed(objects, asked);
  for (const [part, servers] of Object.entries(expected))
    expect([
      part,
      asked.filter((one, i) => one.part === part && answers[i]).map(({ server }) => server),
    ]).toEqual([part, Object.keys(SERVERS).filter((server) => servers.includes(server))]);
});

/** Addresses in the arguments and variables of a pod, but for where people reach Margay and what it listens to. */
function addressesIn(container: {
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}): number[] {
  const told = [
    ...(container.args ?? []),
    ...(container.env ?? []).filter(({ name }) => name !== 'API_URL').map(({ value = '' }) => value),
  ];
  return told
    .flatMap((text) => text.split(/[\s,=]/))
    .flatMap((word) => {
      if (URL.canParse(word) && /^https?:/.test(word)) {
        const { port, protocol } = new URL(word);
        return Number(port) || (protocol === 'https:' ? 443 : 80);
      }
      return Number(/^(?:[\w.-]+|\[[\da-f:]+\]):(\d+)$/.exec(word)?.[1] ?? 0) || [];
    });
}

test.each(REACHED)('%s: what a pod is told of it reaches', (_, values) => {
  const objects = renderedObjects(values, 'margay', NAMESPACE);
  const pods = ownPods(objects);
  const dashboard = pods.get('margay') ?? pods.get('api') ?? pods.get('hub')!;
  const asked = [...podTemplates(objects)].flatMap(([part, { spec }]) =>
    (spec.containers as Parameters<typeof addressesIn>[0][]).flatMap(addressesIn).map((port) => ({
      part,
      from: pods.get(part)!,
      // Reports by hand ask the dashboard's Service, behind which its pods are.
      ...(part === 'report-job' && port === 80
        ? { to: dashboard, at: { port: 8080, name: 'http' } }
        : { to: outside('192.0.2.200'), at: { port } }),
    })),
  );
  expect(asked.length).toBeGreaterThan(3);
  const answers = allowed(objects, asked);
  expect(asked.filter((_, i) => !answers[i]).map(({ part, at }) => [part, at.port])).toEqual([]);
});

/** Who may come, by the port of a part. */
const COMERS: Readonly<Record<string, Peer>> = {
  ingress: pod('10.3.0.1', 'ingress'),
  Prometheus: pod('10.3.0.2', 'monitoring'),
  'somebody in the cluster': pod('10.3.0.3', 'shop'),
  'an API server': outside('192.0.2.1'),
  'somebody outside': outside('198.51.100.1'),
};
const EVERYBODY = [...Object.keys(COMERS), 'the release'];
const OPEN = { ...PEERS, from: [], metricsFrom: [], evidenceFrom: [] };

describe.each([
  ['embedded', ALL_EMBEDDED],
  ['distributed', ALL_DISTRIBUTED],
  ['a hub', ALL_HUB],
])('%s: who comes to what', (_, values) => {
  test.each([
    [
      'as the values say',
      PEERS,
      ['ingress', 'Prometheus', 'the release'],
      ['Prometheus'],
      ['an API server', 'the release'],
    ],
    ['unless they say', OPEN, EVERYBODY, EVERYBODY, EVERYBODY],
    [
      'to the dashboard alone',
      { ...OPEN, from: PEERS.from },
      ['ingress', 'the release'],
      EVERYBODY,
      EVERYBODY,
    ],
  ])('%s', (_, networkPolicy, toDashboard, toMetrics, toEvidence) => {
    const { evidenceFrom: _posted, ...alone } = networkPolicy;
    const given = values === ALL_DISTRIBUTED ? networkPolicy : alone;
    const objects = renderedObjects({ ...values, networkPolicy: given }, 'margay', NAMESPACE);
    const pods = ownPods(objects);
    const comers = { ...COMERS, 'the release': pods.get('test')! };
    const listening = [...podTemplates(objects)].flatMap(([part, { spec }]) =>
      (spec.containers as { ports?: { name: string; containerPort: number }[] }[])
        .flatMap(({ ports = [] }) => ports)
        .concat({ name: '', containerPort: 9229 })
        .map(({ name, containerPort }) => ({ part, at: { port: containerPort, name } })),
    );
    const expected = ({ part, at: { name } }: (typeof listening)[number]): readonly string[] => {
      if (name === 'webhook' || name === 'flows') return toEvidence;
      if (name !== 'http') return [];
      return ['api', 'margay', 'hub'].includes(part) ? toDashboard : toMetrics;
    };
    expect(listening.filter(({ at }) => at.name === 'http').length).toBeGreaterThan(0);
    for (const each of listening) {
      const asked = Object.entries(comers).map(([comer, from]) => ({
        comer,
        from,
        to: pods.get(each.part)!,
        at: each.at,
      }));
      const answers = allowed(objects, asked);
      expect([each, asked.filter((_, i) => answers[i]).map(({ comer }) => comer)]).toEqual([
        each,
        Object.keys(comers).filter((comer) => expected(each).includes(comer)),
      ]);
    }
  });
});

test('where egress is not restricted, pods reach everything, and nobody else comes', () => {
  const objects = renderedObjects(EMBEDDED, 'margay', NAMESPACE);
  const pods = ownPods(objects);
  const asked = [...pods.values()].flatMap((from) =>
    Object.values(SERVERS).map(([to, at]) => ({ from, to, at })),
  );
  expect(new Set(allowed(objects, asked))).toEqual(new Set([true]));
});
