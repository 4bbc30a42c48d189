import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_WEBHOOK_PATH } from '@margay/audit-ingestor';
import { FLOW_PATH } from '@margay/flow-ingestor';
import { evidenceLag } from '@margay/snapshotter';
import { receiverPaths } from '@margay/sources/nest';
import { expect, test } from 'vitest';
import {
  apiServerOf,
  bearer,
  CLUSTERS,
  expectNoCrossing,
  other,
  senderOf,
  viewerOf,
  type Cluster,
} from './testing/crossing.ts';
import { freePort } from './testing/free-port.ts';
import { installCell, lines, reportOnAll } from './testing/installation.ts';
import { ownFolder } from './testing/margay.ts';
import { startService } from './testing/services.ts';
import { eventLists } from './testing/webhook.ts';

/** One cell for both, with everything that people and senders reach: what each sends is its own. */
async function cellOfBoth() {
  const { environment, bus, storesOf } = await installCell(process.env['MARGAY_TEST_KAFKA'] ?? '');
  const [webhook, flowPort] = [await freePort(), await freePort()];
  const tokens = join(ownFolder(), 'tokens');
  writeFileSync(tokens, CLUSTERS.map((cluster) => `${senderOf(cluster)} ${cluster}\n`).join(''));
  const receiving = (prefix: string, port: number) => ({
    ...environment,
    CLUSTER_NAME: 'alpha',
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_HOST`]: '127.0.0.1',
    [`${prefix}_CLUSTERS`]: CLUSTERS.join(),
    [`${prefix}_TOKENS_FILE`]: tokens,
    // Without TLS, on this machine: who may send is asked all the same.
    [`${prefix}_INSECURE`]: 'true',
    POSITIONS_DIRECTORY: ownFolder(),
  });
  const [alpha, beta] = await Promise.all(CLUSTERS.map((cluster) => apiServerOf(cluster)));
  const cell = { ...environment, CLUSTER_NAME: 'alpha', CLUSTERS: CLUSTERS.join() };
  const api = startService('api', {
    ...cell,
    API_PERMISSIONS: 'kubernetes',
    KUBECONFIG: alpha!,
    API_KUBECONFIGS: `beta=${beta!}`,
  });
  const services = [
    api,
    startService('audit-ingestor', receiving('AUDIT_WEBHOOK', webhook)),
    startService('flow-ingestor', receiving('FLOW_HTTP', flowPort)),
    startService('snapshotter', cell),
    startService('report-worker', cell),
  ];
  await Promise.all(services.map((service) => service.url()));
  return { bus, storesOf, api: await api.url(), webhook, flowPort };
}

const REFUSED = [401, 403, 404];

test(
  'whoever sends for one cluster, or views it, is refused at every route of another one: on one Kafka and one Elasticsearch',
  { timeout: 300_000 },
  async () => {
    const { bus, storesOf, api, webhook, flowPort } = await cellOfBoth();
    const ingest = [
      ...receiverPaths(AUDIT_WEBHOOK_PATH).map((path) => ({ port: webhook, path })),
      ...receiverPaths(FLOW_PATH).map((path) => ({ port: flowPort, path })),
    ];
    const post = (port: number, path: string, cluster: Cluster, token: string, body: string) =>
      fetch(`http://127.0.0.1:${port}${path.replace(':cluster', cluster).replace(':source', 's')}`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json' },
        body,
      });

    // Each sends its own; nothing of it is taken at an address of the other, and what is refused reaches no topic.
    const lists = eventLists(lines.slice(0, 900).map(({ text }) => text));
    for (const cluster of CLUSTERS)
      for (const body of cluster === 'alpha' ? lists : lists.slice(0, Math.ceil(lists.length / 2)))
        expect((await post(webhook, AUDIT_WEBHOOK_PATH, cluster, senderOf(cluster), body)).status).toBe(200);
    await expect.poll(() => evidenceLag(bus), { timeout: 120_000, interval: 500 }).toBe(0);
    const stores = new Map(
      await Promise.all(CLUSTERS.map(async (cluster) => [cluster, await storesOf(cluster)] as const)),
    );
    const before = await Promise.all([...stores.values()].map(({ history }) => history.summary()));
    for (const cluster of CLUSTERS)
      for (const { port, path } of ingest) {
        const empty = path.endsWith('/logs') ? '{"resourceLogs":[]}' : '';
        expect([path, (await post(port, path, cluster, senderOf(cluster), empty)).status]).toEqual([
          path,
          200,
        ]);
        for (const token of [senderOf(other(cluster)), viewerOf(cluster), 'made-up'])
          expect(REFUSED).toContain((await post(port, path, cluster, token, lists.at(-1)!)).status);
      }
    await expect.poll(() => evidenceLag(bus), { timeout: 120_000, interval: 500 }).toBe(0);
    expect(await Promise.all([...stores.values()].map(({ history }) => history.summary()))).toEqual(before);

    const ids = new Map<Cluster, string[]>();
    for (const cluster of CLUSTERS) {
      await reportOnAll(bus, stores.get(cluster)!, cluster);
      const { headers } = await stores.get(cluster)!.archive.headers();
      // That of an inventory first: of it there are rows of endpoints.
      const isInventory = (type: string) => (type === 'inventory' ? 0 : 1);
      ids.set(
        cluster,
        headers.toSorted((a, b) => isInventory(a.reportType) - isInventory(b.reportType)).map(({ id }) => id),
      );
    }
    await expectNoCrossing(api, ids);
  },
);
