import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { ownFolder, startUp } from '../testing/margay.ts';
import { addressesOf, apply, applyDefinitions, kubeconfig, kubectl, until } from './cluster.ts';

/** The embedded profile's process on an API server: how long it takes until its first report is there, and proven. */
const NAMESPACE = 'margay-first';
/** That is there: pods of nodes that are not are deleted within a minute. */
const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: NAMESPACE } };
const NAME = 'first-report';
/** What is promised: seconds from the start. */
const PROMISED = 120;

beforeAll(() => {
  applyDefinitions();
  kubectl(['delete', 'globalreports.projectcalico.org', '--all']);
  // Whoever scheduled the reports of the cluster before is gone.
  kubectl(['delete', 'lease', '-n', 'default', 'globalreports.projectcalico.org', '--ignore-not-found']);
  kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, NODE);
  return () => void kubectl(['delete', 'node', NODE.metadata.name]);
}, 60_000);

const PODS = ['a', 'b', 'c'];
function runPods(): void {
  apply(
    ...PODS.map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE },
      spec: { nodeName: NODE.metadata.name, containers: [{ name: 'main', image: 'registry.example/web:1' }] },
    })),
  );
  const running = { status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } };
  for (const name of PODS)
    kubectl(['patch', 'pod', name, '-n', NAMESPACE, '--subresource=status', '-p', JSON.stringify(running)]);
}

/** The schedule whose next window ends in some seconds, and not before these. */
function soon(): string {
  const end = new Date(Date.now() + 10_000);
  return `${(end.getUTCMinutes() + 1) % 60} * * * *`;
}

test(
  `the first report is there, and proven, within ${PROMISED} s of the start`,
  async () => {
    const begun = Date.now();
    const servers = addressesOf();
    const place = ['--kubeconfig', kubeconfig, '--cluster', 'first', '--data', ownFolder()];
    const canaries = ['--canary=10s', ...(servers.length > 0 ? ['--canary-servers', servers.join(',')] : [])];
    const access = ['--start-delay', '5s', '--permissions', 'none'];
    const { url } = await startUp(['--watch', ...place, ...access, ...canaries], /Serving/);
    await until(
      async () => (await fetch(`${url}/readyz`)).status,
      (status) => status === 200,
      PROMISED,
    );
    // A report's first window begins with the second in which it was made: a watch that begins within that second has not seen it whole.
    await setTimeout(2_000);
    runPods();
    apply({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name: NAME },
      spec: {
        reportType: 'inventory',
        schedule: soon(),
        endpoints: { namespaces: { names: [NAMESPACE] } },
      },
    });
    const path = '{.status.lastSuccessfulReportJobs[*].end}';
    const asked = ['get', 'globalreports.projectcalico.org', NAME, '-o', `jsonpath=${path}`];
    await until(
      () => kubectl(asked),
      (end) => end !== '',
      2 * PROMISED,
    );
    const seconds = Math.ceil((Date.now() - begun) / 1_000);
    console.log(`the first report was there ${seconds} s after the start`);

    const api = async (of: string) => (await fetch(`${url}/api/v1${of}`)).text();
    const [run] = (
      JSON.parse(await api(`/runs?report=${NAME}&state=completed`)) as { items: { id: string }[] }
    ).items;
    const report = JSON.parse(await api(`/runs/${run!.id}/downloads/report.json`)) as {
      evidence: { sources: { grade: string; complete: boolean } };
    };
    expect(report.evidence.sources).toMatchObject({ grade: 'proven', complete: true });
    const rows = (await api(`/runs/${run!.id}/downloads/endpoints.csv`)).trim().split('\n').slice(1);
    expect(rows.map((row) => row.split(',')[0]!).sort()).toEqual(
      PODS.map((name) => `Pod.v1(${NAMESPACE}/${name})`),
    );
    expect(seconds).toBeLessThanOrEqual(PROMISED);
  },
  3 * PROMISED * 1_000,
);
