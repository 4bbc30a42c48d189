import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { programOf } from '../servers/programs.ts';
import { CHART, HELM, TYPES } from './chart-rendering.ts';
import { applyDefinitions, complaintOf, kubectl } from './cluster.ts';
import { helmIn } from './helm.ts';

const setting = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

/** The chart's objects for these values, or what helm says against them. */
function rendered(values: Readonly<Record<string, string>>): string {
  return execFileSync(HELM, ['template', 'margay', CHART, '--namespace', 'default', ...setting(values)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const DISTRIBUTED = {
  clusterName: 'a',
  profile: 'distributed',
  'kafka.brokers': 'kafka:9092',
  'elasticsearch.urls': 'http://elasticsearch:9200',
};

beforeAll(async () => {
  applyDefinitions();
  // Pods are refused until the controller has made it.
  while (complaintOf(['get', 'serviceaccount', 'default'], '') !== '') await sleep(200);
});

/** Who confirms the log, and where reports are copied to. */
const CONFIRMED = {
  'ledger.secret': 'log',
  'ledger.signer.role': 'margay',
  'ledger.witnesses[0]': 'witness.example.com/w+1a2b3c4d+AbC= https://witness.example.com:8090',
  'ledger.witnessesNeeded': '1',
  'ledger.timestamp.url': 'https://tsa.example.com/tsr',
  'ledger.timestamp.caSecret': 'tsa',
  'ledger.copies.bucket': 'kept',
  'ledger.copies.secret': 's3',
};

/** A hub as `--set` has it. */
const HUB = {
  profile: 'hub',
  permissions: 'hub',
  'kafka.brokers': 'kafka:9092',
  'hub.cells[0].name': 'eu-1',
  'hub.cells[0].api': 'https://margay.eu-1.example.com',
  'hub.cells[0].clusters[0].name': 'shop',
  'hub.cells[0].clusters[0].keys[0]':
    'margay.example.com/eu-1+7050cd63+AYiKPqhLbkw2fVpTIr5hFxkfFuyeMvOX3+AKjkNQ+s7C',
};

/** Values of every kind of installation. */
const MATRIX: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [
    'embedded',
    {
      clusterName: 'a',
      'canary.enabled': 'true',
      'canary.interval': '10s',
      'globalReports.since': '2026-01-01T00:00:00Z',
      'notifier.url': 'https://example.org/hook',
      'notifier.secret': 'n',
    },
  ],
  [
    'embedded, signed in by OpenID',
    {
      clusterName: 'a',
      url: 'https://margay.example.org',
      'allowedHosts[0]': 'localhost',
      'trustedProxies[0]': '10.0.0.0/8',
      'oidc.issuer': 'https://id.example.org',
      'oidc.clientId': 'margay',
      'oidc.secret': 'oidc',
      'oidc.caSecret': 'ca',
    },
  ],
  ['embedded, whose log others confirm', { clusterName: 'a', ...CONFIRMED }],
  ['embedded without a volume', { clusterName: 'a', 'embedded.persistence.enabled': 'false' }],
  [
    'embedded on a claim that exists, with a name that YAML would misread',
    { clusterName: 'on', 'embedded.persistence.existingClaim': 'mine' },
  ],
  [
    'another API group, nobody asked',
    { clusterName: 'a', 'globalReports.group': 'reports.example.org', permissions: 'none' },
  ],
  ['a hub', HUB],
  [
    'a hub with everything',
    {
      ...HUB,
      'kafka.tls': 'true',
      'kafka.saslSecret': 'k',
      'kafka.caSecret': 'c',
      'kafka.certSecret': 'c',
      url: 'https://margay.example.org',
      'tls.secret': 'web',
      'trustedProxies[0]': '10.0.0.0/8',
      'oidc.issuer': 'https://id.example.org',
      'oidc.clientId': 'margay',
      'oidc.caSecret': 'ca',
      'trustedHeaders.enabled': 'true',
      'networkPolicy.from[0].podSelector.matchLabels.app': 'ingress',
      'networkPolicy.egress.enabled': 'true',
      'ingress.enabled': 'true',
      'ingress.hosts[0].host': 'margay.example.org',
      'rbac.reportNames[0]': 'dev-inventory',
      'rbac.clusterNames[0]': 'shop',
      'hub.persistence.storageClass': 'fast',
      'hub.extraEnv[0].name': 'LOG_LEVEL',
      'hub.extraEnv[0].value': 'debug',
    },
  ],
  [
    'a hub without a volume, whose cells are elsewhere and whose people have one token',
    {
      profile: 'hub',
      'kafka.brokers': 'kafka:9092',
      permissions: 'token',
      permissionsTokenSecret: 'door',
      'hub.cellsConfigMap': 'fleet',
      'hub.persistence.enabled': 'false',
    },
  ],
  ['distributed', DISTRIBUTED],
  [
    'distributed with everything',
    {
      ...DISTRIBUTED,
      'kafka.tls': 'true',
      'kafka.saslSecret': 'k',
      'kafka.caSecret': 'c',
      'elasticsearch.secret': 'e',
      'elasticsearch.caSecret': 'c',
      'canary.enabled': 'true',
      'canary.apiServerMetrics': 'true',
      'globalReports.since': '2026-01-01T00:00:00Z',
      'auditIngestor.webhook.enabled': 'true',
      'auditIngestor.webhook.secret': 'w',
      'reportWorker.autoscaling.enabled': 'true',
      'snapshotter.replicas': '3',
      'api.replicas': '2',
      'notifier.urlSecret': 'hook',
      'notifier.secret': 'n',
      url: 'https://margay.example.org',
      'trustedProxies[0]': '10.0.0.0/8',
      'oidc.issuer': 'https://id.example.org',
      'oidc.clientId': 'margay',
      'oidc.caSecret': 'ca',
      'trustedHeaders.enabled': 'true',
      'trustedHeaders.secret': 'proxy',
      'trustedHeaders.signOut': '/oauth2/sign_out',
      'networkPolicy.from[0].podSelector.matchLabels.app': 'ingress',
      'privateNetworks[0]': '10.0.0.0/8',
      priorityClassName: 'system-cluster-critical',
      'flowIngestor.enabled': 'true',
      'flowIngestor.http.enabled': 'true',
      'flowIngestor.http.secret': 'f',
      'networkPolicy.egress.enabled': 'true',
      'service.type': 'LoadBalancer',
      'service.externalTrafficPolicy': 'Local',
      'ingress.enabled': 'true',
      'ingress.hosts[0].host': 'margay.example.org',
      'rbac.aggregate': 'true',
      'rbac.reportNames[0]': 'dev-inventory',
      'api.extraEnv[0].name': 'LOG_LEVEL',
      'api.extraEnv[0].value': 'debug',
      'api.podLabels.tier': 'front',
      'commonAnnotations.owner': 'b',
    },
  ],
];

/** A real API server takes every object: its schemas are the oracle. */
test.each(MATRIX)('%s', (_, values) => {
  execFileSync(HELM, ['lint', '--strict', CHART, ...setting(values)], { stdio: 'pipe' });
  const objects = rendered(values);
  expect(objects).toMatch(/kind: (Deployment|StatefulSet)/);
  const answer = kubectl(['apply', '--dry-run=server', '-f', '-'], { input: objects });
  expect(
    answer
      .trim()
      .split('\n')
      .every((line) => line.endsWith('(server dry run)')),
  ).toBe(true);
});

test.each([
  ['no name of the cluster', {}, /clusterName/],
  ['no such profile', { clusterName: 'a', profile: 'both' }, /profile/],
  [
    'distributed without a broker',
    { clusterName: 'a', profile: 'distributed', 'elasticsearch.urls': 'x' },
    /brokers/,
  ],
  [
    'distributed without an archive',
    { clusterName: 'a', profile: 'distributed', 'kafka.brokers': 'x' },
    /urls/,
  ],
  ['two watchers', { clusterName: 'a', 'auditIngestor.replicas': '2' }, /replicas/],
  ['a delay that is none', { clusterName: 'a', 'globalReports.startDelay': 'soon' }, /startDelay/],
  ['a private network that is none', { clusterName: 'a', 'privateNetworks[0]': 'home' }, /privateNetworks/],
  ['a value that does not exist', { clusterName: 'a', 'kafka.broker': 'x' }, /broker/],
  ['a section that does not exist', { clusterName: 'a', 'canaries.enabled': 'true' }, /canaries/],
  ['canaries too often', { clusterName: 'a', 'canary.interval': '5s' }, /interval/],
  ['canaries too far apart', { clusterName: 'a', 'canary.interval': '5m' }, /interval/],
  [
    'credentials beside what anybody may read',
    { ...DISTRIBUTED, 'elasticsearch.urls': 'https://elastic:pw@elasticsearch:9200' },
    /urls/,
  ],
  [
    'OpenID without an address to come back to',
    { clusterName: 'a', 'oidc.issuer': 'https://id.example.org', 'oidc.clientId': 'margay' },
    /url/,
  ],
  [
    'OpenID where nobody is asked',
    {
      clusterName: 'a',
      permissions: 'none',
      url: 'https://a.b',
      'oidc.issuer': 'https://c.d',
      'oidc.clientId': 'margay',
    },
    /permissions/,
  ],
  ['headers of everybody', { clusterName: 'a', 'trustedHeaders.enabled': 'true' }, /trustedProxies/],
  [
    'headers of every address',
    { clusterName: 'a', 'trustedHeaders.enabled': 'true', 'trustedProxies[0]': '0.0.0.0/0' },
    /trustedProxies/,
  ],
  ['a way to sign in that does not exist', { clusterName: 'a', 'oidc.clientSecret': 'x' }, /clientSecret/],
  [
    'a hub that has no cells',
    { profile: 'hub', permissions: 'hub', 'kafka.brokers': 'k:9092' },
    /hub\/cells/,
  ],
  ['a hub that follows a cluster', { ...HUB, 'auditIngestor.replicas': '2' }, /auditIngestor\/replicas/],
  ['a hub with a receiver', { ...HUB, 'auditIngestor.webhook.enabled': 'true' }, /webhook\/enabled/],
  ['a hub with a scheduler of two', { ...HUB, 'scheduler.replicas': '2' }, /scheduler\/replicas/],
  [
    'a hub with workers',
    { ...HUB, 'reportWorker.resources.limits.memory': '8Gi' },
    /reportWorker\/resources/,
  ],
  ['a hub with an archive', { ...HUB, 'elasticsearch.urls': 'http://e:9200' }, /elasticsearch\/urls/],
  ['a hub with a key', { ...HUB, 'ledger.secret': 'log' }, /ledger\/secret/],
  ['a past that is no time', { clusterName: 'a', 'globalReports.since': '2026-01-01' }, /since/],
])('refused: %s', (_, values, message) => {
  expect(() => rendered(values)).toThrow(message);
});

test.each(['embedded', 'distributed'])('%s: where news is posted stands in a Secret alone', (profile) => {
  const least = profile === 'embedded' ? { clusterName: 'a' } : DISTRIBUTED;
  const objects = rendered({ ...least, 'notifier.url': 'https://example.org/T000/secret' });
  const holding = objects.split(/^---$/m).filter((object) => object.includes('T000/secret'));
  expect(holding).toHaveLength(1);
  expect(holding[0]).toMatch(/kind: Secret/);
});

const EVERYTHING = {
  ...DISTRIBUTED,
  'keda.enabled': 'true',
  'grafanaDashboard.enabled': 'true',
  'alerts.enabled': 'true',
  'serviceMonitor.enabled': 'true',
  'podMonitor.enabled': 'true',
  'httpRoute.enabled': 'true',
  'httpRoute.parentRefs[0].name': 'gateway',
  'auditIngestor.webhook.enabled': 'true',
  'auditIngestor.webhook.secret': 'w',
  'notifier.url': 'https://example.org/hook',
};

/** What each minor version's own types are is the oracle; a field that one does not know is an error. */
test.each(TYPES)('Kubernetes %s knows every field', (version) => {
  const decoder = programOf(`decoder-${version}`);
  const read = (input: string) => execFileSync(decoder, { input, encoding: 'utf8' }).trim().split('\n');
  for (const [, values] of MATRIX) {
    const objects = rendered({ ...values, 'crds.enabled': 'false' });
    expect(read(objects).filter((line) => !line.startsWith('read '))).toEqual([]);
  }
  const all = read(rendered(EVERYTHING));
  // Of the Prometheus operator, of KEDA, of the Gateway API, and the definitions of our own.
  expect(all.filter((line) => line === 'custom')).toHaveLength(8);
  expect(all.filter((line) => line.startsWith('read ')).length).toBeGreaterThan(25);
  const misspelt = spawnSync(decoder, {
    input: 'apiVersion: v1\nkind: Pod\nspec: { containerz: [] }',
    encoding: 'utf8',
  });
  expect([misspelt.status, misspelt.stdout]).toEqual([1, expect.stringContaining('containerz')]);
});

const OLDEST = Number(TYPES[0].split('.')[1]);
test.each<[version: string, isTooOld: boolean]>([
  ...[OLDEST, OLDEST + 1, OLDEST + 20].flatMap((minor) =>
    ['', '.0', '.3-gke.1006000', '.5-eks-113cf36', '.1+k3s1', '.0-alpha.1'].map((more): [string, boolean] => [
      `v1.${minor}${more}`,
      false,
    ]),
  ),
  ['2.0', false],
  ['v1.9.11', true],
  ['v1.20', true],
  ['v1.20.15-gke.100', true],
  [`v1.${OLDEST - 1}.99`, true],
])('Kubernetes %s is refused as too old: %s', (version, isTooOld) => {
  const args = ['template', 'margay', CHART, '--kube-version', version, '--set', 'clusterName=a'];
  const { stderr } = spawnSync(HELM, args, { encoding: 'utf8' });
  const refusal = new RegExp(
    `Kubernetes v[0-9.]+ is too old: the oldest .* is 1\\.${OLDEST}\\. .*--kube-version`,
  );
  if (isTooOld) expect(stderr).toMatch(refusal);
  else expect(stderr).toBe('');
});

test('an API server that was built without its version, as the assembled one, is let through, and the notes say so', () => {
  const { gitVersion } = JSON.parse(kubectl(['get', '--raw', '/version'])) as { gitVersion: string };
  const install = ['install', 'of-any-version', CHART, '--dry-run=server', '--values', '-'];
  const notes = helmIn('default')(install, { clusterName: 'a', crds: { enabled: false } });
  const isUnknown = gitVersion.startsWith('v0.0.0');
  expect(notes.includes(`its API server says ${gitVersion}.`)).toBe(isUnknown);
});

test('who confirms the log is asked by the workers, and reports are copied by the api; in one process by that', () => {
  const witness = 'value: "witness.example.com/w+1a2b3c4d+AbC= https://witness.example.com:8090"';
  for (const values of [{ clusterName: 'a' }, DISTRIBUTED]) {
    const objects = rendered({ ...values, ...CONFIRMED, 'networkPolicy.egress.enabled': 'true' });
    for (const once of [
      witness,
      'name: TIMESTAMP_CA_FILE',
      'mountPath: /secrets/timestamps',
      'secretName: "tsa"',
      'name: S3_BUCKET',
      'name: S3_SECRET_ACCESS_KEY',
    ])
      expect([once, objects.split(once).length - 1]).toEqual([once, 1]);
    expect(objects).toContain('{ port: 8090, protocol: TCP }');
    expect(rendered(values)).not.toMatch(/WITNESSES|TIMESTAMP_|S3_/);
  }
});

test('the key of the log is a file for who signs, so that one that was put into the Secret comes to pods that run', () => {
  for (const [values, signing] of [
    [{ clusterName: 'a' }, ['margay']],
    // The CronJob for reports by hand has a pod of Jobs, too.
    [DISTRIBUTED, ['report-worker', 'report-job', 'report-job']],
  ] as const) {
    const objects = rendered({ ...values, 'ledger.secret': 'log' });
    const volume = '{ name: ledger-key, secret: { secretName: "log", items: [{ key: key, path: key }] } }';
    for (const once of [
      '{ name: LEDGER_KEY_FILE, value: /secrets/ledger/key }',
      '{ name: ledger-key, mountPath: /secrets/ledger, readOnly: true }',
      volume,
    ])
      expect([once, objects.split(once).length - 1]).toEqual([once, signing.length]);
    // What is in a variable, or mounted by subPath, stays what it was while the pod runs.
    expect(objects).not.toMatch(/name: LEDGER_KEY,|subPath/);
    expect(rendered(values)).not.toMatch(/LEDGER_KEY|ledger-key/);
  }
});

test('whoever has the key lets pods in by a token of a Secret, or by one of their service account', () => {
  for (const values of [{ clusterName: 'a' }, DISTRIBUTED]) {
    const signed = { ...values, 'ledger.secret': 'log', 'networkPolicy.egress.enabled': 'true' };
    const byToken = rendered({ ...signed, 'ledger.signer.tokenSecret': 'vault' });
    expect(byToken).toContain('{ name: LEDGER_SIGNER_TOKEN_FILE, value: /secrets/ledger-signer/token }');
    expect(byToken).toContain(
      '{ name: ledger-signer, secret: { secretName: "vault", items: [{ key: token, path: token }] } }',
    );
    expect(byToken).toContain('{ port: 8200, protocol: TCP }');
    const byRole = rendered({
      ...signed,
      'ledger.signer.role': 'margay',
      'ledger.signer.audience': 'vault',
      'ledger.signer.port': '443',
    });
    expect(byRole).toContain('{ name: LEDGER_SIGNER_ROLE, value: "margay" }');
    expect(byRole).toMatch(
      /serviceAccountToken:\n +path: token\n +expirationSeconds: 3600\n +audience: "vault"/,
    );
    expect(rendered(signed)).not.toMatch(/SIGNER|ledger-signer|8200/);
  }
  expect(() => rendered({ clusterName: 'a', 'ledger.signer.role': 'margay' })).toThrow();
});

test('private networks come to everything that works out flags', () => {
  const networks = { 'privateNetworks[0]': '10.0.0.0/8', 'privateNetworks[1]': 'fd00::/8' };
  expect(rendered({ clusterName: 'a', ...networks })).toContain('"--private-networks=10.0.0.0/8,fd00::/8"');
  const variable = '{ name: PRIVATE_NETWORKS, value: "10.0.0.0/8,fd00::/8" }';
  // The api, the report-worker, the PodTemplate of its Jobs and the CronJob for reports by hand.
  expect(rendered({ ...DISTRIBUTED, ...networks }).split(variable)).toHaveLength(5);
  for (const values of [{ clusterName: 'a' }, DISTRIBUTED])
    expect(rendered(values)).not.toMatch(/PRIVATE_NETWORKS|private-networks/);
});

test('a report by hand in the embedded profile is asked for with the token that everybody has to give', () => {
  const report = (values: Readonly<Record<string, string>>) =>
    rendered(values)
      .split(/^---$/m)
      .find((object) => object.includes('kind: CronJob'))!;
  const byToken = { clusterName: 'a', permissions: 'token', permissionsTokenSecret: 'door' };
  expect(report(byToken)).toContain(
    '{ name: MARGAY_TOKEN, valueFrom: { secretKeyRef: { name: "door", key: token } } }',
  );
  for (const permissions of ['kubernetes', 'none'])
    expect(report({ clusterName: 'a', permissions })).not.toContain('name: MARGAY_TOKEN,');
});

test('several ingestors are told that they are several', () => {
  const several = {
    ...DISTRIBUTED,
    'auditIngestor.watch': 'false',
    'auditIngestor.topic': 'raw',
    'auditIngestor.replicas': '2',
  };
  expect(rendered(several)).toContain("{ name: SOURCES_SHARED, value: 'true' }");
  expect(rendered(DISTRIBUTED)).not.toContain('SOURCES_SHARED');
});

test('replicas are left to who scales', () => {
  const deployment = (values: Readonly<Record<string, string>>, name: string) =>
    rendered(values)
      .split(/^---$/m)
      .find((object) => object.includes('kind: Deployment') && object.includes(`name: margay-${name}\n`))!;
  expect(deployment(DISTRIBUTED, 'report-worker')).toContain('replicas: 1');
  for (const name of ['report-worker', 'snapshotter'])
    expect(deployment(EVERYTHING, name)).not.toContain('replicas:');
  expect(rendered({ ...EVERYTHING, 'reportWorker.autoscaling.enabled': 'true' })).not.toContain(
    'HorizontalPodAutoscaler',
  );
});

test('pods run as nobody, read-only and without privileges', () => {
  for (const values of [{ clusterName: 'a' }, DISTRIBUTED, HUB]) {
    const objects = rendered(values);
    const containers = objects.match(/image: margay/g)?.length ?? 0;
    expect(containers).toBeGreaterThan(0);
    for (const setting of [
      'readOnlyRootFilesystem: true',
      'allowPrivilegeEscalation: false',
      'drop:\\s+- ALL',
      'runAsNonRoot: true',
    ])
      expect(objects.match(new RegExp(setting, 'g'))).toHaveLength(containers);
  }
});

test.each([
  ['embedded', { clusterName: 'a' }, ['- run', 'value: http://margay.default:80']],
  ['distributed', DISTRIBUTED, ['- report-worker']],
])(
  'one report by hand in the %s profile, with kubectl alone, as docs/permissions.md says',
  (_, values, has) => {
    const [cronJob] = rendered(values)
      .split(/^---$/m)
      .filter((object) => object.includes('kind: CronJob'));
    kubectl(['apply', '-f', '-'], { input: cronJob! });
    const from = [
      'create',
      'job',
      'by-hand',
      '--from=cronjob/margay-report',
      '--dry-run=client',
      '-o',
      'yaml',
    ];
    const asked = [
      'TIGERA_COMPLIANCE_REPORT_NAME=daily-inventory',
      'TIGERA_COMPLIANCE_REPORT_START_TIME=2026-11-01T00:00:00Z',
      'TIGERA_COMPLIANCE_REPORT_END_TIME=2026-11-02T00:00:00Z',
    ];
    const job = kubectl(['set', 'env', '--local', '-f', '-', '-o', 'yaml', ...asked], {
      input: kubectl(from),
    });
    expect(kubectl(['apply', '--dry-run=server', '-f', '-'], { input: job })).toContain(
      'job.batch/by-hand created',
    );
    for (const variable of asked) expect(job).toContain(variable.split('=')[1]);
    for (const text of has) expect(job).toContain(text);
  },
);
