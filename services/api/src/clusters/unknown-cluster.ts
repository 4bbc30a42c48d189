import type { IncomingMessage } from 'node:http';
import { Problem } from '@margay/runtime';

/** Requests that name a cluster which is not served here, or not now, and what is said of that: nothing before it is known who asks. */
const notServed = new WeakMap<IncomingMessage, unknown>();

/** Whoever asks is asked who they are as they would be of a cluster that there is. What a session could be ended by does nothing. */
export function noteUnserved(request: IncomingMessage, problem: unknown): void {
  notServed.set(request, problem);
  if (request.method !== 'GET') delete request.headers.cookie;
}

export const isUnserved = (request: IncomingMessage): boolean => notServed.has(request);

/** @throws Problem 404 where the request names a cluster that is not served here, 503 where it is not served now. */
export function refuseUnserved(request: IncomingMessage): void {
  if (isUnserved(request)) throw notServed.get(request);
}

export const unknownCluster = () =>
  new Problem(
    404,
    'Not found',
    'There is no such cluster here: GET /api/v1/clusters lists those of which you may see something',
  );
