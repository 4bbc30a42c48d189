import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldKey } from './fold.ts';
import { memoryHistory } from './memory.ts';
import { readEvent } from './read-event.ts';
import { event, failure, nested, podEvent, policy, policyReference, success } from './testing/events.ts';

const changesIn = (value: unknown): readonly Change[] => {
  const reading = readEvent(value, { source: 'audit.log', position: 3 });
  return reading.kind === 'ignored' ? [] : (reading.changes ?? []);
};

/** `shop/web may differ`, `shop/* may be-gone`, with what more the doubt says. */
const said = (value: unknown): string =>
  changesIn(value)
    .map(({ namespace, name, uid, created, doubt }) =>
      [
        `${namespace}/${name === '' ? '*' : name}`,
        ...(uid === undefined ? [] : [uid]),
        `may ${doubt?.may}`,
        ...(created === true ? ['created'] : []),
        ...(doubt?.ends === true ? ['ends'] : []),
        ...(doubt?.passedOn === true ? ['passed on'] : []),
      ].join(' '),
    )
    .join(', ');

const unseen = { level: 'Metadata', responseObject: undefined };
const unnamed = policyReference({ name: undefined });
const created = { verb: 'create', responseStatus: { code: 201 } };
const inCalico = (name?: string) => ({
  apiGroup: 'projectcalico.org',
  resource: 'networkpolicies',
  namespace: 'shop',
  ...(name !== undefined && { name }),
});

test.each<[string, Record<string, unknown>, string]>([
  ['a creation without a body', { ...unseen, ...created }, 'shop/web may differ created'],
  [
    'an apply that created',
    { ...unseen, verb: 'patch', responseStatus: { code: 201 } },
    'shop/web may differ created',
  ],
  ['an update', unseen, 'shop/web may differ'],
  ['a patch', { ...unseen, verb: 'patch' }, 'shop/web may differ'],
  [
    'an object that the request names',
    { ...unseen, objectRef: policyReference({ uid: 'u1' }) },
    'shop/web u1 may differ',
  ],
  [
    'a truncated update',
    { responseObject: undefined, annotations: { 'audit.k8s.io/truncated': 'true' } },
    'shop/web may differ',
  ],
  [
    'a creation that its body names',
    { ...created, objectRef: unnamed, level: 'Request', requestObject: policy(), responseObject: undefined },
    'shop/web may differ created',
  ],
  [
    'a creation whose name the API server makes',
    { ...unseen, ...created, objectRef: unnamed },
    'shop/* may differ created',
  ],
  ['a deletion without a body', { ...unseen, verb: 'delete' }, 'shop/web may be-gone ends'],
  [
    'one whose answer says the uid',
    { ...unseen, verb: 'delete', responseStatus: { code: 200, ...success() } },
    'shop/web u1 may be-gone ends',
  ],
  [
    'one that waits for dependents',
    { ...unseen, verb: 'delete', requestURI: '/x?propagationPolicy=Foreground' },
    'shop/web may be-gone',
  ],
  [
    'one that may be a dry run',
    { ...unseen, verb: 'delete', requestURI: '/x?dryRun=All' },
    'shop/web may be-gone',
  ],
  [
    'one that was accepted',
    { ...unseen, verb: 'delete', responseStatus: { code: 202 } },
    'shop/web may be-gone',
  ],
  [
    'a pod, which has grace',
    { ...unseen, verb: 'delete', objectRef: { resource: 'pods', namespace: 'shop', name: 'web-1' } },
    'shop/web-1 may be-gone',
  ],
  ['a collection', { ...unseen, verb: 'deletecollection', objectRef: unnamed }, 'shop/* may be-gone'],
  [
    'a collection of one name',
    {
      ...unseen,
      verb: 'deletecollection',
      objectRef: unnamed,
      requestURI: '/x?fieldSelector=metadata.name%3Dweb',
    },
    'shop/web may be-gone',
  ],
  [
    'a collection of which a part was deleted',
    { verb: 'deletecollection', objectRef: unnamed, responseStatus: failure(422) },
    'shop/* may be-gone',
  ],
  [
    'a collection in all namespaces',
    {
      ...unseen,
      verb: 'deletecollection',
      objectRef: { apiGroup: 'networking.k8s.io', resource: 'networkpolicies' },
    },
    '/* may be-gone',
  ],

  [
    '504: a creation',
    { ...created, responseObject: undefined, responseStatus: failure(504) },
    'shop/web may be-anything created',
  ],
  ['504: an update', { responseObject: undefined, responseStatus: failure(504) }, 'shop/web may be-anything'],
  [
    '504: a deletion',
    { verb: 'delete', responseObject: undefined, responseStatus: failure(504) },
    'shop/web may be-gone',
  ],
  [
    'a panic',
    { stage: 'Panic', responseObject: undefined, responseStatus: { code: 500 } },
    'shop/web may be-anything',
  ],
  [
    'a client that went away',
    { responseStatus: { code: 200, message: 'Connection closed early' } },
    'shop/web u1 may be-anything',
  ],

  ['an answer without uid', { responseObject: policy({ uid: undefined }) }, 'shop/web may differ'],
  [
    'one nested beyond reason',
    { responseObject: policy({}, { spec: nested(5_000) }) },
    'shop/web u1 may differ',
  ],
  [
    'one of an unknown version',
    { responseObject: policy({}, { apiVersion: 'networking.k8s.io/v9' }) },
    'shop/web u1 may differ',
  ],
  [
    'one that is not the object',
    { responseObject: { kind: 'Table', apiVersion: 'meta.k8s.io/v1' } },
    'shop/web may differ',
  ],

  [
    'a request that Calico carries out',
    { objectRef: inCalico('web'), responseObject: undefined },
    'shop/web may differ passed on',
  ],
  [
    'a creation there',
    { ...created, objectRef: inCalico(), responseObject: undefined },
    'shop/* may differ created passed on',
  ],
  [
    'what Calico keeps behind its API, under one of two names',
    { ...unseen, objectRef: { ...inCalico('default.web'), apiGroup: 'crd.projectcalico.org' } },
    'shop/web may differ, shop/default.web may differ',
  ],

  [
    'a definition, of which only the end matters',
    {
      ...unseen,
      objectRef: { apiGroup: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', name: 'a.b' },
      responseStatus: failure(504),
    },
    '',
  ],
  ['a refused write', { responseStatus: failure(409) }, ''],
  ['a dry run', { requestURI: '/x?dryRun=All', responseObject: undefined }, ''],
])('%s leaves open: %#', (_, fields, expected) => {
  expect(said(event(fields))).toBe(expected);
});

test('a doubt says why, about which object, by whom and when', () => {
  expect(changesIn(podEvent(unseen))).toMatchObject([
    {
      what: 'doubtful',
      group: '',
      resource: 'pods',
      actor: { user: 'ana' },
      doubt: {
        reason: 'no-content',
        message:
          'update pods shop/web-1: the event has no body: audit this resource at level RequestResponse.',
      },
    },
  ]);
});

const at = (second: number) => `2026-11-24T01:02:${String(second).padStart(2, '0')}.000000Z`;
const between = (from: number, to: number) => ({
  requestReceivedTimestamp: at(from),
  stageTimestamp: at(to),
});
const doubtsAfter = (...events: object[]) => {
  const history = memoryHistory();
  for (const one of events) history.add(changesIn(event({ ...one })));
  return history
    .versions()
    .flatMap(({ name, doubt }) => (doubt === undefined ? [] : [`${name} ${doubt.may}`]));
};

const behind = {
  ...created,
  ...between(2, 3),
  auditID: 'other',
  objectRef: { ...inCalico('default.web'), apiGroup: 'crd.projectcalico.org' },
  responseObject: policy({ name: 'default.web' }, { apiVersion: 'crd.projectcalico.org/v1' }),
};
const inFront = { ...created, ...between(1, 4), objectRef: inCalico(), responseObject: undefined };

test.each<[string, object[], string[]]>([
  ['an event without a body', [{ ...unseen, ...between(1, 4) }], ['web be-anything', 'web differ']],
  ['is settled by that of another API server', [{ ...unseen, ...between(1, 4) }, between(2, 3)], []],
  [
    'but not by another request',
    [
      { ...unseen, ...between(1, 4) },
      { ...between(2, 3), auditID: 'other' },
    ],
    ['web differ'],
  ],
  [
    'nor by a later one, whose audit ID a client chose',
    [{ ...unseen, ...between(1, 2) }, between(3, 4)],
    ['web be-anything', 'web differ'],
  ],
  [
    'nor by one of another kind',
    [
      { ...unseen, ...between(1, 4) },
      { ...between(2, 3), verb: 'patch' },
    ],
    ['web differ'],
  ],
  ['a creation that Calico carried out', [inFront], [' differ']],
  ['is settled by the write behind its API', [inFront, behind], []],
  ['whichever comes first', [behind, inFront], []],
  ['but not by a later one', [inFront, { ...behind, ...between(7, 8) }], [' differ']],
])('%s: %#', (_, events, expected) => {
  expect(doubtsAfter(...events)).toEqual(expected);
});

test('what of a creation is known under another name makes no version there', () => {
  const answers = changesIn(event(behind)).filter(({ name }) => name === '');
  expect(answers).toHaveLength(1);
  expect(foldKey(answers)).toEqual([]);
});
