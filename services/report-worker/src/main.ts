import { runService } from '@margay/runtime';
import { reportWorker } from './service.ts';

await runService(reportWorker);
