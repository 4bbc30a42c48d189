import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { CHART, DISTRIBUTED, EMBEDDED, HUB, renderedText, type ChartValues } from './chart-rendering.ts';
import { applyDefinitions, kubectl } from './cluster.ts';
import { helmIn } from './helm.ts';

const NAMESPACE = 'margay-releases';
const RELEASE = 'margay';

const helm = helmIn(NAMESPACE);
const upgrade = (values: ChartValues, chart = CHART) =>
  // Definitions are of kubectl's making here: definitions-of-releases.kubernetes.test.ts is about them.
  helm(['upgrade', '--install', RELEASE, chart, '--values', '-'], { crds: { enabled: false }, ...values });
const claimOf = () =>
  kubectl(['get', 'deployment', RELEASE, '-n', NAMESPACE, '-o', 'jsonpath={..claimName}']);

/** What there is of the release but for definitions, whichever kind it is of. */
const left = (): string[] =>
  [
    ['all,pvc,cm,secret,sa,role,rolebinding,ingress,networkpolicy,pdb,podtemplate', NAMESPACE],
    ['role,rolebinding', 'default'],
    ['clusterrole,clusterrolebinding', ''],
  ]
    .flatMap(([kinds, namespace]) =>
      kubectl([
        'get',
        kinds!,
        '-l',
        `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/managed-by=Helm`,
        '-o',
        'name',
        ...(namespace ? ['-n', namespace] : []),
      ]).split('\n'),
    )
    .filter((name) => name !== '' && !name.startsWith('replicaset') && !name.startsWith('pod/'));

beforeEach(() => {
  applyDefinitions();
  kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  kubectl(['create', 'namespace', NAMESPACE]);
  return () => {
    try {
      helm(['uninstall', RELEASE]);
    } catch {
      // The test did.
    }
    kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  };
}, 60_000);

test('what helm renders can be applied by kubectl alone', () => {
  for (const values of [EMBEDDED, DISTRIBUTED, HUB]) {
    const input = renderedText({ ...values, crds: { enabled: false } }, RELEASE, NAMESPACE);
    expect(() => kubectl(['apply', '--dry-run=server', '-f', '-'], { input })).not.toThrow();
  }
});

test('a profile is changed and rolled back, and what stays after an uninstall is the volume', async () => {
  expect(upgrade(EMBEDDED)).not.toMatch(/not taken over|WARNING: without effect/);
  const ofBoth = {
    ...DISTRIBUTED,
    profile: 'embedded',
    auditIngestor: { extraEnv: [{ name: 'A', value: 'b' }] },
  };
  const without = 'auditIngestor.extraEnv, elasticsearch.urls, kafka.brokers';
  expect(() => upgrade({ ...ofBoth, strictValues: true })).toThrow(
    `${without}: without effect in the embedded profile. Take out`,
  );
  expect(upgrade(ofBoth)).toContain(`without effect in the embedded profile: ${without}.\n`);
  expect(upgrade(DISTRIBUTED)).toContain(
    'The claim margay of the embedded profile stays, with its history and reports',
  );
  await expect.poll(() => kubectl(['get', 'pvc', '-n', NAMESPACE, '-o', 'name'])).toContain('positions-');
  // The evidence of the other profile, which is gone on with afterwards.
  expect(left()).toContain('persistentvolumeclaim/margay');
  helm(['rollback', RELEASE, '1']);
  expect(claimOf()).toBe('margay');
  helm(['uninstall', RELEASE]);
  expect(left()).toEqual(['persistentvolumeclaim/margay']);
  expect(upgrade(EMBEDDED)).toContain(
    'The claim positions-margay-audit-ingestor-0 of the distributed profile stays',
  );
  expect(claimOf()).toBe('margay');
});

test('a hub is installed, says what it needs, lets those see a cluster who are bound to its role, and leaves its volume', () => {
  const rbac = { clusterNames: ['shop'] };
  const notes = upgrade({ ...HUB, rbac });
  for (const said of [
    'Margay shows the clusters of 1 cells',
    'reportWorker.hubKafka with brokers kafka:9092, unless it has these itself',
    'margay tell-hubs',
    `--clusterrole=${NAMESPACE}:${RELEASE}:see-clusters`,
    'WARNING: the cluster has no default StorageClass',
    'hub.persistence.storageClass',
    'There is no Prometheus operator',
  ])
    expect(notes).toContain(said);
  expect(notes).not.toContain('jobNodeSelector');
  const sees = (user: string, name: string) => {
    const resourceAttributes = { group: 'margay.io', resource: 'clusters', verb: 'get', name };
    const asked = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes },
    };
    const input = JSON.stringify(asked);
    return kubectl(['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'], { input }) === 'true';
  };
  const bind = (who: string, role: string) =>
    kubectl([
      'create',
      'clusterrolebinding',
      `hub-${who}`,
      `--clusterrole=${NAMESPACE}:${RELEASE}:${role}`,
      `--user=${who}`,
    ]);
  bind('carol', 'see-clusters');
  bind('sam', 'see-shop');
  try {
    const asked = ['carol', 'sam', 'eve'].map((who) => [who, sees(who, 'shop'), sees(who, 'till')]);
    expect(asked).toEqual([
      ['carol', true, true],
      ['sam', true, false],
      ['eve', false, false],
    ]);
  } finally {
    kubectl(['delete', 'clusterrolebinding', 'hub-carol', 'hub-sam']);
  }
  // The cells that changed make another pod, and nothing else does.
  const marked = () =>
    kubectl([
      'get',
      'deployment',
      `${RELEASE}-hub`,
      '-n',
      NAMESPACE,
      '-o',
      'jsonpath={.metadata.generation}',
    ]);
  const first = marked();
  upgrade({ ...HUB, rbac });
  expect(marked()).toBe(first);
  upgrade({ ...HUB, hub: { cells: [{ ...HUB.hub.cells[0]!, api: 'https://other.example.com' }] } });
  expect(marked()).not.toBe(first);
  helm(['uninstall', RELEASE]);
  expect(left()).toEqual([`persistentvolumeclaim/${RELEASE}-hub`]);
});

test('a release becomes a hub and is what it was again, each with its own volume', () => {
  upgrade(EMBEDDED);
  const claims = () => left().filter((name) => name.startsWith('persistentvolumeclaim'));
  expect(upgrade(HUB)).toContain(
    'The claim margay of the embedded profile stays, with its history and reports',
  );
  expect(claims()).toEqual([`persistentvolumeclaim/${RELEASE}`, `persistentvolumeclaim/${RELEASE}-hub`]);
  helm(['rollback', RELEASE, '1']);
  expect(claimOf()).toBe('margay');
  expect(upgrade(EMBEDDED)).toContain(
    'The claim margay-hub of the hub profile stays, with what its cells told',
  );
  helm(['rollback', RELEASE, '2']);
  expect(left()).toContain('deployment.apps/margay-hub');
  helm(['uninstall', RELEASE]);
  expect(left()).toEqual(claims());
});

test('the notes say which other installation schedules the reports, while it does', () => {
  const lease = (renewed: Date) =>
    kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'globalreports.projectcalico.org', namespace: 'default' },
        spec: { holderIdentity: 'other/one', renewTime: renewed.toISOString().replace('Z', '000Z') },
      }),
    });
  lease(new Date());
  expect(upgrade(EMBEDDED)).toContain('WARNING: other/one schedules the GlobalReports of this cluster');
  lease(new Date(Date.now() - 180_000));
  expect(upgrade(EMBEDDED)).not.toContain('other/one');
  kubectl(['delete', 'lease', '-n', 'default', 'globalreports.projectcalico.org']);
});

test('a volume that an earlier chart called otherwise is gone on with', () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'margay-margay',
      namespace: NAMESPACE,
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': RELEASE, 'meta.helm.sh/release-namespace': NAMESPACE },
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
  };
  kubectl(['apply', '-f', '-'], { input: JSON.stringify(claim) });
  upgrade(EMBEDDED);
  expect(claimOf()).toBe('margay-margay');
});

/** Makes the cluster have a class for claims that name none, until the test has ended. */
function haveDefaultClass(name: string): void {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations },
    provisioner: 'kubernetes.io/no-provisioner',
  };
  kubectl(['apply', '-f', '-'], { input: JSON.stringify(storageClass) });
  onTestFinished(() => void kubectl(['delete', 'storageclass', name]));
}

test('a class that the cluster chose is written by no revision, so that each can be rolled back to', () => {
  const chosen = () =>
    kubectl(['get', 'pvc', 'margay', '-n', NAMESPACE, '-o', 'jsonpath={.spec.storageClassName}']);
  haveDefaultClass('usual');
  upgrade(EMBEDDED);
  expect(chosen()).toBe('usual');
  for (const storageClass of ['', 'usual']) {
    upgrade({ ...EMBEDDED, embedded: { persistence: { storageClass } } });
    helm(['rollback', RELEASE, '1']);
    expect(chosen()).toBe('usual');
  }
});

test('a claim that is there is not asked to be smaller or of another class', () => {
  const of = (persistence: object) => ({ ...EMBEDDED, embedded: { persistence } });
  const spec = () =>
    kubectl([
      'get',
      'pvc',
      'margay',
      '-n',
      NAMESPACE,
      '-o',
      'jsonpath={.spec.storageClassName} {..requests.storage}',
    ]);
  upgrade(of({ size: '10Gi', storageClass: 'fast' }));
  for (const [persistence, refusal] of [
    [{ size: '9.9Gi' }, 'embedded.persistence.size: the claim margay has 10Gi already'],
    [{ size: '10G' }, 'embedded.persistence.size: the claim margay has 10Gi already'],
    [
      { size: '10Gi', storageClass: 'slow' },
      'embedded.persistence.storageClass: the claim margay is of the class fast',
    ],
    [{ storageClass: '-' }, 'embedded.persistence.storageClass: the claim margay is of the class fast'],
  ] as const)
    expect(() => upgrade(of(persistence))).toThrow(refusal);
  for (const persistence of [{ size: '10240Mi' }, { storageClass: '' }]) upgrade(of(persistence));
  expect(spec()).toBe('fast 10Gi');
  helm(['rollback', RELEASE, '1']);
  expect(spec()).toBe('fast 10Gi');
  // It stays an object of the release in other profiles.
  expect(() => upgrade({ ...DISTRIBUTED, embedded: { persistence: { size: '1Gi' } } })).toThrow(
    'embedded.persistence.size: the claim margay has 10Gi already',
  );
  const services = (persistence: object) => ({ ...DISTRIBUTED, auditIngestor: { persistence } });
  upgrade(services({ storageClass: 'fast' }));
  for (const [persistence, refusal] of [
    [
      { size: '2Gi' },
      'auditIngestor.persistence.size: the claims of the StatefulSet margay-audit-ingestor have 1Gi',
    ],
    [{ storageClass: 'slow' }, 'auditIngestor.persistence.storageClass: the claims of the StatefulSet'],
  ] as const)
    expect(() => upgrade(services(persistence))).toThrow(refusal);
  upgrade(services({ size: '1024Mi' }));
});

/** Charts as they were, packed by helm: the first one, and the first whose definitions are objects of the release. */
const older = (name: string) => fileURLToPath(new URL(`older-charts/${name}.tgz`, import.meta.url));

test.each([
  ['first', 'embedded', EMBEDDED, DISTRIBUTED],
  ['definitions', 'distributed', DISTRIBUTED, EMBEDDED],
])(
  'a release of the older chart %s, %s, is upgraded, rolled back, has another profile and back, and leaves its claims alone',
  async (name, _, values, others) => {
    const claims = () => kubectl(['get', 'pvc', '-n', NAMESPACE, '-o', 'name']).trim().split('\n').sort();
    const volumes = () =>
      kubectl(['get', 'deployment,statefulset', '-n', NAMESPACE, '-o', 'jsonpath={..volumes[*].name}']);
    haveDefaultClass('usual');
    upgrade(values, older(name));
    // Those of a StatefulSet are made a moment later.
    await expect.poll(claims, { timeout: 20_000 }).toEqual([expect.stringContaining('margay')]);
    const [before, first] = [claims(), volumes()];
    upgrade(values);
    expect(claims()).toEqual(before);
    helm(['rollback', RELEASE, '1']);
    expect([claims(), volumes()]).toEqual([before, first]);
    upgrade(values);
    const whole = left();
    upgrade(others);
    await expect.poll(claims, { timeout: 20_000 }).toHaveLength(2);
    const both = claims();
    expect(both).toEqual(expect.arrayContaining(before));
    upgrade(values);
    // One pod's claim stays an object of the release; a StatefulSet's never was one.
    const kept = both.filter((claim) => !claim.includes('/positions-'));
    expect(left().sort()).toEqual([...new Set([...whole, ...kept])].sort());
    helm(['uninstall', RELEASE]);
    expect([left(), claims()]).toEqual([kept, both]);
  },
);

test('who publishes what happens in the cluster is told by which uid it is known', () => {
  const told = () =>
    kubectl([
      'get',
      'statefulset',
      `${RELEASE}-audit-ingestor`,
      '-n',
      NAMESPACE,
      '-o',
      'jsonpath={..env[?(@.name=="CLUSTER_UIDS")].value}',
    ]);
  const born = kubectl(['get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}']);
  upgrade({ ...DISTRIBUTED, clusters: ['a', 'b'], kubeconfigsSecret: 'others', clusterUids: ['b=f00d'] });
  expect(told()).toBe(`a=${born}`);
  upgrade({ ...DISTRIBUTED, clusterUids: ['a=beef'] });
  expect(told()).toBe('a=beef');
});

test('the values of an older chart are not kept without those that came later; a user’s own are', () => {
  const older = mkdtempSync(join(tmpdir(), 'margay-older-chart-'));
  onTestFinished(() => rmSync(older, { recursive: true }));
  for (const [from, to] of [
    [join(CHART, 'Chart.yaml'), 'Chart.yaml'],
    [fileURLToPath(new URL('../older-chart-values.yaml', import.meta.url)), 'values.yaml'],
  ] as const)
    copyFileSync(from, join(older, to));
  upgrade({ ...DISTRIBUTED, clusterName: 'own', profile: 'distributed' }, older);
  expect(() => helm(['upgrade', RELEASE, CHART, '--reuse-values'])).toThrow(/missing propert.*'canary'/);
  helm(['upgrade', RELEASE, CHART, '--reset-then-reuse-values']);
  const told = ['-o', 'jsonpath={..env[?(@.name=="CLUSTER_NAME")].value}'];
  expect(kubectl(['get', 'deployment', `${RELEASE}-api`, '-n', NAMESPACE, ...told])).toBe('own');
});
