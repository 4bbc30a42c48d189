import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';

/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';

const environment = () => {
  const folder = ownFolder();
  const log = join(folder, 'audit.log');
  writeFileSync(log, '');
  return {
    CLUSTER_NAME: 'c',
    KAFKA_BROKERS: NOBODY,
    ELASTICSEARCH_URLS: `http://${NOBODY}`,
    SCHEMA_REGISTRY_URL: `http://${NOBODY}`,
    AUDIT_LOG_FILES: log,
    FLOW_LOG_FILES: log,
    POSITIONS_DIRECTORY: join(folder, 'positions'),
    REPORTS_DIRECTORY: folder,
    API_PERMISSIONS: 'none',
    NOTIFY_URL: `http://${NOBODY}`,
  };
};

const BROKER = /No broker answers/;
const ARCHIVE = /No node answers/;

/** What each service says it waits for. */
const WAITS: Readonly<Record<string, readonly RegExp[]>> = {
  'audit-ingestor': [],
  'flow-ingestor': [],
  snapshotter: [BROKER, ARCHIVE],
  scheduler: [BROKER, ARCHIVE],
  'report-worker': [BROKER, ARCHIVE],
  notifier: [BROKER, ARCHIVE],
  api: [ARCHIVE],
};

test(
  'services wait for servers that do not answer, say so, and stop when they are asked to',
  { timeout: 180_000 },
  async () => {
    const patient = { timeout: 120_000, interval: 500 };
    const started = Object.entries(WAITS).map(
      ([name, reasons]) => [startService(name, environment()), reasons] as const,
    );
    await Promise.all(
      started.map(async ([service, reasons]) => {
        const url = await service.url();
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        for (const reason of reasons) await expect.poll(service.log, patient).toMatch(reason);
        await expect.poll(async () => (await fetch(`${url}/readyz`)).status, patient).toBe(503);
        expect(service.log()).not.toContain('The service ended');
        expect([service.name, await service.stop()]).toEqual([service.name, 0]);
      }),
    );
  },
);
