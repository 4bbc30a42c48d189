import type { IncomingMessage } from 'node:http';
import { Problem } from '@margay/runtime';
import type { Viewer } from '../access/access.ts';

/** Requests that name a cluster which is not served here, or not now, and what is said of that: nothing before it is known who asks. */
const notServed = new WeakMap<IncomingMessage, { readonly cluster: string; readonly problem: unknown }>();

/** Whoever asks is asked who they are as they would be of a cluster that there is. What a session could be ended by does nothing. */
export function noteUnserved(request: IncomingMessage, cluster: string, problem: unknown): void {
  notServed.set(request, { cluster, problem });
  if (request.method !== 'GET') delete request.headers.cookie;
}

export const isUnserved = (request: IncomingMessage): boolean => notServed.has(request);

/**
 * @throws Problem 404 where the request names a cluster that is not served here, 503 where it is not served now; 403 where whoever asks may not
 * know of it, as of one that is served.
 */
export async function refuseUnserved(viewer: Viewer, request: IncomingMessage): Promise<void> {
  const unserved = notServed.get(request);
  if (unserved === undefined) return;
  await viewer.enter?.(unserved.cluster);
  throw unserved.problem;
}

export const unknownCluster = () =>
  new Problem(
    404,
    'Not found',
    'There is no such cluster here: GET /api/v1/clusters lists those of which you may see something',
  );
