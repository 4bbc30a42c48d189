import { expect, test } from 'vitest';
import { isTooDense } from './dense.ts';

const MAX = 1_000_000;
const full = (unit: string): string => unit.repeat(Math.floor(MAX / unit.length));
/** As API servers write them. */
const EVENT = JSON.stringify({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: 'a3f1c7de-5b60-4f0e-9a5c-3c1f0a2b7d11',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/payroll/pods/api-7c7b4f5c5c-x2x9q/status',
  verb: 'patch',
  user: { username: 'system:node:worker-1', groups: ['system:nodes', 'system:authenticated'] },
  sourceIPs: ['10.0.0.17'],
  userAgent: 'kubelet/v1.34.2 (linux/amd64) kubernetes/8cc511e',
  objectRef: { resource: 'pods', namespace: 'payroll', name: 'api-7c7b4f5c5c-x2x9q', subresource: 'status' },
  requestReceivedTimestamp: '2026-11-24T10:11:12.345678Z',
  stageTimestamp: '2026-11-24T10:11:12.355678Z',
});

test.each([
  ['events one a line', full(`${EVENT}\n`), false],
  [
    'events as they are printed for people',
    full(`${JSON.stringify(JSON.parse(EVENT), undefined, 2)}\n`),
    false,
  ],
  ['one long text', full('x'), false],
  ['braces', full('{},'), true],
  ['brackets in one another', full('['), true],
  ['numbers', full('1,'), true],
  ['empty lines', full('\n'), true],
  ['braces in a text', full(String.raw`{\"a\":1},`), true],
  ['braces in a body that is small', '{},'.repeat(MAX / 60), false],
])('%s', (_, text, dense) => {
  expect(isTooDense(Buffer.from(text), MAX)).toBe(dense);
});
