import type { IncomingMessage } from 'node:http';
import { Problem } from '@margay/runtime';

/** Requests that name a cluster which is not served here: nothing is said of that before it is known who asks. */
const ofUnknown = new WeakSet<IncomingMessage>();

/** Whoever asks is asked who they are as they would be of a cluster that there is. What a session could be ended by does nothing. */
export function noteUnknown(request: IncomingMessage): void {
  ofUnknown.add(request);
  if (request.method !== 'GET') delete request.headers.cookie;
}

export const isOfUnknown = (request: IncomingMessage): boolean => ofUnknown.has(request);

/** @throws Problem 404 where the request names a cluster that is not served here. */
export function refuseUnknown(request: IncomingMessage): void {
  if (isOfUnknown(request)) throw unknownCluster();
}

export const unknownCluster = () =>
  new Problem(
    404,
    'Not found',
    'There is no such cluster here: GET /api/v1/clusters lists those that there are',
  );
