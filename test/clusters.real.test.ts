import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  childCounts,
  parentRunsSettled,
  parentState,
  resourceChanges,
  type ResourceChange,
} from '@margay/contracts';
import { deadLetterTopic, publishAll, type Bus } from '@margay/messaging';
import { cellOver, childRunsOf, isParentRecord, type Stores } from '@margay/storage';
import { expect, test } from 'vitest';
import { chance } from './testing/chance.ts';
import {
  expectNoDeadLetters,
  expectReady,
  installCell,
  kept,
  lines,
  reportOnAll,
  stream,
  undisturbed,
} from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

const texts = lines.map(({ text }) => text);

/**
 * Clusters whose objects have the same names and uids, and whose events the same ids: nothing but the cluster's name tells them
 * apart. One has the whole recorded log, one its first part, one everything but the policies.
 */
const LOGS: Readonly<Record<string, readonly string[]>> = {
  alpha: texts,
  beta: texts.slice(0, 1_200),
  gamma: texts.filter((text) => !text.includes('"resource":"networkpolicies"')),
};
const CLUSTERS = Object.keys(LOGS);

/** Codes of what was set aside of a topic, with the keys. */
async function setAside(bus: Bus, topic: string): Promise<string[]> {
  const letters: string[] = [];
  for await (const { key, headers } of bus.peek(deadLetterTopic(topic)))
    letters.push(`${headers['dlq-code']} ${key}`);
  return letters;
}

const stranger: ResourceChange = {
  cluster: 'delta',
  id: 'e#0',
  eventId: 'e',
  what: 'present',
  group: '',
  resource: 'namespaces',
  namespace: '',
  name: 'of-delta',
  uid: 'u',
  resourceVersion: '1',
  at: 1_795_479_500_000_000,
  receivedAt: 1_795_479_500_000_000,
  content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'of-delta' } },
  origin: { source: 'audit.log', position: 1 },
};

/** A GlobalReport over the clusters of production, of which one window is due, and whose scheduler is killed as it begins it. */
async function overProd(
  folder: string,
  bus: Bus,
  stores: Readonly<Record<string, Stores>>,
  kill: () => Promise<unknown>,
) {
  const manifest = join(folder, 'over.yaml');
  writeFileSync(
    manifest,
    `{apiVersion: projectcalico.org/v3, kind: GlobalReport, metadata: {name: over}, spec: {reportType: inventory, schedule: '0 * * * *', clusters: {selector: env == 'prod'}}}`,
  );
  // A file's time stands for the creation of its reports: a minute before the last full hour.
  const created = Math.floor(Date.now() / 3_600_000) * 3_600 - 60;
  utimesSync(manifest, created, created);
  await sleep(1_000);
  await kill();
  const cell = cellOver(new Map(Object.entries(stores)));
  const parents = async () => (await stores['alpha']!.windows.list({ parents: true })).filter(isParentRecord);
  await expect
    .poll(async () => (await parents()).map(({ state, window }) => [state, ...window.clusters]), {
      timeout: 60_000,
      interval: 500,
    })
    .toEqual([['completed', 'alpha', 'beta']]);
  const [parent] = await parents();
  const children = await childRunsOf(cell, parent!, Date.now() * 1_000);
  expect(children.map(({ cluster, state }) => [cluster, state])).toEqual([
    ['alpha', 'completed'],
    ['beta', 'completed'],
  ]);
  // Nothing happened in that minute, of which no log says that it was whole.
  expect(parentState(childCounts(children))).toBe('with gaps');
  // Killed as it may have been, it told so, and whoever follows the topic has one state of it.
  const told = new Set<string>();
  for await (const { value } of bus.peek(parentRunsSettled.name)) {
    const { id, state, clusters, withGaps } = parentRunsSettled.decode(value);
    told.add([id, state, clusters, withGaps].join(' '));
  }
  expect([...told]).toEqual([`${parent!.window.id} with gaps 2 2`]);
  for (const cluster of CLUSTERS) {
    const { headers } = await stores[cluster]!.archive.headers({ reportName: 'alpha:over' });
    expect([cluster, headers.length]).toEqual([cluster, cluster === 'gamma' ? 0 : 1]);
    expect(headers.map(({ cluster: of }) => of)).toEqual(cluster === 'gamma' ? [] : [cluster]);
  }
}

test(
  'three clusters stream through one cell whose services are killed: each report is that of its cluster alone',
  { timeout: 300_000 },
  async () => {
    const { environment, bus, storesOf } = await installCell(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const cell = {
      ...environment,
      CLUSTERS: CLUSTERS.join(),
      REPORTS_OVER_CLUSTERS: 'true',
      CLUSTER_LABELS: 'alpha:env=prod,beta:env=prod,gamma:env=test',
      TIGERA_COMPLIANCE_JOB_START_DELAY: '0s',
    };
    const logs = Object.fromEntries(CLUSTERS.map((cluster) => [cluster, join(ownFolder(), 'audit.log')]));
    for (const log of Object.values(logs)) writeFileSync(log, '');
    const ingestors = CLUSTERS.map((cluster) =>
      startService('audit-ingestor', {
        ...environment,
        CLUSTER_NAME: cluster,
        AUDIT_LOG_FILES: logs[cluster]!,
        POSITIONS_DIRECTORY: ownFolder(),
      }),
    );
    const names = ['snapshotter', 'snapshotter', 'report-worker', 'report-worker', 'scheduler'];
    const services = names.map((name) => startService(name, cell));
    await Promise.all([...ingestors, ...services].map((service) => service.url()));

    const pick = chance(19);
    let streaming = true;
    const streamed = Promise.all(CLUSTERS.map((cluster) => stream(logs[cluster]!, 400, LOGS[cluster]!)));
    void streamed.then(() => (streaming = false));
    let kills = 0;
    for (; streaming; kills++) {
      await sleep(1_500);
      await services[pick(2)]!.kill();
    }
    await streamed;
    expect(kills).toBeGreaterThan(2);

    const stores = Object.fromEntries(
      await Promise.all(CLUSTERS.map(async (cluster) => [cluster, await storesOf(cluster)] as const)),
    );
    for (const cluster of CLUSTERS) await kept(bus, stores[cluster]!, LOGS[cluster]!.length);
    const reporting = Promise.all(CLUSTERS.map((cluster) => reportOnAll(bus, stores[cluster]!, cluster)));
    await sleep(700);
    await services[2]!.kill();
    const reports = await reporting;
    for (const [i, cluster] of CLUSTERS.entries())
      expect([cluster, reports[i]]).toEqual([cluster, await undisturbed(logs[cluster]!, cluster)]);
    await expectNoDeadLetters(bus);
    await expectReady([...ingestors, ...services]);

    await overProd(environment.REPORTS_DIRECTORY, bus, stores, async () => services[4]!.kill());

    await publishAll(bus, resourceChanges, [stranger]);
    await expect
      .poll(() => setAside(bus, resourceChanges.name), { timeout: 30_000, interval: 200 })
      .toEqual(['unknown-cluster delta/namespaces//of-delta']);
    for (const cluster of CLUSTERS) {
      const { history, coverage } = stores[cluster]!;
      expect(
        await history.changesOf({ group: '', resource: 'namespaces', namespace: '', name: 'of-delta' }),
      ).toEqual([]);
      expect(
        (await coverage.marks()).map(({ source }) => source).filter((source) => /lost/.test(source)),
      ).toEqual([]);
    }
  },
);
