import { elasticsearch } from './elasticsearch.ts';
import { kafka } from './kafka.ts';
import { schemaRegistry } from './schema-registry.ts';
import { provide } from './server.ts';

/** The servers of `npm run test:real`; the returned function ends those that were started. */
export const setup = (): Promise<() => Promise<void>> => provide([kafka, elasticsearch, schemaRegistry]);
