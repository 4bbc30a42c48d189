import { runService } from '@margay/runtime';
import { notifier } from './service.ts';

await runService(notifier);
