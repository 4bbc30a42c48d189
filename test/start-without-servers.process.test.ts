import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './testing/free-port.ts';
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

/** An archive with nothing in it, that may be away for a while, and asks for a password. */
async function emptyArchive(port: number, isPassword: (given: string) => boolean): Promise<void> {
  const server = createServer((asked, answer) => {
    const [, given = ''] = (asked.headers.authorization ?? '').split(' ');
    const isKnown = isPassword(Buffer.from(given, 'base64').toString());
    answer.writeHead(isKnown ? 200 : 401, {
      'content-type': 'application/json',
      'x-elastic-product': 'Elasticsearch',
    });
    const found = { took: 1, timed_out: false, hits: { total: { value: 0, relation: 'eq' }, hits: [] } };
    const refusal = { error: { type: 'security_exception', reason: 'unable to authenticate' }, status: 401 };
    answer.end(
      JSON.stringify(isKnown ? { ...found, acknowledged: true, errors: false, items: [] } : refusal),
    );
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

test(
  'a service becomes ready when its archive comes, and when a password that was wrong is right: it says why it is not, and goes on',
  { timeout: 120_000 },
  async () => {
    const port = await freePort();
    const service = startService('api', {
      ...environment(),
      ELASTICSEARCH_URLS: `http://127.0.0.1:${port}`,
      ELASTICSEARCH_USERNAME: 'margay',
      ELASTICSEARCH_PASSWORD: 'old',
    });
    const url = await service.url();
    const ready = async () => {
      const answer = await fetch(`${url}/readyz`);
      return `${answer.status} ${await answer.text()}`;
    };
    const patient = { timeout: 60_000, interval: 200 };
    await expect.poll(ready, patient).toMatch(/^503 .*No node answers/);
    let password = 'margay:new';
    await emptyArchive(port, (given) => given === password);
    await expect.poll(ready, patient).toMatch(/^503 .*(401|authenticate|credentials|password)/);
    password = 'margay:old';
    await expect.poll(ready, patient).toMatch(/^200/);
    expect(service.log()).not.toContain('The service ended');
    expect(await service.stop()).toBe(0);
  },
);
