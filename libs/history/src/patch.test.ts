import type { Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import { memoryHistory } from './memory.ts';
import { readEvent } from './read-event.ts';
import { changesIn } from './reading.ts';
import { event, pod, podEvent } from './testing/events.ts';

const at = (second: number) => `2026-11-24T01:02:${String(second).padStart(2, '0')}.000000Z`;
const between = (from: number, to: number) => ({
  requestReceivedTimestamp: at(from),
  stageTimestamp: at(to),
});
const created = podEvent({
  verb: 'create',
  ...between(1, 2),
  responseStatus: { code: 201 },
  responseObject: pod(
    { labels: { app: 'web' } },
    { nodeName: undefined },
    { phase: 'Pending', podIP: undefined },
  ),
});
const patch = (requestObject: unknown, second = 4): Fields =>
  event({
    verb: 'patch',
    level: 'Request',
    user: { username: 'system:node:node-7' },
    objectRef: {
      resource: 'pods',
      namespace: 'shop',
      name: 'web-1',
      subresource: 'status',
      apiVersion: 'v1',
    },
    requestObject,
    responseObject: undefined,
    ...between(second - 1, second),
  });
const read = (value: unknown) => readEvent(value, { source: 'audit.log', position: 3 });
const after = (...events: unknown[]) => {
  const history = memoryHistory();
  for (const one of events) history.add(changesIn(read(one)));
  return history.versions().at(-1);
};

test('the patch of a kubelet, shown without its answer, gives a pod its addresses and its node', () => {
  const version = after(
    created,
    patch({
      metadata: { uid: 'p1' },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }],
        conditions: [{ type: 'Ready' }],
      },
    }),
  );
  expect(version).toMatchObject({ uid: 'p1', actor: { user: 'system:node:node-7' }, resourceVersion: '7' });
  expect(version?.content).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
    spec: { nodeName: 'node-7', containers: [{ name: 'app' }] },
    status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
  });
});

test.each([
  ['adds an address', { podIPs: [{ ip: 'b' }] }, ['a', 'b']],
  [
    'in the order that the patch says',
    { podIPs: [{ ip: 'b' }], '$setElementOrder/podIPs': [{ ip: 'b' }, { ip: 'a' }] },
    ['b', 'a'],
  ],
  ['takes one away', { podIPs: [{ ip: 'a', $patch: 'delete' }, { ip: 'c' }] }, ['c']],
  ['leaves what it does not name', { phase: 'Failed' }, ['a']],
  ['or takes all away', { podIPs: null }, undefined],
])('it is merged by the rules of a strategic merge: it %s', (_, status, ips) => {
  const version = after(created, patch({ status: { podIPs: [{ ip: 'a' }] } }), patch({ status }, 6));
  const shown = version?.content['status'] as { podIPs?: { ip: string }[] };
  expect(shown.podIPs?.map(({ ip }) => ip)).toEqual(ips);
});

test('labels and annotations that reports read can be changed with it', () => {
  const metadata = {
    labels: { app: null, tier: 'db' },
    annotations: { 'cni.projectcalico.org/podIP': '10.0.0.9/32', other: 'x' },
  };
  expect(after(created, patch({ metadata, status: {} }))?.content.metadata).toEqual({
    name: 'web-1',
    namespace: 'shop',
    labels: { tier: 'db' },
    annotations: { 'cni.projectcalico.org/podIP': '10.0.0.9/32' },
  });
});

test.each([
  ['nothing that reports read', patch({ status: { conditions: [{ type: 'Ready' }] } }), 'ignored no-version'],
  ['a list of operations', patch([{ op: 'add', path: '/status/phase' }]), 'doubtful no-content'],
  [
    'another object',
    {
      ...patch({ status: { phase: 'Running' } }),
      objectRef: { resource: 'namespaces', name: 'shop', subresource: 'status' },
    },
    'doubtful no-content',
  ],
  [
    'the object itself',
    { ...patch({ spec: {} }), objectRef: { resource: 'pods', namespace: 'shop', name: 'web-1' } },
    'doubtful no-content',
  ],
])('a patch of %s is %#', (_, value, expected) => {
  const reading = read(value);
  expect(`${reading.kind} ${reading.kind === 'changes' ? '' : reading.reason}`).toBe(expected);
});

test('of a pod that was not seen, it says what to do', () => {
  expect(after(patch({ metadata: { uid: 'p1' }, status: { phase: 'Running' } }))?.doubt?.message).toBe(
    'patch pods shop/web-1: the event shows what was changed of it alone, and the pod was not seen before: audit pods at level RequestResponse.',
  );
});
