import { runService } from '@margay/runtime';
import { auditIngestor } from './service.ts';

await runService(auditIngestor);
