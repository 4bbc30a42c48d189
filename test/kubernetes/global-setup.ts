import { kubernetes } from '../servers/kubernetes.ts';
import { provide } from '../servers/server.ts';

/** The cluster of `npm run test:kubernetes`; the returned function ends what was started. */
export const setup = (): Promise<() => Promise<void>> => provide([kubernetes]);
