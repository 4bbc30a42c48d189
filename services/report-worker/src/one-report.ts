import { findConnection, KubernetesClient } from '@margay/kubernetes';
import { openConfiguredBus } from '@margay/messaging';
import {
  clustersOf,
  openLog,
  ownClusterOf,
  readConfig,
  stopSignal,
  type Environment,
  reasonOf,
} from '@margay/runtime';
import { elasticsearchPlaceOf, ledgerKeyFor, ledgerKeyOf, openElasticsearch } from '@margay/storage';
import { computeInProcess } from './compute-in-process.ts';
import { config } from './config.ts';
import { makeReport } from './make-report.ts';

/** Makes the report that the environment asks for; gives the exit code of the process. */
export async function makeAskedReport(environment: Environment): Promise<number> {
  const log = openLog({ service: 'report-worker', level: 'info' });
  try {
    const settings = readConfig(config, environment);
    const client = new KubernetesClient(await findConnection(environment, settings.KUBECONFIG));
    const bus = await openConfiguredBus(settings, 'report-worker', log);
    const cluster = ownClusterOf(settings, 'whose GlobalReport is asked for');
    const place = elasticsearchPlaceOf(settings);
    const stores = await openElasticsearch({ ...place, cluster });
    try {
      const { window, result } = await makeReport({
        environment,
        client,
        group: settings.GLOBAL_REPORT_GROUP,
        cluster,
        bus,
        stores,
        signal: stopSignal(),
        now: () => Date.now() * 1_000,
        compute: computeInProcess(
          { elasticsearch: place },
          {
            privateNetworks: settings.PRIVATE_NETWORKS,
            limitMilliseconds: settings.COMPUTE_LIMIT_SECONDS * 1_000,
          },
        ),
        evidenceMilliseconds: settings.EVIDENCE_WAIT_SECONDS * 1_000,
        ledgerKey: await ledgerKeyFor(
          ledgerKeyOf(settings, environment),
          stores,
          cluster,
          clustersOf(settings),
        ),
        log,
      });
      log.info('A window is done', { id: window.id, report: window.reportName, result });
      return result === 'completed' || result === 'repeated' ? 0 : 1;
    } finally {
      await bus.close();
      await stores.close();
      client.close();
    }
  } catch (error) {
    log.error('The report could not be made', { reason: reasonOf(error) });
    return 1;
  }
}
