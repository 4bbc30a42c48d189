import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reportWindowOf } from '@margay/contracts';
import type { Report } from '@margay/reports';
import { requestRun } from '@margay/scheduler';
import { expect, test } from 'vitest';
import { assemble } from './servers/server.ts';
import { endsWithThisProcess } from './servers/reap.ts';
import { freePort } from './testing/free-port.ts';
import { CLUSTER, expectNoDeadLetters, install } from './testing/installation.ts';
import { startService } from './testing/services.ts';

/** Containers bring one API server, whose log nobody sees. */
const isAssembled = process.env['MARGAY_TEST_KAFKA_RUN']?.startsWith('process') === true;
const INVENTORY = { name: 'inventory', spec: { reportType: 'inventory' } };
const patient = { timeout: 90_000, interval: 250 };

test.skipIf(!isAssembled)(
  'two API servers, their canaries through Kafka into Elasticsearch: both logs are proven',
  // The control plane may have to be built first.
  { timeout: 900_000 },
  async () => {
    const port = await freePort(1, 2, 10);
    const { printed } = await assemble('kubernetes.sh', [port, 2]);
    const admin = printed.at(-1) ?? '';
    endsWithThisProcess(`processes:${join(dirname(admin), 'pids')}`);
    const logs = ['audit.jsonl', `audit-${port + 10}.jsonl`].map((name) => join(dirname(admin), name));
    await expect.poll(() => logs.every((path) => existsSync(path)), patient).toBe(true);
    const { environment, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const servers = [port, port + 10].map((at) => `127.0.0.1:${at}`);
    const ingestor = startService('audit-ingestor', {
      ...environment,
      AUDIT_LOG_FILES: `kube-0=${logs[0]},kube-1=${logs[1]}`,
      KUBECONFIG: admin,
      CANARY: 'true',
      CANARY_INTERVAL: '10s',
      CANARY_NAMESPACE: 'default',
      CANARY_SERVERS: servers.join(),
    });
    startService('snapshotter', environment);
    const worker = startService('report-worker', environment);
    await Promise.all([ingestor.url(), worker.url()]);
    const report = async (start: number, end: number) => {
      const window = { start: start * 1_000, end: end * 1_000 };
      await requestRun(bus, stores, CLUSTER, INVENTORY, window, Date.now() * 1_000);
      const { id } = reportWindowOf(CLUSTER, INVENTORY, window, true);
      await expect.poll(() => stores.archive.header(id), patient).toBeDefined();
      return ((await stores.archive.header(id))!.content as unknown as Report).evidence.sources!;
    };
    const seen = async () =>
      (await stores.coverage.deliveries())
        .flatMap(({ canaries }) => canaries)
        .filter(({ state }) => state === 'seen');
    // Both logs have told three rounds.
    const told = async () => (await seen()).filter(({ from, to }) => to - from >= 2).length;
    await expect.poll(told, patient).toBe(2);
    const runs = await seen();
    const [start, end] = [
      Math.max(...runs.map(({ first }) => first)),
      Math.min(...runs.map(({ last }) => last)),
    ];
    const proven = await report(start / 1_000, end / 1_000);
    expect(proven.grade).toBe('proven');
    expect(proven.canaries).toEqual(
      servers.map((server, i) =>
        expect.objectContaining({ server, provenBy: [`kube-${i}`], seenBy: [`kube-${i}`] }),
      ),
    );
    await expectNoDeadLetters(bus);
  },
);
