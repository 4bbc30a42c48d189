import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coverageMarks, policyEvents, resourceChanges } from '@margay/contracts';
import { doubtsFor } from '@margay/coverage';
import { deadLetterTopic, replayDeadLetters, type Bus } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import type { Stores } from '@margay/storage';
import { expect, test } from 'vitest';
import { installCell, kept, lines, reportOnAll, spanOf, undisturbed } from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

const texts = lines.slice(0, 1_200).map(({ text }) => `${text}\n`);

/** Why something of everything is open, since it was set aside. */
async function setAsideOf(stores: Stores): Promise<string[]> {
  const { coverage } = stores;
  const deliveries = await coverage.deliveries();
  const window = await spanOf(stores);
  return doubtsFor(await coverage.marks(window), window, { deliveries }).flatMap(({ reason, source }) =>
    reason === 'lost' ? [source] : [],
  );
}

async function lettersOf(bus: Bus, topic: string): Promise<number> {
  let count = 0;
  for await (const _ of bus.peek(deadLetterTopic(topic))) count++;
  return count;
}

test(
  'while one of two snapshotters lacks a cluster its reports do not pass for complete, whoever takes the marks; once it is published again they are as if nothing had been',
  { timeout: 300_000 },
  async () => {
    const { environment, bus, storesOf } = await installCell(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const log = join(ownFolder(), 'audit.log');
    writeFileSync(log, texts.slice(0, 400).join(''));
    const ingestor = startService('audit-ingestor', {
      ...environment,
      CLUSTER_NAME: 'pay',
      AUDIT_LOG_FILES: log,
      POSITIONS_DIRECTORY: ownFolder(),
    });
    const both = { ...environment, CLUSTERS: 'shop,pay' };
    const knowing = startService('snapshotter', both);
    await Promise.all([ingestor.url(), knowing.url()]);
    const stores = await storesOf('pay');
    await kept(bus, stores, 400);
    expect(await setAsideOf(stores)).toEqual([]);

    const lacking = startService('snapshotter', { ...environment, CLUSTER_NAME: 'shop', CLUSTERS: 'shop' });
    await lacking.url();
    // It is given partitions of the group some seconds after it has started: until then the other takes everything.
    let next = 400;
    const goOn = async (count?: number) => {
      appendFileSync(log, texts.slice(next, (next += count ?? texts.length)).join(''));
      await expect.poll(() => evidenceLag(bus), { timeout: 60_000, interval: 200 }).toBe(0);
    };
    await expect
      .poll(() => goOn(10).then(() => lettersOf(bus, resourceChanges.name)), {
        timeout: 100_000,
        interval: 2_000,
      })
      .toBeGreaterThan(0);
    expect(await setAsideOf(stores)).not.toEqual([]);
    expect(await (await fetch(`${await lacking.url()}/readyz`)).json()).toMatchObject({
      ready: true,
      checks: { 'unknown clusters': { reason: expect.stringContaining('evidence of pay') as string } },
    });
    lacking.end();
    await goOn();
    expect(await setAsideOf(stores)).not.toEqual([]);

    for (const { name } of [resourceChanges, policyEvents, coverageMarks]) await replayDeadLetters(bus, name);
    await expect.poll(() => evidenceLag(bus), { timeout: 60_000, interval: 200 }).toBe(0);
    expect(await setAsideOf(stores)).toEqual([]);
    const worker = startService('report-worker', both);
    await worker.url();
    expect(await reportOnAll(bus, stores, 'pay')).toEqual(await undisturbed(log, 'pay'));
  },
);
