import type { TestProject } from 'vitest/node';
import { elasticsearch } from './elasticsearch.ts';
import { kafka } from './kafka.ts';
import { schemaRegistry } from './schema-registry.ts';
import { lanesOf, provide } from './server.ts';

/** The servers of `npm run test:real`, for each worker its own; the returned function ends those that were started. */
export const setup = (project: TestProject): Promise<() => Promise<void>> =>
  provide([kafka, elasticsearch, schemaRegistry], lanesOf(project));
