import { readdirSync, readFileSync } from 'node:fs';
import { signingKey, verifierKeyText } from '@margay/ledger';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { mergedValues } from './testing/merged-values.ts';

const CHART = new URL('../charts/margay/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, CHART), 'utf8');

type Value = Readonly<Record<string, unknown>>;
interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const values = load(read('values.yaml')) as Value;
const schema = JSON.parse(read('values.schema.json')) as Schema;
const templateFiles = ['templates/', 'templates/tests/'].flatMap((folder) =>
  readdirSync(new URL(folder, CHART), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}${name}`),
);
const templates = templateFiles.map(read).join('\n');

const resolved = (one: Schema): Schema => schema.definitions?.[one.$ref?.split('/').at(-1) ?? ''] ?? one;

/** Every value that is one by itself, and every section, as paths. */
function pathsOf(value: unknown, path: string, { properties }: Schema): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || properties === undefined)
    return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, path === '' ? key : `${path}.${key}`, resolved(properties[key] ?? {})),
  );
}

/** The same of what the schema describes. */
function described(one: Schema, path = ''): string[] {
  const { properties } = resolved(one);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, inner]) =>
    described(inner, path === '' ? key : `${path}.${key}`),
  );
}

const paths = pathsOf(values, '', schema);

test('the schema describes exactly the values that there are', () => {
  expect(paths.toSorted()).toEqual(described(schema).toSorted());
});

test('every section refuses what it does not know', () => {
  const open = (one: Schema, path: string): string[] => {
    const { properties, additionalProperties } = resolved(one);
    if (properties === undefined) return [];
    return [
      ...(additionalProperties === false ? [] : [path]),
      ...Object.entries(properties).flatMap(([key, inner]) => open(inner, `${path}.${key}`)),
    ];
  };
  // Helm itself has global, for charts that have this one among their own.
  expect(open(schema, '')).toEqual(['.global']);
});

/** Values by their paths, as `--set` of helm reads them, beside what there is unless set. */
function given(set: Readonly<Record<string, unknown>>): Value {
  const all = structuredClone(values) as Record<string, unknown>;
  for (const [path, value] of Object.entries({ clusterName: 'c', ...set })) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let section = all;
    for (const key of keys) section = (section[key] ??= {}) as Record<string, unknown>;
    section[last] = value;
  }
  return all;
}

/** Of the first chart. */
const OLDER = load(readFileSync(new URL('older-chart-values.yaml', import.meta.url), 'utf8')) as Value;

const KEY = `margay.example.com/eu-1+1a2b3c4d+A${'Q'.repeat(43)}`;
const CELL = {
  name: 'eu-1',
  api: 'https://margay.eu-1.example.com',
  clusters: [{ name: 'shop', keys: [KEY] }],
};
const HUB = {
  clusterName: '',
  profile: 'hub',
  permissions: 'hub',
  'kafka.brokers': 'kafka-0:9092',
  'hub.cells': [CELL],
};

const check = new Ajv({ allErrors: true, strict: false }).compile(schema as object);
/** Where the schema finds something wrong, and what it says of names that it does not know. */
const wrongAt = (set: Readonly<Record<string, unknown>>): string[] => {
  check(given(set));
  return (check.errors ?? []).map(({ instancePath, params }) => {
    const name = (params as { additionalProperty?: string }).additionalProperty;
    return `${instancePath.slice(1).replaceAll('/', '.')}${name === undefined ? '' : `.${name}`}`.replace(
      /^\./,
      '',
    );
  });
};

const DISTRIBUTED = {
  profile: 'distributed',
  'kafka.brokers': 'kafka-0:9092, [fd00::1]:9092',
  'elasticsearch.urls': 'https://e:9200/path,http://f',
};

const RECEIVING = {
  ...DISTRIBUTED,
  'auditIngestor.webhook.enabled': true,
  'auditIngestor.webhook.secret': 'webhook',
};

const FLOWING = { ...DISTRIBUTED, 'flowIngestor.enabled': true, 'flowIngestor.topic': 'flows' };
const NOBODY = { issuer: '', audience: '', names: [] };
const PROVIDER = { issuer: 'https://id.example.com', audience: 'margay-flows', names: ['agent'] };
/** A receiver of flows that is otherwise. */
const flowsOf = (more: Readonly<Record<string, unknown>>) => ({
  ...DISTRIBUTED,
  'flowIngestor.enabled': true,
  'flowIngestor.http': { enabled: true, port: 8443, secret: 'flows', tokens: true, oidc: NOBODY, ...more },
});

/** The values that docs/clouds.md gives, platform by platform. */
const OF_CLOUDS = [
  ...readFileSync(new URL('../docs/clouds.md', import.meta.url), 'utf8').matchAll(/```yaml\n([^]*?)```/g),
]
  .map(([, block]) => load(block!) as Value)
  .map((value) => pathsIn(value));

/** What a nested value sets, by paths. */
function pathsIn(value: Value, path = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const at = path === '' ? key : `${path}.${key}`;
    const isSection =
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) && key !== 'nodeSelector';
    return isSection ? pathsIn(inner as Value, at) : [[at, inner]];
  });
}

test('the values of docs/clouds.md are taken, each beside those that it gives for all', () => {
  expect(OF_CLOUDS.length).toBe(4);
  const [forAll = []] = OF_CLOUDS;
  for (const set of OF_CLOUDS) expect(wrongAt(Object.fromEntries([...forAll, ...set]))).toEqual([]);
});

test.each([
  ['what there is unless set', {}],
  [
    'what Pub/Sub needs',
    {
      ...RECEIVING,
      'auditIngestor.webhook.oidc': {
        issuer: 'https://accounts.google.com',
        audience: 'https://margay-audit.example.com',
        names: ['audit-push@my-project.iam.gserviceaccount.com'],
      },
    },
  ],
  [
    'Pub/Sub alone',
    {
      ...RECEIVING,
      'auditIngestor.webhook.tokens': false,
      'auditIngestor.webhook.oidc': { issuer: 'https://x', audience: 'y', names: ['z'] },
    },
  ],
  ['flows of a provider’s senders alone', flowsOf({ tokens: false, oidc: PROVIDER })],
  ...['extraEnv', 'flowIngestor.extraEnv'].map((path): [string, Value] => [
    `flow log files alone, by ${path}`,
    {
      ...DISTRIBUTED,
      'flowIngestor.enabled': true,
      [path]: [{ name: 'FLOW_LOG_FILES', value: '/flows.log' }],
    },
  ]),
  ['flows of a cloud’s hub', { ...FLOWING, 'flowIngestor.topicKafka.brokers': 'hub.example.com:9093' }],
  ['the distributed profile', DISTRIBUTED],
  ['a receiver alone', { ...RECEIVING, 'auditIngestor.watch': false }],
  ['a topic alone', { ...DISTRIBUTED, 'auditIngestor.watch': false, 'auditIngestor.topic': 'raw' }],
  ...['extraEnv', 'auditIngestor.extraEnv'].map((path): [string, Value] => [
    `log files alone, by ${path}`,
    {
      ...DISTRIBUTED,
      'auditIngestor.watch': false,
      [path]: [{ name: 'AUDIT_LOG_FILES', value: '/audit.log' }],
    },
  ]),
  [
    'sizes and amounts',
    { 'embedded.persistence.size': '0.5Ti', 'api.resources': { limits: { cpu: 2, memory: '1.5Gi' } } },
  ],
  [
    'objects of Kubernetes',
    { affinity: { nodeAffinity: {} }, extraEnv: [{ name: 'A', valueFrom: { fieldRef: {} } }] },
  ],
  ['what other charts share', { 'global.storageClass': 'fast' }],
  ['clusters of one cell', { ...DISTRIBUTED, clusters: ['c', 'd'], kubeconfigsSecret: 'kubeconfigs' }],
  ['clusters where nobody is asked', { ...DISTRIBUTED, clusters: ['c', 'd'], permissions: 'none' }],
  [
    'clusters of a hub',
    { ...DISTRIBUTED, clusters: ['c', 'd'], permissions: 'hub', clusterUids: ['c=0a-1', 'd=f00d'] },
  ],
  [
    'reports over clusters',
    {
      ...DISTRIBUTED,
      clusters: ['c', 'd'],
      permissions: 'none',
      globalReports: { overClusters: true },
      clusterLabels: { c: { env: 'prod', 'example.com/team': 'net' }, d: {} },
    },
  ],
  ['one token for everybody', { permissions: 'token', permissionsTokenSecret: 'door' }],
  ['a hub', HUB],
  [
    'a hub of cells with paths, uids and several keys',
    {
      ...HUB,
      'hub.cells': [
        {
          ...CELL,
          api: 'http://gateway:8080/eu/1',
          clusters: [{ name: 'Shop.1', keys: [KEY, KEY], uid: '7c1e-0F' }, ...CELL.clusters],
        },
      ],
    },
  ],
  ['a hub whose cells are elsewhere', { ...HUB, 'hub.cells': [], 'hub.cellsConfigMap': 'fleet' }],
  ['a hub without definitions', { ...HUB, 'crds.enabled': false, 'podDisruptionBudget.enabled': false }],
  ['a hub for single people', { ...HUB, 'rbac.clusterNames': ['shop'] }],
  [
    'networks',
    {
      privateNetworks: [
        '10.0.0.0/8',
        '192.0.2.1',
        '0.0.0.0/0',
        'fd00::/8',
        '::/0',
        '2001:db8:1:2:3:4:5:6/128',
      ],
    },
  ],
  ['a moment', { 'globalReports.since': '2026-12-31T23:59:59.5+02:00' }],
  ['the highest port', { ...DISTRIBUTED, 'kafka.brokers': 'k:65535,l:1' }],
  ['both profiles in one file', { ...DISTRIBUTED, 'embedded.extraEnv': [{ name: 'A' }] }],
  ['the same for one process', { ...DISTRIBUTED, profile: 'embedded', 'api.replicas': 2 }],
  ['labels with a domain', { podLabels: { 'azure.workload.identity/use': 'true', empty: '' } }],
])('%s is taken', (_, set) => expect(wrongAt(set)).toEqual([]));

test('values of an older chart are taken on top of those that there are now', () => {
  check({ ...mergedValues(values, OLDER), clusterName: 'c' });
  expect(check.errors).toBeNull();
});

test('by themselves they are refused, and the sections that came later are named, and nothing else', () => {
  check({ ...OLDER, clusterName: 'c' });
  const missing = check.errors!.map(({ keyword, instancePath, params }) => [
    keyword,
    `${instancePath}/${String(params['missingProperty'])}`,
  ]);
  expect(missing.map(([keyword]) => keyword)).toEqual(missing.map(() => 'required'));
  const places = missing.map(([, place]) => place);
  expect(places).toEqual(expect.arrayContaining(['/oidc', '/canary', '/auditIngestor/webhook/oidc']));
  const known = new Set(Object.keys(OLDER));
  expect(places.filter((place) => known.has(place!.slice(1)))).toEqual([]);
});

test.each([
  ['a section that is misspelt', { 'embeded.persistence.enabled': false }, 'embeded'],
  ['one that differs by a capital', { 'networkpolicy.enabled': false }, 'networkpolicy'],
  ['a value that is misspelt', { 'embedded.persistance.enabled': false }, 'embedded.persistance'],
  ['one deeper', { 'networkPolicy.egress.ports': [] }, 'networkPolicy.egress.ports'],
  ['one that belongs to a part', { 'resources.limits.memory': '1Gi' }, 'resources'],
  ['one in the singular', { imagePullSecret: 'regcred' }, 'imagePullSecret'],
  ['another one', { 'reportWorker.replica': 3 }, 'reportWorker.replica'],
  ['a word for a switch', { 'embedded.persistence.enabled': 'nope' }, 'embedded.persistence.enabled'],
  ['a word for a number', { 'api.replicas': 'two' }, 'api.replicas'],
  ['fewer than none', { 'api.replicas': -1 }, 'api.replicas'],
  ['one token that is nowhere', { permissions: 'token' }, 'permissionsTokenSecret'],
  ['a hub of one process', { permissions: 'hub' }, 'permissions'],
  ['uids of one process', { clusterUids: ['c=f00d'] }, 'clusterUids'],
  ['a uid without its cluster', { ...DISTRIBUTED, clusterUids: ['f00d'] }, 'clusterUids.0'],
  ['a size that is none', { 'embedded.persistence.size': 'ten' }, 'embedded.persistence.size'],
  ['a size of nothing', { 'embedded.persistence.size': '0Gi' }, 'embedded.persistence.size'],
  ['a size in bytes', { 'auditIngestor.persistence.size': 10 }, 'auditIngestor.persistence.size'],
  ['memory that is none', { 'api.resources': { limits: { memory: 'lots' } } }, 'api.resources.limits.memory'],
  ['a resource that is none', { 'api.resources': { limit: {} } }, 'api.resources.limit'],
  ['addresses without a scheme', { 'elasticsearch.urls': 'e:9200' }, 'elasticsearch.urls'],
  ['one of two', { 'elasticsearch.urls': 'https://e,f:9200' }, 'elasticsearch.urls'],
  ['brokers without a port', { 'kafka.brokers': 'kafka' }, 'kafka.brokers'],
  ['credentials', { 'elasticsearch.urls': 'https://u:p@e:9200' }, 'elasticsearch.urls'],
  ['a receiver without a secret', { 'auditIngestor.webhook.enabled': true }, 'auditIngestor.webhook.secret'],
  [
    'a provider’s tokens for anybody',
    {
      ...RECEIVING,
      'auditIngestor.webhook.oidc.issuer': 'https://accounts.google.com',
      'auditIngestor.webhook.oidc.audience': 'x',
    },
    'auditIngestor.webhook.oidc.names',
  ],
  [
    'a provider’s tokens and no receiver',
    { ...DISTRIBUTED, 'auditIngestor.webhook.oidc.issuer': 'https://accounts.google.com' },
    'auditIngestor.webhook.enabled',
  ],
  ['a receiver in one process', { 'auditIngestor.webhook.enabled': true }, 'auditIngestor.webhook.enabled'],
  ['a topic in one process', { 'auditIngestor.topic': 'raw' }, 'auditIngestor.topic'],
  ['a process that does not follow its cluster', { 'auditIngestor.watch': false }, 'auditIngestor.watch'],
  [
    'an ingestor that takes nothing from anywhere',
    { ...DISTRIBUTED, 'auditIngestor.watch': false },
    'auditIngestor.watch',
  ],
  [
    'one with other variables alone',
    { ...DISTRIBUTED, 'auditIngestor.watch': false, extraEnv: [{ name: 'LOG_LEVEL', value: 'debug' }] },
    'auditIngestor.watch',
  ],
  ['a scale for one process', { 'keda.enabled': true }, 'keda.enabled'],
  ['another one', { 'reportWorker.autoscaling.enabled': true }, 'reportWorker.autoscaling.enabled'],
  ['cells of no hub', { 'hub.cells': [CELL] }, 'hub.cells'],
  ['cells of no hub, elsewhere', { ...DISTRIBUTED, 'hub.cellsConfigMap': 'fleet' }, 'hub.cellsConfigMap'],
  ['a hub of nothing', { ...HUB, 'hub.cells': [] }, 'hub.cells'],
  ['a hub of both', { ...HUB, 'hub.cellsConfigMap': 'fleet' }, 'hub.cells'],
  ['a hub that nobody tells', { ...HUB, 'kafka.brokers': '' }, 'kafka.brokers'],
  ['a hub that is a cluster', { ...HUB, clusterName: 'c' }, 'clusterName'],
  ['a hub that asks of each cluster its own', { ...HUB, permissions: 'kubernetes' }, 'permissions'],
  ['a cell without a name', { ...HUB, 'hub.cells': [{ ...CELL, name: '' }] }, 'hub.cells.0.name'],
  ['a cell without its API', { ...HUB, 'hub.cells': [{ ...CELL, api: 'eu-1' }] }, 'hub.cells.0.api'],
  ['a cell of no cluster', { ...HUB, 'hub.cells': [{ ...CELL, clusters: [] }] }, 'hub.cells.0.clusters'],
  [
    'a cluster without a key',
    { ...HUB, 'hub.cells': [{ ...CELL, clusters: [{ name: 'a', keys: [] }] }] },
    'hub.cells.0.clusters.0.keys',
  ],
  [
    'the key of a witness',
    { ...HUB, 'hub.cells': [{ ...CELL, clusters: [{ name: 'a', keys: [KEY.replace('AQ', 'BA')] }] }] },
    'hub.cells.0.clusters.0.keys.0',
  ],
  [
    'a field of a cell that does not exist',
    { ...HUB, 'hub.cells': [{ ...CELL, url: 'https://x' }] },
    'hub.cells.0.url',
  ],
  [
    'who may see what, and nobody is asked',
    { ...HUB, permissions: 'none', 'rbac.clusterNames': ['shop'] },
    'rbac.clusterNames',
  ],
  [
    'a receiver for nobody',
    { ...RECEIVING, 'auditIngestor.webhook.tokens': false },
    'auditIngestor.webhook.oidc.issuer',
  ],
  [
    'a receiver of flows for nobody of a provider',
    flowsOf({ oidc: { ...PROVIDER, names: [] } }),
    'flowIngestor.http.oidc.names',
  ],
  [
    'the same for anybody',
    flowsOf({ oidc: { ...PROVIDER, audience: '' } }),
    'flowIngestor.http.oidc.audience',
  ],
  ['one that lets nobody in', flowsOf({ tokens: false }), 'flowIngestor.http.oidc.issuer'],
  [
    'flows of a provider’s senders that nobody takes',
    { ...FLOWING, 'flowIngestor.http.oidc.issuer': 'https://id.example.com' },
    'flowIngestor.http.enabled',
  ],
  [
    'a hub without its topic of flows',
    { ...flowsOf({}), 'flowIngestor.topicKafka.brokers': 'hub:9093' },
    'flowIngestor.topic',
  ],
  [
    'a way to brokers of flows that are not said',
    { ...FLOWING, 'flowIngestor.topicKafka.saslSecret': 'hub' },
    'flowIngestor.topicKafka.brokers',
  ],
  ['flows in one process', { 'flowIngestor.enabled': true }, 'flowIngestor.enabled'],
  ['flows for nobody', { ...DISTRIBUTED, 'flowIngestor.topic': 'flows' }, 'flowIngestor.topic'],
  [
    'a receiver of flows for nobody',
    { ...DISTRIBUTED, 'flowIngestor.http': { enabled: true, port: 8443, secret: 'f' } },
    'flowIngestor.http.enabled',
  ],
  ['flows from nowhere', { ...DISTRIBUTED, 'flowIngestor.enabled': true }, 'flowIngestor.topic'],
  ['a name of a cluster that is none', { clusterName: 'my cluster' }, 'clusterName'],
  ['another one among many', { ...DISTRIBUTED, permissions: 'none', clusters: ['c', 'd,e'] }, 'clusters.1'],
  ['one twice', { ...DISTRIBUTED, permissions: 'none', clusters: ['c', 'd', 'c'] }, 'clusters'],
  ['clusters whose people nobody knows', { ...DISTRIBUTED, clusters: ['c', 'd'] }, 'kubeconfigsSecret'],
  ['clusters in one process', { clusters: ['c', 'd'], permissions: 'none' }, 'clusters'],
  [
    'reports over clusters in one process',
    { globalReports: { overClusters: true } },
    'globalReports.overClusters',
  ],
  [
    'labels of clusters that nobody reads',
    { ...DISTRIBUTED, clusterLabels: { c: { env: 'prod' } } },
    'clusterLabels',
  ],
  [
    'a label of a cluster that Kubernetes takes for none',
    { ...DISTRIBUTED, globalReports: { overClusters: true }, clusterLabels: { c: { env: 'a,b' } } },
    'clusterLabels.c.env',
  ],
  ['a text for a reference', { imagePullSecrets: ['regcred'] }, 'imagePullSecrets.0'],
  ['a type of Service that is none', { 'service.type': 'Nodeport' }, 'service.type'],
  ['a port that is none', { 'service.port': 70_000 }, 'service.port'],
  ['no address', { 'notifier.url': 'not-a-url' }, 'notifier.url'],
  ['no rule', { 'notifier.regressions': 'everything' }, 'notifier.regressions'],
  ['a number for an annotation', { podAnnotations: { x: 1 } }, 'podAnnotations.x'],
  ['a switch for a label', { 'api.podLabels': { x: true } }, 'api.podLabels.x'],
  ['a label that Kubernetes refuses', { commonLabels: { x: 'a b' } }, 'commonLabels.x'],
  ['a name of a label that Kubernetes refuses', { podLabels: { 'a b': 'c' } }, 'podLabels.a b'],
  ['a map for a list', { extraEnv: { A: 'b' } }, 'extraEnv'],
  ['a variable without a name', { 'api.extraEnv': [{ value: 'b' }] }, 'api.extraEnv.0'],
  ['a name that no Service may have', { fullnameOverride: 'acme.margay' }, 'fullnameOverride'],
  ['a group that is none', { 'globalReports.group': '..' }, 'globalReports.group'],
  ['a group of one word', { 'globalReports.group': 'reports' }, 'globalReports.group'],
  ['days', { 'globalReports.startDelay': '1d' }, 'globalReports.startDelay'],
  ['an Ingress to nowhere', { 'ingress.enabled': true }, 'ingress.hosts'],
  ['a route from nowhere', { 'httpRoute.enabled': true }, 'httpRoute.parentRefs'],
  ['a digest that is none', { 'image.digest': 'sha256:abc' }, 'image.digest'],
  ['a level that is none', { logLevel: 'verbose' }, 'logLevel'],
  ['a part of a hub in a cluster', { 'hub.extraEnv': [{ name: 'A' }] }, 'hub.extraEnv'],
  ['the same beside services', { ...DISTRIBUTED, 'hub.podLabels': { a: 'b' } }, 'hub.podLabels'],
  ['a port twice', { ...RECEIVING, 'auditIngestor.webhook.port': 8_080 }, 'auditIngestor.webhook.port'],
  ['a network of more bits than it has', { privateNetworks: ['10.0.0.0/99'] }, 'privateNetworks.0'],
  ['a network of numbers that are too large', { privateNetworks: ['300.0.0.0/8'] }, 'privateNetworks.0'],
  ['no network of IPv6', { privateNetworks: ['fd00::/129'] }, 'privateNetworks.0'],
  [
    'a load balancer’s',
    { 'service.loadBalancerSourceRanges': ['10.0.0.0'] },
    'service.loadBalancerSourceRanges.0',
  ],
  ['a moment that never was', { 'globalReports.since': '2026-13-40T99:00:00Z' }, 'globalReports.since'],
  ['brokers at no port', { ...DISTRIBUTED, 'kafka.brokers': 'k:99999' }, 'kafka.brokers'],
  ['a topic that Kafka refuses', { ...DISTRIBUTED, 'auditIngestor.topic': 'a b' }, 'auditIngestor.topic'],
  [
    'egress of no policy',
    { 'networkPolicy.enabled': false, 'networkPolicy.egress.enabled': true },
    'networkPolicy.egress.enabled',
  ],
  ['a token that nobody asks for', { permissionsTokenSecret: 'door' }, 'permissionsTokenSecret'],
  ['a key for nobody who is told', { 'notifier.secret': 'key' }, 'notifier.url'],
  ['who is asked, misspelt', { permission: 'none' }, 'permission'],
])('%s is refused with its path', (_, set, path) => expect(wrongAt(set)).toContain(path));

test('keys of a hub’s cells are those that margay key prints, and not those of witnesses', () => {
  const keys = (use: 'log' | 'witness') =>
    Array.from({ length: 50 }, (_, i) =>
      verifierKeyText(signingKey('margay.example.com/eu-1', new Uint8Array(32).fill(i), use)),
    );
  const wrong = (of: readonly string[]) =>
    wrongAt({ ...HUB, 'hub.cells': [{ ...CELL, clusters: [{ name: 'shop', keys: of }] }] }).length;
  expect([wrong(keys('log')), wrong(keys('witness'))]).toEqual([0, 50]);
});

test('the values of docs/install.md for a hub are taken, with a key in them', () => {
  const text = readFileSync(new URL('../docs/install.md', import.meta.url), 'utf8');
  const [, block = ''] = /```yaml\n# hub\.yaml\n([^]*?)```/.exec(text)!;
  check(mergedValues(values, load(block.replace(/margay\.example\.com\/eu-1\+…/, KEY)) as Value));
  expect(check.errors).toBeNull();
});

test('the notifier takes every rule that there is', () => {
  const source = readFileSync(new URL('../services/notifier/src/regressions.ts', import.meta.url), 'utf8');
  const rules = [...source.matchAll(/^  '([a-z-]+)': /gm)].map(([, rule]) => rule!);
  expect(rules.length).toBeGreaterThan(3);
  expect(wrongAt({ 'notifier.regressions': rules.join(',') })).toEqual([]);
});

test('one template makes all pods, so that what all have no new one can lack', () => {
  const making = templateFiles.filter((path) => /^\s*(- )?containers:/m.test(read(path)));
  expect(making).toEqual(['templates/_pods.tpl']);
});

test.each(paths)('%s is read by a template', (path) => {
  const [section] = path.split('.');
  const key = path.split('.').at(-1);
  // Parts of a section are also read where the section itself is at hand.
  const isRead =
    templates.includes(`Values.${path}`) ||
    ([`Values.${section}`, `"${section}"`].some((text) => templates.includes(text)) &&
      new RegExp(`[.]${key}\\b`).test(templates));
  expect(isRead).toBe(true);
});
