import { runService } from '@margay/runtime';
import { snapshotter } from './service.ts';

await runService(snapshotter);
