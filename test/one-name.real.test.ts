import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resourceChanges, topics } from '@margay/contracts';
import { deadLetterTopic, type Bus } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import { expect, test } from 'vitest';
import { chance } from './testing/chance.ts';
import { installCell, kept, lines, reportOnAll, stream, undisturbed } from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

const NAME = 'prod';
const UUID = /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g;

/** The log of a cluster, and that of another one in which the same happened: only its uids and the ids of its events are others. */
const OWN = lines.map(({ text }) => text);
const OTHER = OWN.map((text) =>
  text.replace(UUID, (uid) =>
    uid.replace(/[\da-f]/g, (digit) => ((parseInt(digit, 16) + 5) % 16).toString(16)),
  ),
);

/** Why what was set aside was, of all topics. */
async function setAside(bus: Bus): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const { name } of topics)
    for await (const { headers } of bus.peek(deadLetterTopic(name))) codes.add(headers['dlq-code'] ?? '');
  return codes;
}

test.each([
  // The first events of a cluster create kube-system.
  { shows: 'its kube-system', other: OTHER, isKept: false },
  { shows: 'nothing that tells which it is', other: OTHER.slice(300), isKept: true },
])(
  'of two clusters of one name, whose ingestors and snapshotters are killed, the second shows $shows',
  { timeout: 300_000 },
  async ({ other, isKept }) => {
    const { environment, bus, storesOf } = await installCell(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const logs = [0, 1].map(() => join(ownFolder(), 'audit.log'));
    for (const log of logs) writeFileSync(log, '');
    const ingestors = logs.map((log) =>
      startService('audit-ingestor', {
        ...environment,
        CLUSTER_NAME: NAME,
        AUDIT_LOG_FILES: log,
        POSITIONS_DIRECTORY: ownFolder(),
      }),
    );
    const keeping = { ...environment, CLUSTER_NAME: NAME };
    const snapshotters = [0, 1].map(() => startService('snapshotter', keeping));
    const services = [...ingestors, ...snapshotters, startService('report-worker', keeping)];
    await Promise.all(services.map((service) => service.url()));
    const stores = await storesOf(NAME);

    await stream(logs[0]!, 100, OWN.slice(0, 200));
    await kept(bus, stores, 200);
    const pick = chance(7);
    let streaming = true;
    const streamed = Promise.all([stream(logs[0]!, 300, OWN.slice(200)), stream(logs[1]!, 300, other)]);
    void streamed.then(() => (streaming = false));
    let kills = 0;
    for (; streaming; kills++) {
      await sleep(1_500);
      await [...ingestors, ...snapshotters][pick(4)]!.kill();
    }
    await streamed;
    expect(kills).toBeGreaterThan(2);
    await kept(bus, stores, OWN.length + (isKept ? other.length : 0));
    await expect.poll(() => evidenceLag(bus), { timeout: 60_000, interval: 500 }).toBe(0);

    const reports = await reportOnAll(bus, stores, NAME);
    const { headers } = await stores.archive.headers();
    const doubted = headers.map(({ content }) => {
      const { evidence } = content as { evidence: { sources: { complete: boolean } } };
      return [
        evidence.sources.complete,
        JSON.stringify(evidence).includes('Of which cluster audit.log tells is not known'),
      ];
    });
    if (isKept) {
      expect(doubted).toEqual(headers.map(() => [false, true]));
      expect(await setAside(bus)).toEqual(new Set());
    } else {
      expect(reports).toEqual(await undisturbed(logs[0]!, NAME));
      expect(doubted.map(([, isDoubted]) => isDoubted)).toEqual(headers.map(() => false));
      expect(await setAside(bus)).toEqual(new Set(['other-cluster']));
      let aside = 0;
      for await (const _ of bus.peek(deadLetterTopic(resourceChanges.name))) aside++;
      expect(aside).toBeGreaterThan(1_000);
    }
  },
);
