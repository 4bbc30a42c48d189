import type { TestProject } from 'vitest/node';
import { kubernetes } from '../servers/kubernetes.ts';
import { lanesOf, provide } from '../servers/server.ts';

/** The clusters of `npm run test:kubernetes`, one for each worker; the returned function ends what was started. */
export const setup = (project: TestProject): Promise<() => Promise<void>> =>
  provide([kubernetes], lanesOf(project));
