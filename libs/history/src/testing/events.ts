import type { Fields } from '@margay/ground';

const RECEIVED = '2026-11-24T01:02:03.000001Z';
const ANSWERED = '2026-11-24T01:02:03.000004Z';

/** An audit event with defaults that make it a stored write; a field given as undefined is left out. */
export function event(fields: Fields = {}): Fields {
  const whole: Fields = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'a1',
    stage: 'ResponseComplete',
    requestURI: '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web',
    verb: 'update',
    user: { username: 'ana' },
    objectRef: policyReference(),
    responseStatus: { code: 200 },
    responseObject: policy(),
    requestReceivedTimestamp: RECEIVED,
    stageTimestamp: ANSWERED,
    ...fields,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
}

export const policyReference = (fields: Fields = {}): Fields => ({
  apiGroup: 'networking.k8s.io',
  apiVersion: 'v1',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'web',
  ...fields,
});

/** A Kubernetes NetworkPolicy as the API server answers with it. */
export const policy = (metadata: Fields = {}, fields: Fields = {}): Fields => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...metadata },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
  ...fields,
});

/** An event about a pod. */
export const podEvent = (fields: Fields = {}): Fields =>
  event({
    objectRef: { resource: 'pods', namespace: 'shop', name: 'web-1', apiVersion: 'v1' },
    responseObject: pod(),
    ...fields,
  });

/** A pod on a node. */
export const pod = (metadata: Fields = {}, spec: Fields = {}, status: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'p1', resourceVersion: '7', ...metadata },
  spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'app:1' }], ...spec },
  status: { phase: 'Running', podIP: '10.0.0.1', ...status },
});

/** The answer to a deletion of something that goes at once. */
export const success = (details: Fields = { name: 'web', uid: 'u1' }): Fields => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Success',
  details,
});

/** What the API server says when it refuses. */
export const failure = (code: number): Fields => ({ code, status: 'Failure', reason: 'Some' });

/** An object in an object, and so on. */
export function nested(depth: number): object {
  let value: object = {};
  for (let i = 0; i < depth; i++) value = { in: value };
  return value;
}
