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

const by = (username: string, value: Fields): Fields => ({ ...value, user: { username } });
const AGENT = 'system:serviceaccount:virtual:agent';
const RUNS = { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] };
const ORDERED = { ...RUNS, '$setElementOrder/podIPs': [{ ip: '10.0.0.1' }] };

test('a pod that got its address from somebody whose node is not known is in doubt, and not left out', () => {
  const version = after(created, by(AGENT, patch({ status: ORDERED })));
  expect(version?.doubt).toMatchObject({ reason: 'no-content', may: 'differ' });
  expect(version?.content['status']).toEqual(RUNS);
  // Once it is seen whole it is known again.
  const seen = podEvent({ verb: 'get', ...between(8, 9), responseObject: pod({ resourceVersion: '9' }) });
  expect(after(created, by(AGENT, patch({ status: ORDERED })), seen)?.doubt).toBeUndefined();
});

test('where its node is known, whoever patched it is believed', () => {
  const known = after(
    created,
    patch({ status: { phase: 'Running' } }),
    by(AGENT, patch({ status: ORDERED }, 6)),
  );
  expect([known?.doubt, known?.content['status']]).toEqual([undefined, RUNS]);
});

test.each<[string, unknown, string]>([
  ['takes all labels away', { metadata: { labels: null } }, AGENT],
  ['takes the whole status away', { status: null }, AGENT],
  [
    'replaces the status, whatever is not in it',
    { status: { $patch: 'replace', conditions: [] } },
    'system:node:n',
  ],
  ['keeps some keys alone', { status: { $retainKeys: ['conditions'], conditions: [] } }, 'system:node:n'],
  ['replaces the labels', { metadata: { labels: { $patch: 'replace', a: 'b' } } }, 'system:node:n'],
  [
    'is applied, which takes away what it does not name',
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' }, status: { conditions: [] } },
    AGENT,
  ],
  ['may be a merge patch, by which the list is all that is left', { status: RUNS }, AGENT],
])('a patch that %s leaves the pod in doubt', (_, body, user) => {
  const reading = read(by(user, patch(body)));
  expect(reading).toMatchObject({ changes: [{ what: 'doubtful', doubt: { reason: 'no-content' } }] });
});

test('what a controller says of conditions leaves nothing open', () => {
  expect(read(by(AGENT, patch({ status: { conditions: [{ type: 'Ready' }] } })))).toMatchObject({
    kind: 'ignored',
    reason: 'no-version',
  });
});

test('of a pod that was not seen, it says what to do', () => {
  expect(after(patch({ metadata: { uid: 'p1' }, status: { phase: 'Running' } }))?.doubt?.message).toBe(
    'patch pods shop/web-1: the event shows what was changed of it alone, and what else the pod was, its node among it, was not seen before: audit pods at level RequestResponse.',
  );
});
