import { accessOf, apiConfig } from '@margay/api';
import { readConfig } from '@margay/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from './testing/api-application.ts';
import { apiServerOf, CLUSTERS, expectNoCrossing } from './testing/crossing.ts';
import { recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';

test('whoever views one cluster is refused at every operation of the API of another one', async () => {
  const [alpha, beta] = await Promise.all(CLUSTERS.map((cluster) => apiServerOf(cluster)));
  const settings = readConfig(apiConfig, {
    CLUSTER_NAME: 'alpha',
    CLUSTERS: CLUSTERS.join(),
    API_PERMISSIONS: 'kubernetes',
    KUBECONFIG: alpha!,
    API_KUBECONFIGS: `beta=${beta!}`,
    ELASTICSEARCH_URLS: 'http://localhost:9200',
  });
  const stores = { alpha: await recordedStores(), beta: await recordedStores() };
  const ids = CLUSTERS.map((cluster) => [cluster, [`inventory-of-${cluster}`]] as const);
  for (const [cluster, [id]] of ids)
    await report(stores[cluster], { ...windowOf(id!, 'inventory', SPAN, 'inventory'), cluster });
  const http = await apiHere({
    stores: stores.alpha,
    cluster: 'alpha',
    others: new Map([['beta', stores.beta]]),
    access: await accessOf(settings, 'alpha'),
    accessIn: (cluster) => accessOf(settings, cluster),
  });
  onTestFinished(() => http.close());
  await expectNoCrossing(await addressOf(http), new Map(ids));
  expect.hasAssertions();
});
