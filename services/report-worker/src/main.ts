import { confirmersOf } from '@margay/confirmations';
import { reportWindows } from '@margay/contracts';
import { REPORT_NAME } from '@margay/kubernetes';
import { hubBrokersOf, openLoggedBus } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { clustersOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { elasticsearchPlaceOf, ledgerKeyNow } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';
import { computeInProcess } from './compute-in-process.ts';
import { config } from './config.ts';
import { makeAskedReport } from './one-report.ts';
import { ReportWorkerModule } from './report-worker.module.ts';

// Asked for one report, as Jobs and pods started by hand are, it makes that one and ends.
if (process.env[REPORT_NAME] !== undefined) process.exitCode = await makeAskedReport(process.env);
else
  await runService({
    name: 'report-worker',
    config,
    module: (settings) => {
      const ledgerKey = ledgerKeyNow(settings, process.env);
      const hub = hubBrokersOf(settings, 'report-worker');
      return ReportWorkerModule.over(
        computeInProcess(
          { elasticsearch: elasticsearchPlaceOf(settings) },
          {
            privateNetworks: settings.PRIVATE_NETWORKS,
            limitMilliseconds: settings.COMPUTE_LIMIT_SECONDS * 1_000,
          },
        ),
        {
          evidenceMilliseconds: settings.EVIDENCE_WAIT_SECONDS * 1_000,
          get ledgerKey() {
            return ledgerKey();
          },
          confirmers: confirmersOf(settings),
          ...(hub !== undefined && { openHubBus: (log) => openLoggedBus(hub, log) }),
        },
        BusModule.kafka(settings, 'report-worker', reportWindows.name, clustersOf(settings)),
        StoresModule.elasticsearch(settings),
      );
    },
  });
