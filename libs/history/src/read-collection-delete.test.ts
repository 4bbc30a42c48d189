import { expect, test } from 'vitest';
import { parseInstant, type Fields } from '@margay/ground';
import { isKept } from './change.ts';
import { memoryHistory } from './memory.ts';
import { readEvent } from './read-event.ts';
import { changesIn } from './reading.ts';
import { event, failure, pod, podEvent, policy, policyReference } from './testing/events.ts';

const listOf = (kind: string, apiVersion: string, items: readonly Fields[]) => ({
  kind,
  apiVersion,
  metadata: { resourceVersion: '99' },
  // Typed lists do not repeat what stands in the list.
  items: items.map(({ apiVersion: _, kind: __, ...item }) => item),
});
const pods = (items: readonly Fields[], fields: Fields = {}) =>
  podEvent({
    verb: 'deletecollection',
    objectRef: { resource: 'pods', namespace: 'shop' },
    requestURI: '/api/v1/namespaces/shop/pods',
    responseObject: listOf('PodList', 'v1', items),
    ...fields,
  });
const policies = (fields: Fields) =>
  event({
    verb: 'deletecollection',
    objectRef: policyReference({ name: undefined }),
    responseObject: listOf('NetworkPolicyList', 'networking.k8s.io/v1', [
      policy(),
      policy({ name: 'db', uid: 'u2', finalizers: ['x'] }),
    ]),
    ...fields,
  });

/** The names of what is gone, or why nothing is. */
function gone(value: Fields): string {
  const reading = readEvent(value, { source: 'log', position: 1 });
  return reading.kind === 'changes'
    ? reading.changes
        .filter(isKept)
        .map(({ what, name, uid }) => `${what} ${name} ${uid ?? '?'}`)
        .join(', ')
    : `${reading.kind}:${reading.reason}`;
}

const named = (name: string, spec: Fields, status: Fields = {}, metadata: Fields = {}) =>
  pod({ name, uid: name, ...metadata }, spec, status);
const running = named('running', {});
const unscheduled = named('unscheduled', { nodeName: undefined });
const done = named('done', {}, { phase: 'Succeeded' });
const failed = named('failed', {}, { phase: 'Failed' });
const hasty = named('hasty', { terminationGracePeriodSeconds: 0 });
const held = named('held', { nodeName: undefined }, {}, { finalizers: ['x'] });
const leaving = named(
  'leaving',
  {},
  { phase: 'Succeeded' },
  { deletionTimestamp: 'x', deletionGracePeriodSeconds: 30 },
);
const left = named('left', {}, {}, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 0 });
const all = [running, unscheduled, done, failed, hasty, held, leaving, left];
const names = (...some: readonly string[]) => some.map((name) => `gone ${name} ${name}`).join(', ');
const atOnce = names('running', 'unscheduled', 'done', 'failed', 'hasty', 'leaving', 'left');

test.each<[string, Fields, string]>([
  [
    'pods that no node runs go at once, others get their grace',
    pods(all),
    names('unscheduled', 'done', 'failed', 'hasty', 'left'),
  ],
  ['no grace in the query', pods(all, { requestURI: '/x?labelSelector=a%3Db&gracePeriodSeconds=0' }), atOnce],
  ['no grace in the body', pods(all, { requestObject: { gracePeriodSeconds: 0 } }), atOnce],
  [
    'the body governs',
    pods(all, { requestURI: '/x?gracePeriodSeconds=0', requestObject: { gracePeriodSeconds: 30 } }),
    names('unscheduled', 'done', 'failed', 'left'),
  ],
  [
    'an empty value is none',
    pods([running], { requestURI: '/x?gracePeriodSeconds=' }),
    'ignored:nothing-selected',
  ],
  [
    'foreground deletion in the body',
    pods(all, { requestObject: { gracePeriodSeconds: 0, propagationPolicy: 'Foreground' } }),
    'ignored:nothing-selected',
  ],
  [
    'orphan deletion in the query',
    policies({ requestURI: '/x?propagationPolicy=Orphan' }),
    'ignored:nothing-selected',
  ],
  ['the old word for it', policies({ requestURI: '/x?orphanDependents=true' }), 'ignored:nothing-selected'],
  ['background deletion', policies({ requestURI: '/x?propagationPolicy=Background' }), 'gone web u1'],
  ['a finalizer holds an item', policies({}), 'gone web u1'],
  ['a dry run in the query', policies({ requestURI: '/x?dryRun=All' }), 'ignored:dry-run'],
  ['a dry run in the body', policies({ requestObject: { dryRun: ['All'] } }), 'ignored:dry-run'],
  ['nothing selected', pods([]), 'ignored:nothing-selected'],
  ['an item without uid', pods([pod({ uid: undefined }, { nodeName: undefined })]), 'gone web-1 ?'],
  [
    'an item without name',
    pods([pod({ name: undefined }, { nodeName: undefined })]),
    'ignored:nothing-selected',
  ],
  ['no list', pods([], { responseObject: undefined }), 'doubtful:no-content'],
  ['level Metadata', pods([], { level: 'Metadata', responseObject: undefined }), 'doubtful:no-content'],
  [
    'truncated',
    pods([], { responseObject: undefined, annotations: { 'audit.k8s.io/truncated': 'true' } }),
    'doubtful:no-content',
  ],
  ['a Table', pods([], { responseObject: { kind: 'Table', rows: [] } }), 'doubtful:no-content'],
  [
    'metadata of policies',
    policies({ responseObject: listOf('PartialObjectMetadataList', 'meta.k8s.io/v1', [policy()]) }),
    'gone web u1',
  ],
  [
    'metadata of pods hides their nodes',
    pods([], { responseObject: listOf('PartialObjectMetadataList', 'meta.k8s.io/v1', [running]) }),
    'doubtful:no-content',
  ],
  [
    'metadata of pods without grace',
    pods([], {
      requestURI: '/x?gracePeriodSeconds=0',
      responseObject: listOf('PartialObjectMetadataList', 'meta.k8s.io/v1', [running]),
    }),
    names('running'),
  ],
  ['a failure in the middle', policies({ responseStatus: failure(422) }), 'doubtful:partly-deleted'],
  [
    'admission refused an item',
    policies({ responseStatus: failure(403), annotations: { 'authorization.k8s.io/decision': 'allow' } }),
    'doubtful:partly-deleted',
  ],
  ['admission could not be asked', policies({ responseStatus: failure(400) }), 'doubtful:partly-deleted'],
  ['a server error', policies({ responseStatus: failure(500) }), 'doubtful:outcome-unknown'],
  [
    'forbidden',
    policies({ responseStatus: failure(403), annotations: { 'authorization.k8s.io/decision': 'forbid' } }),
    'ignored:refused',
  ],
  ['not authenticated', policies({ responseStatus: failure(401) }), 'ignored:refused'],
  ['not supported', policies({ responseStatus: failure(405) }), 'ignored:refused'],
  ['turned away for load', policies({ responseStatus: { code: 429 } }), 'ignored:refused'],
  ['too many requests, says a Status', policies({ responseStatus: failure(429) }), 'doubtful:partly-deleted'],
])('%s', (_, value, expected) => {
  expect(gone(value)).toBe(expected);
});

test('each item has its own id, namespace and content', () => {
  const reading = readEvent(pods([unscheduled, named('other', { nodeName: '' }, {}, { namespace: 'db' })]), {
    source: 'log',
    position: 1,
  });
  const changes = reading.kind === 'changes' ? reading.changes.filter(isKept) : [];
  expect(new Set(changes.map(({ id }) => id)).size).toBe(2);
  expect(new Set(changes.map(({ eventId }) => eventId)).size).toBe(1);
  expect(changes.map(({ namespace, content }) => [namespace, content?.apiVersion, content?.kind])).toEqual([
    ['shop', 'v1', 'Pod'],
    ['db', 'v1', 'Pod'],
  ]);
});

test('a deletion of many stands in the trail when it selected any', () => {
  const attempt = (value: Fields) => {
    const reading = readEvent(value, { source: 'log', position: 1 });
    return 'policyEvent' in reading ? reading.policyEvent : undefined;
  };
  expect(attempt(policies({}))).toMatchObject({ verb: 'deletecollection', name: '', outcome: 'done' });
  expect(attempt(policies({ requestURI: '/x?propagationPolicy=Orphan' }))).toBeDefined();
  expect(
    attempt(policies({ responseObject: listOf('NetworkPolicyList', 'networking.k8s.io/v1', []) })),
  ).toBeUndefined();
});

test.each([
  ['milliseconds', '2026-11-24T01:02:03.500000Z', false],
  ['minutes', '2026-11-24T01:05:03.000000Z', true],
])(
  'while a deletion goes on for %s, each of what it deletes may be gone: %s, %s',
  (_, stageTimestamp, inDoubt) => {
    const history = memoryHistory();
    const web = { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' };
    const item = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: web, spec: {} };
    const created = event({
      verb: 'create',
      responseStatus: { code: 201 },
      responseObject: item,
      auditID: 'b',
    });
    const before = {
      requestReceivedTimestamp: '2026-11-24T01:02:02Z',
      stageTimestamp: '2026-11-24T01:02:02Z',
    };
    const deleted = policies({
      responseObject: listOf('NetworkPolicyList', 'networking.k8s.io/v1', [item]),
      stageTimestamp,
    });
    for (const one of [{ ...created, ...before }, deleted])
      history.add(changesIn(readEvent(one, { source: 'log', position: 1 })));
    const versions = history.versions();
    expect(versions.at(-1)).toMatchObject({ validTo: parseInstant(stageTimestamp), endedBy: 'event' });
    expect(versions.map(({ validFrom, doubt }) => [validFrom, doubt?.may])).toEqual([
      [parseInstant('2026-11-24T01:02:02Z'), undefined],
      ...(inDoubt ? [[parseInstant('2026-11-24T01:02:03.000001Z'), 'be-gone']] : []),
    ]);
  },
);

test.each([
  ['lists what it deleted', [policy()], 0],
  ['lists that there was nothing', [], 0],
  ['lists what a finalizer keeps', [policy({ finalizers: ['x'] })], 0],
  ['has no list either', undefined, 1],
])('of a deletion of many, the event of one backend was cut; that of another %s', (_, items, doubts) => {
  const list = items && { responseObject: listOf('NetworkPolicyList', 'networking.k8s.io/v1', items) };
  const cut = { responseObject: undefined, annotations: { 'audit.k8s.io/truncated': 'true' } };
  for (const events of [
    [cut, list ?? cut],
    [list ?? cut, cut],
  ]) {
    const history = memoryHistory();
    for (const [position, fields] of events.entries())
      history.add(changesIn(readEvent(policies(fields), { source: `log-${position}`, position })));
    expect(history.versions().filter(({ doubt }) => doubt !== undefined)).toHaveLength(doubts);
  }
});
