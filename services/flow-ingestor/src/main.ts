import { runService } from '@margay/runtime';
import { flowIngestor } from './service.ts';

await runService(flowIngestor);
