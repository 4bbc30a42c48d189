import { expect, onTestFinished, test } from 'vitest';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import { clusterReport, followGlobalReports, missingType, type ClusterReports } from './global-reports.ts';
import { writeStatus } from './write-status.ts';

const GROUP = 'projectcalico.org';
const REPORTS = '/apis/projectcalico.org/v3/globalreports';

async function fakeAndClient() {
  const fake = await FakeApiServer.start();
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
  });
  return { fake, client };
}

const daily = (spec: object = {}) => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalReport',
  spec: { reportType: 'inventory', schedule: '0 0 * * *', ...spec },
});

test('several writers of one status do not lose what each other wrote', async () => {
  const { fake, client } = await fakeAndClient();
  const { metadata } = fake.put(REPORTS, 'daily1', daily());
  const write = (type: string) =>
    writeStatus(client, GROUP, { name: 'daily1', uid: metadata.uid! }, ({ status }) => ({
      conditions: [
        ...(status?.conditions ?? []),
        { type, status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2026-03-01T00:00:00Z' },
      ],
    }));
  await Promise.all(['a', 'b', 'c', 'd'].map(write));
  const written = await client.get(
    { group: GROUP, version: 'v3', resource: 'globalreports', namespaced: false },
    { name: 'daily1' },
  );
  const { conditions } = written['status'] as { conditions: { type: string }[] };
  expect(conditions.map(({ type }) => type).sort()).toEqual(['a', 'b', 'c', 'd']);
});

test('a status that says the same is not written', async () => {
  const { fake, client } = await fakeAndClient();
  const { metadata } = fake.put(REPORTS, 'daily1', { ...daily(), status: { observedGeneration: 1 } });
  const before = fake.version;
  await writeStatus(client, GROUP, { name: 'daily1', uid: metadata.uid! }, () => ({ observedGeneration: 1 }));
  expect(fake.version).toBe(before);
});

test('a report that is gone, or another of its name, is left alone', async () => {
  const { fake, client } = await fakeAndClient();
  expect(await writeStatus(client, GROUP, { name: 'daily1', uid: 'u' }, () => ({}))).toBeUndefined();
  fake.put(REPORTS, 'daily1', daily());
  const before = fake.version;
  await writeStatus(client, GROUP, { name: 'daily1', uid: 'the-one-before' }, () => ({
    observedGeneration: 9,
  }));
  expect(fake.version).toBe(before);
});

test('the reports of a cluster come complete first, then whenever one changes', async () => {
  const { fake, client } = await fakeAndClient();
  fake.put(REPORTS, 'daily1', daily());
  fake.put(REPORTS, 'weekly1', daily({ suspend: true }));
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const followed = followGlobalReports(client, { signal: stop.signal, retryMilliseconds: 1 });
  const next = async (): Promise<ClusterReports> => (await followed.next()).value as ClusterReports;
  const names = async () => [...(await next()).reports.keys()];
  expect(await names()).toEqual(['daily1', 'weekly1']);
  const added = names();
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(REPORTS, 'monthly1', daily());
  expect(await added).toEqual(['daily1', 'weekly1', 'monthly1']);
  const left = names();
  fake.delete(REPORTS, 'daily1');
  expect(await left).toEqual(['weekly1', 'monthly1']);
  const interrupted = next();
  fake.endWatches('torn');
  expect((await interrupted).interruption?.error.message).toContain('broke off');
});

test.each([
  ['a bad schedule', { schedule: '0 0 * *' }, 'InvalidSchedule', 'spec.schedule'],
  [
    'a selector that cannot be parsed',
    { endpoints: { namespaces: { selector: 'a = b' } } },
    'InvalidSelector',
    'namespaces.selector',
  ],
  ['a field that is not documented', { endpoint: {} }, 'InvalidSpec', 'spec.endpoint'],
  ['several problems', { schedule: 'x', endpoint: {} }, 'InvalidSpec', 'spec.schedule'],
])('a report with %s says so', (_, spec, reason, message) => {
  const read = clusterReport({ ...daily(spec), metadata: { name: 'daily', uid: 'u', generation: 2 } });
  expect(read.report).toBeUndefined();
  expect(read.problem?.reason).toBe(reason);
  expect(read.problem?.message).toContain(message);
});

test('a good report is read as it is', () => {
  const metadata = { name: 'daily', uid: 'u', generation: 2, creationTimestamp: '1970-01-01T00:00:01Z' };
  expect(clusterReport({ ...daily(), metadata })).toMatchObject({
    report: { name: 'daily', spec: { schedule: '0 0 * * *' } },
    createdAt: 1_000_000,
    generation: 2,
    problem: undefined,
  });
  expect(missingType('cost').message).toContain('GlobalReportType cost');
});

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

test.each([
  [
    'with it, and has it',
    { clusters: { selector: 'all()' } },
    { clusters: { selector: 'all()' } },
    undefined,
  ],
  ['with it, which is dropped', { clusters: { selector: 'all()' } }, {}, 'ClustersDropped'],
  ['without it', {}, {}, undefined],
  ['with something that is none', 'no JSON', {}, undefined],
])('a report that was applied %s', (_, applied, spec, problem) => {
  const text = typeof applied === 'string' ? applied : JSON.stringify({ spec: applied });
  const metadata = { name: 'daily', uid: 'u', annotations: { [APPLIED]: text } };
  const read = clusterReport({ ...daily({ reportType: 'inventory', ...spec }), metadata });
  expect(read.problem?.reason).toBe(problem);
  expect(read.report === undefined).toBe(problem !== undefined);
});
