import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { computeWindow } from '@margay/report-worker';
import { splitReport } from '@margay/reports';
import { openEmbedded, type Stores } from '@margay/storage';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nodeOn } from './servers/elasticsearch.ts';
import { brokerToKill } from './servers/kafka.ts';
import { contacts, flowsBetween } from './testing/flows.ts';
import {
  CLUSTER,
  entriesRead,
  expectNoDeadLetters,
  expectReady,
  install,
  kept,
  lines,
  reportOnAll,
  rowsOfReports,
  spanOf,
  textOf,
  TYPES,
  undisturbed,
  undisturbedRows,
  withUndisturbed,
} from './testing/installation.ts';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { windowOf } from './testing/recorded-stores.ts';
import { startService } from './testing/services.ts';
import { mayMount, smallVolume } from './testing/small-volume.ts';

/** Minutes, with servers of their own. */
const isAsked = process.env['FAULT_MINUTES'] !== undefined;
const HALF = Math.floor(lines.length / 2);
const patient = { timeout: 60_000, interval: 200 };

/** What `/readyz` says. */
async function readiness(url: string) {
  const checks = (await (await fetch(`${url}/readyz`)).json()) as {
    readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>>;
  };
  return checks.checks;
}

/** `type digest` of the reports on the recorded time. */
async function digestsOf(stores: Stores): Promise<string[]> {
  const digests = [];
  for (const type of TYPES)
    digests.push(`${type} ${splitReport(await computeWindow(stores, windowOf(type, type))).digest}`);
  return digests;
}

describe.runIf(mayMount)('a volume is full while the log streams, and there is room again', () => {
  test('one process names its disk and ends; started again with room it goes on, and nothing is lost', async () => {
    const volume = smallVolume(24);
    const data = join(volume.path, 'data');
    const log = join(ownFolder(), 'audit.log');
    const args = ['--follow', '--cluster', CLUSTER, '--audit-log', log, '--data', data];

    writeFileSync(log, textOf(lines.slice(0, HALF)));
    const first = await startUp(args, /Serving/);
    await expect.poll(() => entriesRead(first.url), patient).toBe(HALF);
    volume.fill();
    appendFileSync(log, textOf(lines.slice(HALF)));
    await expect.poll(() => first.child.exitCode, patient).toBe(1);
    const full = /Database .*margay\.db: the disk is full\. Free some space and start again/;
    expect(first.child.said()).toMatch(full);
    const again = margay(['up', '--port', '0', ...args]);
    expect(again.code).toBe(1);
    expect(again.err).toMatch(full);

    volume.makeRoom();
    const { child, url } = await startUp(args, /Serving/);
    // What was confirmed before the disk was full is not read again.
    await expect.poll(() => entriesRead(url), patient).toBeGreaterThanOrEqual(lines.length - HALF);
    await expect.poll(async () => (await readiness(url))['disk'], patient).toMatchObject({ ready: true });
    await expect
      .poll(async () => digestsIn(data), patient)
      .toEqual(await withUndisturbed(log, (_, stores) => digestsOf(stores)));
    await stopped(child);
    expect(child.exitCode).toBe(0);
  });

  test('ingestors cannot keep their places and say on which volume; with room they go on, and nothing is lost', async () => {
    const volume = smallVolume(8);
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const flowLog = join(ownFolder(), 'flows.log');
    writeFileSync(flowLog, '');
    const onVolume = (folder: string) => ({
      ...environment,
      POSITIONS_DIRECTORY: join(volume.path, folder),
      FLOW_LOG_FILES: flowLog,
    });
    const ingestors = ['audit-ingestor', 'flow-ingestor'].map((name) => startService(name, onVolume(name)));
    const others = ['snapshotter', 'report-worker'].map((name) => startService(name, environment));
    await Promise.all([...ingestors, ...others].map((service) => service.url()));
    appendFileSync(log, textOf(lines.slice(0, HALF)));
    appendFileSync(flowLog, textOf(flowsBetween(0, 50)));
    await kept(bus, stores, HALF);
    await expect.poll(() => contacts(stores), patient).toBe(50);

    volume.fill();
    appendFileSync(log, textOf(lines.slice(HALF)));
    appendFileSync(flowLog, textOf(flowsBetween(50, 100)));
    for (const [i, file] of [log, flowLog].entries()) {
      const url = await ingestors[i]!.url();
      const place = `cannot be kept in ${volume.path}`;
      await expect
        .poll(() => readiness(url), patient)
        .toMatchObject({
          disk: {
            ready: false,
            reason: expect.stringMatching(/^0 MB of 8 MB are free on the volume of .* Make room/),
          },
          [`file ${file}`]: {
            ready: false,
            reason: expect.stringMatching(`${place}.*: the disk is full. Make room.`),
          },
        });
      await ingestors[i]!.kill();
    }

    volume.makeRoom();
    await kept(bus, stores);
    await expect.poll(() => contacts(stores), patient).toBe(100);
    await expectReady([...ingestors, ...others]);
    await reportOnAll(bus, stores);
    expect(withoutFlows(await rowsOfReports(stores))).toEqual(withoutFlows(await undisturbedRows()));
    await expectNoDeadLetters(bus);
    expect(ingestors.map((service) => service.log()).join('')).toMatch(/the disk is full/);
  });

  test.runIf(isAsked)(
    'the broker’s data has no room: what is read waits, and with room everything is there',
    async ({ skip }) => {
      const volume = smallVolume(128);
      const broker = await brokerToKill(volume.path);
      onTestFinished(broker.remove);
      skip(broker.isContained, 'the data of a container is not on the volume');
      const { environment, log, bus, stores } = await install(broker.address);
      const services = ['audit-ingestor', 'snapshotter', 'report-worker'].map((name) =>
        startService(name, environment),
      );
      await Promise.all(services.map((service) => service.url()));
      appendFileSync(log, textOf(lines.slice(0, HALF)));
      await kept(bus, stores, HALF);
      volume.fill();
      appendFileSync(log, textOf(lines.slice(HALF)));
      const url = await services[0]!.url();
      await expect.poll(() => readiness(url), patient).toMatchObject({ [`file ${log}`]: { ready: false } });
      volume.makeRoom();
      await broker.kill();
      await broker.start();
      await kept(bus, stores);
      expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));
      await expectNoDeadLetters(bus);
      await expectReady(services);
    },
  );

  const MB = 1024 ** 2;
  const ofNode = [
    // Less than the twentieth below which it blocks what is written, and more than its own bookkeeping takes.
    { what: 'has little room', left: 8 * MB, always: true, says: /read-only.*the disk is nearly full/ },
    // It cannot keep the state of its cluster, and has no master until it can.
    { what: 'has no room', left: 0, always: false, says: /has no master|has had no answer for/ },
  ];
  for (const { what, left, always, says } of ofNode)
    test.runIf(always || isAsked)(
      `Elasticsearch ${what}: who writes says so, what was published and asked for waits, and with room everything is there`,
      { timeout: 600_000 },
      async ({ skip }) => {
        const volume = smallVolume(256);
        const node = await nodeOn(volume.path);
        skip(node === undefined, 'the data of a container is not on the volume');
        onTestFinished(node!.remove);
        const place = await install(process.env['MARGAY_TEST_KAFKA'] ?? '', node!.url, node!.url);
        const { environment, log, bus, stores } = place;
        const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'api'].map((name) =>
          startService(name, environment),
        );
        const [, snapshotter, worker, api] = services;
        await Promise.all(services.map((service) => service.url()));
        appendFileSync(log, textOf(lines.slice(0, HALF)));
        await kept(bus, stores, HALF);
        // Asked for while there is room, and taken by the worker when there is none.
        process.kill(worker!.pid()!, 'SIGSTOP');
        const span = await spanOf(stores);
        const reporting = reportOnAll(bus, stores, CLUSTER, span);
        await expect.poll(async () => (await stores.windows.list()).length, patient).toBe(TYPES.length);

        volume.fill(left);
        // It looks at its disk every ten seconds, and half a minute after its start.
        if (left > 0) await expect.poll(() => isBlocked(node!.url), patient).toBe(true);
        appendFileSync(log, textOf(lines.slice(HALF)));
        const full = { elasticsearch: { ready: false, reason: expect.stringMatching(says) as string } };
        await expect.poll(async () => readiness(await snapshotter!.url()), patient).toMatchObject(full);
        process.kill(worker!.pid()!, 'SIGCONT');
        await expect.poll(async () => readiness(await worker!.url()), patient).toMatchObject(full);
        // It stays so between the tries, or no alert would ever fire.
        for (let i = 0; i < 10; i++, await sleep(1_000))
          expect(await readiness(await snapshotter!.url())).toMatchObject({
            elasticsearch: { ready: false },
          });
        const metrics = await (await fetch(`${await snapshotter!.url()}/metrics`)).text();
        expect(metrics).toContain('margay_ready{check="elasticsearch"} 0');
        expect((await stores.archive.headers()).headers).toEqual([]);
        // What is there can be read.
        expect(await readiness(await api!.url())).toMatchObject({ elasticsearch: { ready: true } });

        volume.makeRoom();
        await kept(bus, stores);
        expect(await reporting).toEqual(await undisturbed(log, CLUSTER, span));
        await expectNoDeadLetters(bus);
        await expectReady(services);
      },
    );
});

async function digestsIn(folder: string): Promise<string[]> {
  const stores = openEmbedded(folder, { readOnly: true });
  try {
    return await digestsOf(stores);
  } finally {
    await stores.close();
  }
}

/** Whether a node blocks writing, since its disk is nearly full. */
async function isBlocked(url: string): Promise<boolean> {
  return (await (await fetch(`${url}/_all/_settings`)).text()).includes('read_only_allow_delete');
}

/** Flows are in the rows of this type alone. */
const withoutFlows = ({ 'network-access': _, ...rows }: Readonly<Record<string, unknown>>) => rows;
