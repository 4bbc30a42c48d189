import { type Fields, formatInstant } from '@margay/ground';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { foldOn, foldWhole } from './key-fold.ts';
import { memoryHistory } from './memory.ts';
import { readEvent } from './read-event.ts';
import { changesIn } from './reading.ts';
import { event, failure, pod, policy, policyReference, success } from './testing/events.ts';

/*
 * An answer that tells that an object was there, and does not show it: what it was before, and since when it was there, is not known, unless
 * something else tells of it. The requests are those that API servers answer so; the spans are when the object may have been.
 */
const at = (seconds: number) => `2026-11-24T01:00:${String(seconds).padStart(2, '0')}.500000Z`;

const asked = (verb: string, seconds: number, fields: Fields = {}): Fields =>
  event({
    verb,
    auditID: `${verb}-${seconds}`,
    requestReceivedTimestamp: at(seconds),
    stageTimestamp: at(seconds),
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    responseObject: policy({ resourceVersion: String(100 + seconds), uid: `u${seconds}` }),
    ...fields,
  });

const ended = (seconds: number, uid: string | undefined, fields: Fields = {}): Fields =>
  asked('delete', seconds, { responseObject: success({ name: 'web', ...(uid && { uid }) }), ...fields });
const notFound = (seconds: number): Fields =>
  asked('delete', seconds, {
    responseStatus: {
      ...failure(404),
      reason: 'NotFound',
      details: { name: 'web', kind: 'networkpolicies' },
    },
    responseObject: undefined,
  });
const metadata = { level: 'Metadata', responseObject: undefined };

const read = (events: readonly Fields[]): Change[] =>
  events.flatMap((one, position) => [...changesIn(readEvent(one, { source: 'log', position }))]);

function spans(changes: readonly Change[]): string[] {
  const history = memoryHistory();
  history.add(changes);
  return history.versions().map(({ validFrom, validTo, doubt, resource }) => {
    const second = (instant: number) => formatInstant(instant).slice(17, 19);
    const from = validFrom === 0 ? 'always' : second(validFrom);
    const what = doubt === undefined ? 'known' : `${doubt.may} ${doubt.reason}`;
    return `${resource === 'networkpolicies' ? '' : `${resource} `}${from}-${validTo === undefined ? '' : second(validTo)} ${what}`;
  });
}

const NEVER = 'be-anything never-shown';

const CASES: [string, Fields[], string[]][] = [
  ['its end alone', [ended(30, 'u1')], [`always-30 ${NEVER}`]],
  ['its end, which names no uid', [ended(30, undefined)], [`always-30 ${NEVER}`]],
  ['its end at level Metadata', [ended(30, undefined, metadata)], [`always-30 ${NEVER}`]],
  [
    'a deletion at level Metadata, which may have been a dry run',
    [asked('delete', 30, { ...metadata, requestURI: '/x?dryRun=All' }), notFound(40)],
    [`always-40 ${NEVER}`],
  ],
  [
    'an update without a body',
    [asked('update', 30, metadata)],
    [`always-30 ${NEVER}`, '30- differ no-content'],
  ],
  ['its creation and its end', [asked('create', 10), ended(30, 'u10')], ['10-30 known']],
  ['its creation and its end by name', [asked('create', 10), ended(30, undefined)], ['10-30 known']],
  [
    'its creation and its end, without bodies',
    [asked('create', 10, metadata), ended(30, 'u1')],
    ['10-30 differ no-content'],
  ],
  ['a deletion, and one that did not find it', [ended(30, 'u1'), notFound(40)], [`always-30 ${NEVER}`]],
  ['that it was not there, and its end', [notFound(20), ended(30, 'u1')], [`20-30 ${NEVER}`]],
  [
    'the end of another one of its name, and its own',
    [asked('create', 10), ended(20, 'u10'), ended(30, 'u1')],
    ['10-20 known', `20-30 ${NEVER}`],
  ],
  [
    'the end of another one of its name, and its own, by name',
    [asked('create', 10), ended(20, undefined), ended(30, undefined)],
    ['10-20 known', `20-30 ${NEVER}`],
  ],
  ['two ends', [ended(20, 'u1'), ended(30, 'u2')], [`always-20 ${NEVER}`, `20-30 ${NEVER}`]],
  [
    'an end that two API servers tell of',
    [
      ended(30, undefined, { auditID: 'a', stageTimestamp: at(31) }),
      ended(30, undefined, { auditID: 'a', requestReceivedTimestamp: at(31), stageTimestamp: at(32) }),
    ],
    [`always-31 ${NEVER}`],
  ],
  [
    'an end, and the creation of another',
    [ended(30, 'u1'), asked('create', 40)],
    [`always-30 ${NEVER}`, '40- known'],
  ],
  [
    'an end, in a namespace that had ended before',
    [asked('create', 5, namespace('shop', 5)), asked('delete', 10, namespace('shop', 5)), ended(30, 'u1')],
    ['namespaces 05-10 known', `10-30 ${NEVER}`],
  ],
  [
    'the end of a namespace',
    [asked('delete', 30, { ...namespace('shop', 5), responseObject: success({ name: 'shop', uid: 'n1' }) })],
    ['namespaces always-30 differ never-shown'],
  ],
  [
    'the end of a pod',
    [
      ended(30, 'p1', {
        objectRef: { resource: 'pods', namespace: 'shop', name: 'web-1', apiVersion: 'v1' },
      }),
    ],
    [],
  ],
  [
    'the end of one that has one of two names',
    [
      ended(30, 'u1', {
        objectRef: {
          ...policyReference({ name: 'default.web' }),
          apiGroup: 'crd.projectcalico.org',
        },
      }),
    ],
    [],
  ],
];

function namespace(name: string, seconds: number): Fields {
  return {
    objectRef: { resource: 'namespaces', name, apiVersion: 'v1' },
    responseObject: {
      ...pod(),
      kind: 'Namespace',
      metadata: { name, uid: 'n1', resourceVersion: String(seconds) },
      spec: {},
      status: { phase: 'Active' },
    },
  };
}

test.each(CASES)('where the log has %s', (_, events, expected) => {
  const changes = read(events);
  expect(spans(changes)).toEqual(expected);
  expect(spans([...changes, ...changes].reverse())).toEqual(expected);
});

test.each(CASES)('changes that come one after the other give what all of them give: %s', (_, events) => {
  const byKey = Map.groupBy(read(events), ({ resource, name }) => `${resource} ${name}`);
  for (const changes of byKey.values()) {
    let { tail, versions } = foldWhole(changes.slice(0, 1));
    for (let i = 1; i < changes.length; i++) {
      const next = foldOn(tail, [changes[i] as Change]);
      const whole = foldWhole(changes.slice(0, i + 1));
      versions = next ? [...versions.slice(0, -1), ...next.versions] : [...whole.versions];
      tail = next?.tail ?? whole.tail;
      expect(versions).toEqual(whole.versions);
      expect(tail).toEqual(whole.tail);
    }
  }
});

test('it says which request found it, and what is not known', () => {
  expect(foldKey(read([ended(30, 'u1')]))[0]?.doubt?.message).toBe(
    'delete networkpolicies shop/web: the answer does not show what was deleted. What was there before, and since when, is not known.',
  );
});
