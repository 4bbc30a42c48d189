import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { openEmbedded } from '@margay/storage';
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { ownFolder, PROGRAM, startUp } from '../testing/margay.ts';
import { calicoApiServer } from './calico-api-server.ts';
import { CHART, EMBEDDED, type ChartValues } from './chart-rendering.ts';
import { apply, CRDS, kubeconfig, kubectl, SAMPLES, serverContexts } from './cluster.ts';
import { helmIn } from './helm.ts';

const NAMESPACE = 'margay-beside';
const DEFINITIONS = ['globalreports', 'globalreporttypes'].flatMap((kind) => [
  `${kind}.projectcalico.org`,
  `${kind}.margay.io`,
]);
const patient = { timeout: 30_000, interval: 200 };

/** Definitions of Calico’s own kinds, as far as the API server needs them. */
const CALICOS = [
  ['Tier', 'tiers'],
  ['GlobalNetworkPolicy', 'globalnetworkpolicies'],
].map(([kind, plural]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.projectcalico.org` },
  spec: {
    group: 'projectcalico.org',
    scope: 'Cluster',
    names: { kind, plural },
    versions: [
      {
        name: 'v3',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}));

/** Nothing of ours and nothing of Calico's, as in a new cluster. */
async function asNew(): Promise<void> {
  kubectl(['delete', 'apiservice', 'v3.projectcalico.org', '--ignore-not-found']);
  kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  kubectl([
    'delete',
    'crd',
    ...CALICOS.map(({ metadata }) => metadata.name),
    ...DEFINITIONS,
    '--ignore-not-found',
  ]);
  // Discovery forgets some seconds later.
  await vi.waitUntil(() => !kubectl(['api-versions']).includes('projectcalico.org/v3'), patient);
}

beforeEach(asNew, 60_000);
afterAll(asNew, 60_000);

const helm = helmIn(NAMESPACE);

/** Installs or upgrades the chart; without nodes nobody waits for pods. @returns what its notes say. */
function installed(values: ChartValues = {}): string {
  const set = Object.entries({ ...EMBEDDED, ...values }).map(
    ([name, value]) => `--set=${name}=${String(value)}`,
  );
  const notes = helm(['upgrade', '--install', 'margay', CHART, '--create-namespace', ...set]);
  onTestFinished(() => {
    try {
      helm(['uninstall', 'margay']);
    } catch {
      // The test did.
    }
  });
  return notes;
}

const definitions = (): string[] =>
  kubectl(['get', 'crd', '-o', 'jsonpath={.items[*].metadata.name}'])
    .split(' ')
    .filter((name) => DEFINITIONS.includes(name));
const established = (group: string) =>
  kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    `crd/globalreports.${group}`,
    `crd/globalreporttypes.${group}`,
  ]);
const migrate = (args: readonly string[], input?: string): string =>
  execFileSync(process.execPath, [PROGRAM, 'migrate', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    ...(input !== undefined && { input }),
  });
/** What `margay check` says, and whether it found nothing in the way. */
function checked(group: string): { isWell: boolean; said: string } {
  const { status, stdout } = spawnSync(
    process.execPath,
    [PROGRAM, 'check', '--group', group, '--kubeconfig', kubeconfig],
    { encoding: 'utf8' },
  );
  return { isWell: status === 0, said: stdout };
}
const attempt = (args: readonly string[]): string => {
  try {
    return kubectl(args);
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
};
const servesTiers = () => attempt(['get', 'tiers.projectcalico.org', '-o', 'name']).includes('/default');
const servedBy = () =>
  attempt(['get', 'apiservice', 'v3.projectcalico.org', '-o', 'jsonpath={.spec.service.name}']).trim();
const reports = (group: string) =>
  attempt(['get', `globalreports.${group}`, '-o', 'jsonpath={.items[*].metadata.name}'])
    .trim()
    .split(' ');

/** The stand-in listens on this machine, which the API server of a container does not reach. */
const isElsewhere = serverContexts().length === 0;

test.skipIf(isElsewhere)(
  'with Calico’s API server there first, GlobalReports have their own group, and both are served',
  async () => {
    const calico = await calicoApiServer();
    calico.install();
    await vi.waitUntil(servesTiers, patient);

    const notes = installed();
    expect(definitions()).toEqual(['globalreports.margay.io', 'globalreporttypes.margay.io']);
    established('margay.io');
    expect(notes).toContain('calico-apiserver/calico-api serves projectcalico.org/v3');
    expect(kubectl(['get', 'deployment', 'margay', '-n', NAMESPACE, '-o', 'jsonpath={..args}'])).toContain(
      '--group=margay.io',
    );

    expect(checked('margay.io')).toEqual({
      isWell: true,
      said: expect.stringContaining('calico-apiserver/calico-api serves projectcalico.org/v3: GlobalReports'),
    });
    expect(checked('projectcalico.org')).toEqual({
      isWell: false,
      said: expect.stringMatching(/^PROBLEM: .*no GlobalReport of that group can be reached/),
    });
    // The manifests that people have.
    kubectl(['apply', '-f', '-'], { input: migrate([`${SAMPLES}/weekly-full-inventory.yaml`]) });
    expect(reports('margay.io')).toEqual(['weekly-full-inventory']);
    expect([servesTiers(), servedBy()]).toEqual([true, 'calico-api']);

    // An upgrade stays, also while Calico's API server is away.
    calico.uninstall();
    expect(installed()).toContain('margay.io/v3');
    expect(definitions()).toHaveLength(2);
    expect(reports('margay.io')).toEqual(['weekly-full-inventory']);
  },
);

test.skipIf(isElsewhere)(
  'with Calico’s API server coming later, the documented steps serve both',
  async () => {
    expect(installed()).toContain('apiVersion: projectcalico.org/v3');
    established('projectcalico.org');
    await vi.waitUntil(
      () => attempt(['apply', '-f', `${SAMPLES}/weekly-full-inventory.yaml`]).includes('created'),
      patient,
    );

    expect(checked('projectcalico.org').isWell).toBe(true);
    const calico = await calicoApiServer();
    calico.install();
    // Kubernetes takes the group back for the definitions: the steps of docs/coexistence.md.
    await vi.waitUntil(() => servedBy() === '', patient);
    expect(checked('projectcalico.org')).toEqual({
      isWell: false,
      said: expect.stringMatching(/^PROBLEM: Calico’s API server is there.*keep from it/),
    });
    installed({ 'globalReports.group': 'margay.io' });
    established('margay.io');
    const old = kubectl(['get', '--raw', '/apis/projectcalico.org/v3/globalreports']);
    await vi.waitUntil(() => {
      try {
        return kubectl(['apply', '-f', '-'], { input: migrate([], old) });
      } catch {
        return false;
      }
    }, patient);
    kubectl(['delete', 'crd', 'globalreports.projectcalico.org', 'globalreporttypes.projectcalico.org']);
    calico.install();

    await vi.waitUntil(servesTiers, patient);
    expect(reports('margay.io')).toEqual(['weekly-full-inventory']);
    // It stays so.
    await new Promise((later) => setTimeout(later, 3_000));
    expect([servesTiers(), servedBy()]).toEqual([true, 'calico-api']);
    expect(installed()).toContain('calico-apiserver/calico-api serves projectcalico.org/v3');
    expect(definitions()).toEqual(['globalreports.margay.io', 'globalreporttypes.margay.io']);
    expect(checked('margay.io').isWell).toBe(true);
  },
);

test('where Calico’s native definitions have the group, GlobalReports have their own', () => {
  apply(...CALICOS);
  expect(installed()).toContain('Calico has projectcalico.org, or may come to serve it');
  expect(definitions()).toEqual(['globalreports.margay.io', 'globalreporttypes.margay.io']);
});

test('where Calico’s native definitions come later, both are served in one group, are followed, and nothing is written again', async () => {
  expect(installed()).toContain('apiVersion: projectcalico.org/v3');
  established('projectcalico.org');
  await vi.waitUntil(
    () => attempt(['apply', '-f', `${SAMPLES}/weekly-full-inventory.yaml`]).includes('created'),
    patient,
  );
  // The release has no node to run on: this is its process.
  const data = ownFolder();
  await startUp(['--watch', '--kubeconfig', kubeconfig, '--cluster', 'a', '--data', data], /Serving/);
  const isReady = () =>
    attempt([
      'get',
      'globalreports.projectcalico.org',
      'weekly-full-inventory',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
    ]);
  await vi.waitUntil(() => isReady() === 'True', { ...patient, timeout: 120_000 });

  apply(...CALICOS);
  const policy = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: 'deny-all' },
  };
  await vi.waitUntil(() => {
    try {
      return apply({ ...policy, spec: { selector: 'all()', types: ['Egress'] } });
    } catch {
      return false;
    }
  }, patient);
  expect(kubectl(['get', 'tiers.projectcalico.org'])).toBe('');
  expect(reports('projectcalico.org')).toEqual(['weekly-full-inventory']);
  expect(checked('projectcalico.org').isWell).toBe(true);
  // Margay follows what came.
  const followed = async () => {
    const stores = openEmbedded(data, { readOnly: true });
    try {
      const now = Date.now() * 1_000;
      for await (const { resource: of, name } of stores.history.versions({ start: now, end: now + 1 }))
        if (of === 'globalnetworkpolicies' && name === 'deny-all') return true;
      return false;
    } finally {
      await stores.close();
    }
  };
  await expect.poll(followed, { timeout: 60_000, interval: 500 }).toBe(true);

  // An upgrade keeps the group, and nobody writes anything again.
  const versions = () =>
    kubectl([
      'get',
      'crd,apiservice,globalreports.projectcalico.org,globalreporttypes.projectcalico.org,globalnetworkpolicies.projectcalico.org',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion}{"\\n"}{end}',
    ])
      .split('\n')
      .filter((line) => line.includes('projectcalico.org') || line.startsWith('Global'));
  expect(installed()).toContain('apiVersion: projectcalico.org/v3');
  expect(definitions()).toEqual(['globalreports.projectcalico.org', 'globalreporttypes.projectcalico.org']);
  const before = versions();
  expect(before.length).toBeGreaterThan(5);
  await new Promise((later) => setTimeout(later, 8_000));
  expect(versions()).toEqual(before);
  expect(servedBy()).toBe('');
}, 300_000);

test('definitions of Calico Enterprise stay as they are, and what they drop is said', () => {
  // As far as they differ: no conditions in the status, and what the kind is said to be.
  const old = readFileSync(`${CRDS}/globalreports.yaml`, 'utf8')
    .replace(/^( +)conditions:$/m, '$1conditionsOfOthers:')
    .replace(/'A compliance report that is made.*'/, 'GlobalReport contains the configuration of a report.');
  kubectl(['apply', '-f', '-'], { input: old });
  const version = () =>
    kubectl(['get', 'crd', 'globalreports.projectcalico.org', '-o', 'jsonpath={.metadata.generation}']);
  const before = version();
  const notes = installed();
  expect(notes).toContain('the definition globalreports.projectcalico.org is not of this release');
  expect(notes).toContain('It has no status.conditions');
  expect(version()).toBe(before);
  expect(checked('projectcalico.org').said).toMatch(/drops status\.conditions, which it does not know/);
  // The other kind was nobody's.
  expect(definitions()).toEqual(['globalreports.projectcalico.org', 'globalreporttypes.projectcalico.org']);
});
