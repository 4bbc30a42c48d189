import { runService } from '@margay/runtime';
import { scheduler } from './service.ts';

await runService(scheduler);
