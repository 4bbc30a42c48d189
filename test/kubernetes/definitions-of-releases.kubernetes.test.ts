import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { ownFolder, PROGRAM } from '../testing/margay.ts';
import { CHART, HELM, HUB, renderedText, type ChartValues } from './chart-rendering.ts';
import { CRDS, kubeconfig, kubectl, SAMPLES } from './cluster.ts';
import { helmIn, inNamespace } from './helm.ts';

const NAMESPACE = 'margay-definitions';
const REPORTS = 'globalreports.projectcalico.org';
const TYPES = 'globalreporttypes.projectcalico.org';
const OWN_GROUP = 'reports.example.org';
const OF_ALL_GROUPS = ['projectcalico.org', 'margay.io', OWN_GROUP].flatMap((group) => [
  `globalreports.${group}`,
  `globalreporttypes.${group}`,
]);
const patient = { timeout: 60_000, interval: 200 };

function asNew(): void {
  const ours = ['-l', 'app.kubernetes.io/instance in (margay, second, rendered)', '--ignore-not-found'];
  kubectl(['delete', 'clusterrole,clusterrolebinding', ...ours]);
  kubectl(['delete', 'role,rolebinding', '-n', 'default', ...ours]);
  kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  kubectl(['delete', 'crd', ...OF_ALL_GROUPS, '--ignore-not-found']);
  kubectl(['create', 'namespace', NAMESPACE]);
}
beforeEach(asNew, 120_000);
afterAll(asNew, 120_000);

const helm = helmIn(NAMESPACE);
/** What the pods of hooks need is nowhere: the test is their node. */
const VALUES = { clusterName: 'a', nodeSelector: { 'margay.test/node': 'none' } };

/** Installs or upgrades a release and runs the pod of its hook, where there is one. @returns its notes. */
async function upgraded(values: ChartValues = {}, release = 'margay', chart = CHART): Promise<string> {
  const args = ['upgrade', '--install', release, chart, '--timeout', '120s', '--values', '-'];
  const running = promisify(execFile)(HELM, [...args, ...inNamespace(NAMESPACE)]);
  running.child.stdin!.end(JSON.stringify({ ...VALUES, ...values }));
  let isOver = false;
  const over = running.finally(() => (isOver = true));
  over.catch(() => undefined);
  while (!isOver) {
    for (const pod of hookPods()) runHook(pod);
    await new Promise((later) => setTimeout(later, 200));
  }
  return (await over).stdout;
}

interface HookPod {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly { readonly args: string[] }[];
  };
  readonly status: { readonly phase: string };
}
const hookPods = (): HookPod[] =>
  (
    JSON.parse(
      kubectl(['get', 'pod', '-n', NAMESPACE, '-l', 'batch.kubernetes.io/job-name', '-o', 'json']),
    ) as { items: HookPod[] }
  ).items.filter(({ status }) => status.phase === 'Pending');

/** What a node does: its arguments, with the rights of its service account. */
function runHook({ metadata: { name }, spec }: HookPod): void {
  const token = kubectl(['create', 'token', spec.serviceAccountName, '-n', NAMESPACE]).trim();
  const config = load(readFileSync(kubeconfig, 'utf8')) as { contexts: { context: object }[] };
  const context = { name: 'hook', context: { ...config.contexts[0]!.context, user: 'hook' } };
  // Beside the other one, whose files it names.
  const file = join(dirname(kubeconfig), `hook-${name}`);
  const users = [{ name: 'hook', user: { token } }];
  writeFileSync(file, JSON.stringify({ ...config, users, contexts: [context], 'current-context': 'hook' }));
  try {
    execFileSync(process.execPath, [PROGRAM, ...spec.containers[0]!.args, '--kubeconfig', file], {
      stdio: 'pipe',
    });
    const status = JSON.stringify({ status: { phase: 'Succeeded' } });
    kubectl(['patch', 'pod', name, '-n', NAMESPACE, '--subresource=status', '--type=merge', '-p', status]);
  } finally {
    rmSync(file);
  }
}

/** The chart with definitions of an earlier version: without a field. */
function olderChart(): string {
  const folder = ownFolder();
  cpSync(CHART, folder, { recursive: true });
  for (const each of ['crds', 'files/definitions']) {
    const file = join(folder, each, 'globalreports.yaml');
    writeFileSync(file, JSON.stringify(without(load(readFileSync(file, 'utf8')) as Definition)));
  }
  return folder;
}

/** A chart of the older definitions alone, as who manages a platform may have one. */
function chartOfDefinitions(): string {
  const folder = ownFolder();
  mkdirSync(join(folder, 'templates'));
  writeFileSync(
    join(folder, 'Chart.yaml'),
    JSON.stringify({ apiVersion: 'v2', name: 'd', version: '1.0.0' }),
  );
  for (const name of ['globalreports', 'globalreporttypes']) {
    const definition = load(readFileSync(join(olderChart(), 'crds', `${name}.yaml`), 'utf8')) as Definition;
    const annotations = { 'helm.sh/resource-policy': 'keep' };
    writeFileSync(
      join(folder, 'templates', `${name}.yaml`),
      JSON.stringify({ ...definition, metadata: { ...definition.metadata, annotations } }),
    );
  }
  return folder;
}

interface Definition {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly versions: {
      schema: { openAPIV3Schema: { properties: { status: { properties: Record<string, unknown> } } } };
    }[];
  };
}
function without(definition: Definition): Definition {
  delete fieldsOf(definition)['nextReportTime'];
  return definition;
}
const fieldsOf = ({ spec }: Definition) =>
  spec.versions[0]!.schema.openAPIV3Schema.properties.status.properties;
const definition = (name = REPORTS) => JSON.parse(kubectl(['get', 'crd', name, '-o', 'json'])) as Definition;
const isWhole = () => 'nextReportTime' in fieldsOf(definition());
const releaseOf = (name = REPORTS) => definition(name).metadata.annotations?.['meta.helm.sh/release-name'];
const there = () =>
  kubectl(['get', 'crd', '-o', 'jsonpath={.items[*].metadata.name}'])
    .split(' ')
    .filter((name) => OF_ALL_GROUPS.includes(name));
async function withReport(): Promise<void> {
  await vi.waitUntil(() => {
    try {
      return kubectl(['apply', '-f', `${SAMPLES}/weekly-full-inventory.yaml`]);
    } catch {
      return false;
    }
  }, patient);
}
const reports = () => kubectl(['get', REPORTS, '-o', 'name']).trim();
const TAKEN = 'was of no release: this one has taken it over';

test('an upgrade upgrades the release’s definitions, and a rollback takes them back', async () => {
  await upgraded({}, 'margay', olderChart());
  await withReport();
  expect(isWhole()).toBe(false);
  expect(await upgraded()).not.toMatch(/the definition /i);
  expect(isWhole()).toBe(true);
  helm(['rollback', 'margay', '1']);
  expect(isWhole()).toBe(false);
  await upgraded();
  expect([isWhole(), reports()]).toEqual([true, expect.stringContaining('weekly-full-inventory')]);
}, 240_000);

test('a definition that an uninstalled release left is taken over by one of another name, and upgraded', async () => {
  await upgraded({}, 'margay', olderChart());
  await withReport();
  helm(['uninstall', 'margay']);
  expect(there()).toEqual([REPORTS, TYPES].sort());
  const notes = await upgraded({}, 'second');
  expect(notes).toContain(`The definition ${REPORTS} ${TAKEN}`);
  expect(notes).not.toContain('WARNING: the definition');
  expect([isWhole(), releaseOf(), releaseOf(TYPES)]).toEqual([true, 'second', 'second']);
  expect(reports()).toContain('weekly-full-inventory');
  // From now on it is the release's as any other: Helm has it, and keeps it.
  expect(await upgraded({}, 'second')).not.toMatch(/the definition /i);
  expect(helm(['get', 'manifest', 'second'])).toContain(`name: ${REPORTS}`);
  helm(['rollback', 'second', '1']);
  helm(['uninstall', 'second']);
  expect([isWhole(), reports()]).toEqual([true, expect.stringContaining('weekly-full-inventory')]);
  // Nothing is left of the hooks.
  expect(kubectl(['get', 'job,serviceaccount', '-n', NAMESPACE, '-o', 'name'])).not.toContain('definitions');
  expect(kubectl(['get', 'clusterrole,clusterrolebinding', '-o', 'name'])).not.toMatch(
    new RegExp(`${NAMESPACE}.*definitions`),
  );
}, 240_000);

test('definitions that kubectl made, or a chart that had them in its folder crds, are taken over', async () => {
  kubectl(['apply', '-f', join(olderChart(), 'crds')]);
  await withReport();
  expect(await upgraded()).toContain(`The definition ${TYPES} ${TAKEN}`);
  expect([isWhole(), releaseOf(), reports()]).toEqual([
    true,
    'margay',
    expect.stringContaining('weekly-full-inventory'),
  ]);
});

test('what helm template renders kubectl applies, again too, and a release takes it over', async () => {
  const apply = () => kubectl(['apply', '-f', '-'], { input: renderedText(VALUES, 'rendered', NAMESPACE) });
  expect(apply()).toContain(`${REPORTS} created`);
  expect(apply()).toContain(`${REPORTS} unchanged`);
  kubectl(['delete', 'all,sa,cm,networkpolicy,pvc,cronjob', '--all', '-n', NAMESPACE]);
  expect(await upgraded()).toContain(TAKEN);
  expect(releaseOf()).toBe('margay');
});

test('of two releases the first has them: the second says whose they are, until that is gone', async () => {
  await upgraded({}, 'margay', olderChart());
  const notes = await upgraded({}, 'second');
  expect(notes).toContain(
    `WARNING: the definition ${REPORTS} is not of this release but of ${NAMESPACE}/margay and was left as it is.`,
  );
  expect([isWhole(), releaseOf()]).toEqual([false, 'margay']);
  helm(['uninstall', 'margay']);
  expect(await upgraded({}, 'second')).toContain(TAKEN);
  expect([isWhole(), releaseOf()]).toEqual([true, 'second']);
});

test.each(['secret', 'configmap'])(
  'those of a release that has nothing else are its, while Helm has it: by a %s of each revision',
  async (driver) => {
    const definitions = chartOfDefinitions();
    const helmOf = helmIn(NAMESPACE, { HELM_DRIVER: driver });
    helmOf(['install', 'definitions', definitions]);
    expect(await upgraded({}, 'second')).toContain(
      `WARNING: the definition ${REPORTS} is not of this release but of ${NAMESPACE}/definitions and was left as it is.`,
    );
    helmOf(['upgrade', 'definitions', definitions]);
    expect(await upgraded({}, 'second')).not.toContain(TAKEN);
    expect([isWhole(), releaseOf(), releaseOf(TYPES)]).toEqual([false, 'definitions', 'definitions']);
    // Its history says that it is gone.
    helmOf(['uninstall', 'definitions', '--keep-history']);
    expect(await upgraded({}, 'second')).toContain(`The definition ${REPORTS} ${TAKEN}`);
    expect([isWhole(), releaseOf()]).toEqual([true, 'second']);
  },
  240_000,
);

test.each([
  ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'a:b/c:d' } }],
  ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'a' } }],
])('those that %s applies stay as they are', async (_, metadata) => {
  kubectl(['apply', '-f', join(olderChart(), 'crds')]);
  for (const name of [REPORTS, TYPES])
    kubectl(['patch', 'crd', name, '--type=merge', '-p', JSON.stringify({ metadata })]);
  expect(await upgraded()).toContain(
    `WARNING: the definition ${REPORTS} is not of this release and was left`,
  );
  expect([isWhole(), releaseOf()]).toEqual([false, undefined]);
});

test('definitions that are newer stay as they are', async () => {
  const newer = load(readFileSync(`${CRDS}/globalreports.yaml`, 'utf8')) as Definition;
  fieldsOf(newer)['retention'] = { type: 'string' };
  kubectl(['apply', '-f', '-'], { input: JSON.stringify(newer) });
  await upgraded();
  expect([fieldsOf(definition()), releaseOf()]).toEqual([
    expect.objectContaining({ retention: { type: 'string' } }),
    undefined,
  ]);
});

test('with crds.enabled false none is made, taken or upgraded', async () => {
  const off = { crds: { enabled: false } };
  await upgraded(off);
  expect(there()).toEqual([]);
  kubectl(['apply', '-f', join(olderChart(), 'crds')]);
  expect(await upgraded(off)).not.toMatch(/the definition /i);
  expect([isWhole(), releaseOf()]).toEqual([false, undefined]);
});

const fleeting = { keep: false };
const [CALICO, OURS, OWN] = [{ group: 'projectcalico.org' }, { group: 'margay.io' }, { group: OWN_GROUP }];

const NONE = { enabled: false };

/** The group that definitions have, by its value, and values by which the release would have none of it. */
test.each<[string, ChartValues, Readonly<Record<string, ChartValues>>]>([
  [
    'projectcalico.org',
    {},
    {
      'no definitions': { crds: NONE },
      'margay.io': { globalReports: OURS },
      'a group of one’s own': { globalReports: OWN },
    },
  ],
  ['margay.io', OURS, { 'projectcalico.org': { globalReports: CALICO } }],
  [
    OWN_GROUP,
    OWN,
    {
      'no definitions': { globalReports: OWN, crds: NONE },
      'the one unless set': {},
      'a hub': { ...HUB, clusterName: '' },
    },
  ],
])(
  'an upgrade that would delete definitions of %s, and with them every report, is refused',
  async (group, globalReports, others) => {
    await upgraded({ globalReports, crds: fleeting });
    const made = [`globalreports.${group}`, `globalreporttypes.${group}`];
    expect(there()).toEqual(made);
    for (const [name, { crds, ...values }] of Object.entries(others)) {
      const later =
        values['profile'] === 'hub'
          ? values
          : { ...values, crds: { ...fleeting, ...(crds as object | undefined) } };
      await expect(upgraded(later)).rejects.toThrow(
        `crds.keep: the definition ${made[0]} would be deleted by this upgrade`,
      );
      expect([name, there()]).toEqual([name, made]);
    }
  },
);

test('once they are kept the upgrade goes its way, and they stay with the reports', async () => {
  await upgraded({ crds: fleeting });
  await withReport();
  await upgraded({ crds: { keep: true } });
  expect(await upgraded({ crds: { enabled: false } })).not.toMatch(/the definition /i);
  expect(reports()).toContain('weekly-full-inventory');
});
