import { runService } from '@margay/runtime';
import { api } from './service.ts';

await runService(api);
