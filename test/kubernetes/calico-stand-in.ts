import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for Calico's aggregated API server, which serves tiers and no GlobalReports: `node calico-stand-in.ts CERTIFICATE KEY`. A process
 * of its own, since tests wait for kubectl, which waits for it. Prints its port.
 */
const GROUP = 'projectcalico.org';
const VERSION = { groupVersion: `${GROUP}/v3`, version: 'v3' };
const TIERS = {
  name: 'tiers',
  singularName: 'tier',
  namespaced: false,
  kind: 'Tier',
  verbs: ['get', 'list', 'watch'],
};

/** What the stand-in answers, by path; an empty list of tiers among it. */
const ANSWERS: Readonly<Record<string, object>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group()] },
  [`/apis/${GROUP}`]: group(),
  [`/apis/${GROUP}/v3`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: VERSION.groupVersion,
    resources: [TIERS],
  },
  [`/apis/${GROUP}/v3/tiers`]: {
    kind: 'TierList',
    apiVersion: VERSION.groupVersion,
    metadata: { resourceVersion: '1' },
    items: [{ apiVersion: VERSION.groupVersion, kind: 'Tier', metadata: { name: 'default' } }],
  },
};

function group() {
  return { kind: 'APIGroup', apiVersion: 'v1', name: GROUP, versions: [VERSION], preferredVersion: VERSION };
}

const [, , cert = '', key = ''] = process.argv;
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  const answer = ANSWERS[new URL(request.url ?? '', 'https://localhost').pathname.replace(/\/$/, '')];
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
