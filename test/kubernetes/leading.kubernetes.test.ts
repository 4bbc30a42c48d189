import type { ReportWindow } from '@margay/contracts';
import {
  globalReports,
  installReportTypes,
  KubernetesClient,
  neededRules,
  type GlobalReportObject,
} from '@margay/kubernetes';
import { openEmbeddedBus } from '@margay/messaging';
import { openLog } from '@margay/runtime';
import { scheduleCluster } from '@margay/scheduler';
import { openEmbedded } from '@margay/storage';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { admin, applyDefinitions, connectionWith, kubectl } from './cluster.ts';

const LEASE = ['lease', '-n', 'default', 'globalreports.projectcalico.org'];
const HOUR = 3_600_000_000;
const client = admin();
afterAll(() => client.close());

beforeEach(async () => {
  applyDefinitions();
  await installReportTypes(client);
  kubectl(['delete', 'globalreport.p', '--all']);
  kubectl(['delete', ...LEASE, '--ignore-not-found']);
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name: 'hourly' },
      spec: { reportType: 'inventory', schedule: '0 * * * *' },
    }),
  });
  return () => void kubectl(['delete', 'globalreport.p', '--all']);
});

/** An installation with stores of its own, three hours ahead: three windows of the report are due there. */
function install(installation: string, by: KubernetesClient = client) {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const stopping = new AbortController();
  const lines: string[] = [];
  const emitted: string[] = [];
  const led: boolean[] = [];
  const running = scheduleCluster({
    client: by,
    bus,
    windows: stores.windows,
    history: stores.history,
    cluster: 'c',
    startDelay: 0,
    now: () => Date.now() * 1_000 + 3 * HOUR,
    signal: stopping.signal,
    log: openLog({ service: installation, to: { write: (line: string) => void lines.push(line) } }),
    lookMilliseconds: 100,
    installation,
    leaseSeconds: 3,
    onLed: (isOurs) => void led.push(isOurs),
    onEmitted: (windows: readonly ReportWindow[]) => void emitted.push(...windows.map(({ id }) => id)),
  });
  const stop = async () => {
    stopping.abort();
    await running;
  };
  onTestFinished(async () => {
    await stop();
    await bus.close();
    await stores.close();
  });
  const said = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { emitted, led, said, stop };
}

const holder = () => kubectl(['get', ...LEASE, '-o', 'jsonpath={.spec.holderIdentity}']);
const patient = { timeout: 20_000, interval: 100 };

test('of two installations over one cluster one begins reports, the other says which, and takes over when that is gone', async () => {
  const first = install('margay/one');
  await expect.poll(() => first.emitted.length, patient).toBe(3);
  expect(holder()).toBe('margay/one');
  const second = install('other/two');
  await expect.poll(() => second.led.length, patient).toBeGreaterThan(1);
  expect(second.said()).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      by: 'margay/one',
      message: expect.stringContaining('no report'),
    }),
  );
  const { status } = await client.get<GlobalReportObject>(globalReports(), { name: 'hourly' });
  // Several times what the second would have taken to write its own.
  await expect.poll(() => second.led.length, patient).toBeGreaterThan(4);
  expect((await client.get<GlobalReportObject>(globalReports(), { name: 'hourly' })).status).toEqual(status);
  expect([second.emitted, new Set(second.led)]).toEqual([[], new Set([false])]);

  await first.stop();
  await expect.poll(() => second.emitted.length, patient).toBe(3);
  expect(holder()).toBe('other/two');
  expect(kubectl(['get', ...LEASE, '-o', 'jsonpath={.spec.leaseTransitions}'])).toBe('1');
  // Who was away does not take it back.
  const back = install('margay/one');
  await expect.poll(() => back.led.length, patient).toBeGreaterThan(2);
  expect([back.emitted, holder()]).toEqual([[], 'other/two']);
});

test('replicas of one installation lead together, and what they have is kept for them while they are away for a moment', async () => {
  const [one, two] = [install('margay/one'), install('margay/one')];
  const other = install('other/two');
  await expect.poll(() => one.led.length + two.led.length, patient).toBeGreaterThan(4);
  expect(new Set([...one.led, ...two.led])).toEqual(new Set([holder() === 'margay/one']));
  await one.stop();
  await two.stop();
  const again = install('margay/one');
  await expect.poll(() => again.led.length, patient).toBeGreaterThan(0);
  expect(again.led[0]).not.toBe(other.led.at(-1));
});

test('one that has been gone for long is not waited for', async () => {
  kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'globalreports.projectcalico.org', namespace: 'default' },
      spec: {
        holderIdentity: 'gone/one',
        leaseDurationSeconds: 3_600,
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    }),
  });
  const { led } = install('margay/one');
  await expect.poll(() => led, patient).toEqual([true]);
});

test('who may not look who leads goes on as if alone, and says so', async () => {
  const { events, cluster } = neededRules('scheduler');
  const rules = events.filter(({ resources }) => !resources.includes('leases'));
  const account = { kind: 'ServiceAccount', name: 'unled', namespace: 'default' };
  const roleOf = (kind: string, more: object) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name: 'unled', namespace: 'default' },
    ...more,
  });
  const bound = (kind: string) => ({
    subjects: [account],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: 'unled' },
  });
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'unled', namespace: 'default' } },
    roleOf('ClusterRole', { rules: cluster }),
    roleOf('ClusterRoleBinding', bound('ClusterRole')),
    roleOf('Role', { rules }),
    roleOf('RoleBinding', bound('Role')),
  ];
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  kubectl(['apply', '-f', '-'], { input });
  onTestFinished(() => void kubectl(['delete', '-f', '-'], { input }));
  const token = kubectl(['create', 'token', 'unled', '-n', 'default']).trim();
  const unled = new KubernetesClient(connectionWith(token));
  const { emitted, said } = install('margay/one', unled);
  onTestFinished(() => unled.close());
  await expect.poll(() => emitted.length, patient).toBe(3);
  expect(said()).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('cannot be found out') }),
  );
});
