import { readFileSync } from 'node:fs';
import { load, loadAll } from 'js-yaml';
import { beforeAll, expect, test } from 'vitest';
import {
  CHART,
  DISTRIBUTED,
  EMBEDDED,
  HUB,
  type ChartValues,
  type Rendered,
  type RenderedPod,
} from './chart-rendering.ts';
import { applyDefinitions, kubectl } from './cluster.ts';
import { helmIn } from './helm.ts';

const helm = helmIn('default');

// Definitions of no release are there, so that the hook that takes them over is rendered.
beforeAll(() => {
  kubectl(['delete', 'crd', 'globalreports.margay.io', 'globalreporttypes.margay.io', '--ignore-not-found']);
  applyDefinitions();
});

interface Found {
  readonly from: string;
  readonly pod: RenderedPod;
}

/** Every pod in what is rendered, wherever it stands: whatever has containers is one. */
function podsIn(value: unknown, from: string): Found[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { spec?: { containers?: unknown } }).spec?.containers;
  return [
    ...(Array.isArray(own) ? [{ from, pod: value as RenderedPod }] : []),
    ...Object.values(value).flatMap((inner) => podsIn(inner, from)),
  ];
}

/** Every pod of the chart, as helm renders it with the cluster at hand: hooks and tests among them. */
function everyPod(values: ChartValues): Found[] {
  const text = helm(['template', 'margay', CHART, '--dry-run=server', '--values', '-'], values);
  return (loadAll(text) as (Rendered | null)[]).flatMap((object) =>
    object === null ? [] : podsIn(object, `${object.kind} ${object.metadata.name}`),
  );
}

/** Every part that a profile can have. */
const WHOLE = {
  ...DISTRIBUTED,
  auditIngestor: { webhook: { enabled: true, secret: 'webhook' } },
  flowIngestor: { enabled: true, topic: 'flows' },
  notifier: { urlSecret: 'hook' },
};
const PROFILES = { embedded: EMBEDDED, distributed: WHOLE, hub: HUB };

/** The pods of each profile, by what they are part of and the section with their values. */
const PODS = {
  embedded: {
    'Deployment margay': 'embedded',
    'CronJob margay-report': 'reportWorker',
    'Job margay-definitions': 'hooks',
    'Job margay-check': 'hooks',
    'Pod margay-test': 'hooks',
  },
  distributed: {
    'Deployment margay-api': 'api',
    'StatefulSet margay-audit-ingestor': 'auditIngestor',
    'Deployment margay-flow-ingestor': 'flowIngestor',
    'Deployment margay-notifier': 'notifier',
    'Deployment margay-report-worker': 'reportWorker',
    'Deployment margay-scheduler': 'scheduler',
    'Deployment margay-snapshotter': 'snapshotter',
    'PodTemplate tigera.io.report': 'reportWorker',
    'CronJob margay-report': 'reportWorker',
    'Job margay-definitions': 'hooks',
    'Job margay-check': 'hooks',
    'Pod margay-test': 'hooks',
    'Pod margay-test-webhook': 'hooks',
  },
  hub: { 'Deployment margay-hub': 'hub', 'Pod margay-test': 'hooks' },
} as const;
const profiles = Object.keys(PODS) as (keyof typeof PODS)[];

const FOR_ALL = {
  podLabels: { inject: 'no' },
  podAnnotations: { scraped: 'no' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  priorityClassName: 'low',
  podSecurityContext: { supplementalGroups: [7] },
  containerSecurityContext: { seLinuxOptions: { level: 's0', role: 'r' } },
  extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy' }],
  extraEnvFrom: [{ configMapRef: { name: 'c' } }],
  extraVolumes: [{ name: 'ca', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
};
const digest = `sha256:${'a'.repeat(64)}`;
const COMMON = {
  ...FOR_ALL,
  commonLabels: { team: 'a' },
  commonAnnotations: { owner: 'b' },
  global: { imageRegistry: 'mirror:5000', imagePullSecrets: [{ name: 'g' }] },
  imagePullSecrets: [{ name: 'l' }],
  image: { digest, pullPolicy: 'Always' },
};

test('what is set for all pods below is all that can be', () => {
  const values = load(readFileSync(`${CHART}/values.yaml`, 'utf8')) as Record<
    string,
    Record<string, unknown>
  >;
  // A service account is no part of a pod: some have none.
  const forAll = Object.keys(values['api']!).filter((key) => key in values && key !== 'serviceAccount');
  expect(Object.keys(FOR_ALL).sort()).toEqual(forAll.sort());
});

const withAll = (some: readonly unknown[]): unknown[] => expect.arrayContaining([...some]) as unknown[];

test.each(profiles)('every pod of the profile %s has what is set for all', (profile) => {
  const pods = everyPod({ ...PROFILES[profile], ...COMMON });
  expect(pods.map(({ from }) => from).sort()).toEqual(Object.keys(PODS[profile]).sort());
  const text: unknown = expect.any(String);
  for (const { from, pod } of pods)
    expect({ from, ...pod }).toMatchObject({
      from,
      metadata: {
        labels: { team: 'a', inject: 'no', 'helm.sh/chart': text },
        annotations: { owner: 'b', scraped: 'no' },
      },
      spec: {
        imagePullSecrets: [{ name: 'g' }, { name: 'l' }],
        nodeSelector: FOR_ALL.nodeSelector,
        tolerations: FOR_ALL.tolerations,
        affinity: FOR_ALL.affinity,
        priorityClassName: 'low',
        securityContext: {
          supplementalGroups: [7],
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        ...(pod.spec.restartPolicy !== 'Never' && {
          topologySpreadConstraints: FOR_ALL.topologySpreadConstraints,
        }),
        volumes: withAll(FOR_ALL.extraVolumes),
        containers: [
          {
            image: `mirror:5000/margay@${digest}`,
            imagePullPolicy: 'Always',
            env: withAll(FOR_ALL.extraEnv),
            envFrom: FOR_ALL.extraEnvFrom,
            resources: { limits: { memory: text }, requests: { cpu: text } },
            securityContext: {
              seLinuxOptions: { level: 's0', role: 'r' },
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            volumeMounts: withAll(FOR_ALL.extraVolumeMounts),
          },
        ],
      },
    });
});

/** Values of one part, each with its name in it. */
const ofPart = (section: string) => ({
  podLabels: { part: section },
  podAnnotations: { part: section },
  nodeSelector: { part: section },
  tolerations: [{ key: section, operator: 'Exists' }],
  affinity: { podAffinity: { x: section } },
  priorityClassName: section.toLowerCase(),
  podSecurityContext: { supplementalGroups: [8], seLinuxOptions: { user: section } },
  containerSecurityContext: { seLinuxOptions: { role: section }, capabilities: { add: [section] } },
  extraEnv: [{ name: 'HTTPS_PROXY', value: section }],
  extraEnvFrom: [{ configMapRef: { name: section } }],
  extraVolumes: [{ name: section.toLowerCase(), emptyDir: {} }],
  extraVolumeMounts: [{ name: section.toLowerCase(), mountPath: `/${section}` }],
  resources: { requests: { cpu: '7m' } },
});

test.each(profiles)('every pod of the profile %s has what is set for its part, and no other', (profile) => {
  const values: Record<string, unknown> = { ...PROFILES[profile], ...FOR_ALL };
  for (const section of Object.values<string>(PODS[profile]))
    values[section] = { ...(values[section] as object | undefined), ...ofPart(section) };
  for (const { from, pod } of everyPod(values)) {
    const section = (PODS[profile] as Readonly<Record<string, string>>)[from]!;
    const own = ofPart(section);
    expect({ from, ...pod }).toMatchObject({
      from,
      metadata: {
        labels: { part: section, inject: 'no' },
        annotations: { part: section, scraped: 'no' },
      },
      spec: {
        tolerations: own.tolerations,
        priorityClassName: own.priorityClassName,
        // Fields that are otherwise are the part's, and the others those of all.
        securityContext: {
          supplementalGroups: [8],
          seLinuxOptions: { user: section },
          runAsNonRoot: true,
          runAsUser: 10_001,
        },
        volumes: withAll([...FOR_ALL.extraVolumes, ...own.extraVolumes]),
        containers: [
          {
            envFrom: [...FOR_ALL.extraEnvFrom, ...own.extraEnvFrom],
            resources: { requests: { cpu: '7m' } },
            securityContext: {
              seLinuxOptions: { level: 's0', role: section },
              allowPrivilegeEscalation: false,
            },
            volumeMounts: withAll([...FOR_ALL.extraVolumeMounts, ...own.extraVolumeMounts]),
          },
        ],
      },
    });
    const [{ env, securityContext }] = pod.spec.containers;
    const { nodeSelector, affinity } = pod.spec;
    const proxies = env.filter(({ name }: { name: string }) => name === 'HTTPS_PROXY');
    expect({ from, nodeSelector, affinity, capabilities: securityContext.capabilities, proxies }).toEqual({
      from,
      nodeSelector: own.nodeSelector,
      affinity: own.affinity,
      capabilities: own.containerSecurityContext.capabilities,
      proxies: own.extraEnv,
    });
  }
});

test('on a platform that gives pods a user of its own, none of all pods names one', () => {
  const theirs = { runAsUser: null, runAsGroup: null, fsGroup: null };
  for (const profile of profiles) {
    const naming = everyPod({ ...PROFILES[profile], podSecurityContext: theirs }).filter(({ pod }) =>
      JSON.stringify(pod.spec.securityContext).includes('10001'),
    );
    expect(naming.map(({ from }) => from)).toEqual([]);
  }
});
