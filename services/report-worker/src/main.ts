import { REPORT_NAME } from '@margay/kubernetes';
import { runService } from '@margay/runtime';
import { makeAskedReport } from './one-report.ts';
import { reportWorker } from './service.ts';

// Asked for one report, as Jobs and pods started by hand are, it makes that one and ends.
if (process.env[REPORT_NAME] === undefined) await runService(reportWorker);
else process.exitCode = await makeAskedReport(process.env);
