import { evidenceFor } from '@margay/coverage';
import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
import { NAMES_MAX, NO_FLOWS, reportEvidence } from './evidence.ts';
import { type Fact, history } from './testing/history.ts';
import * as make from './testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const version = (told: readonly Fact[], more: Partial<Version>): Version => ({
  ...history(told)[0]!,
  ...more,
});
const pod = (from: number, more: Partial<Version> = {}): Version =>
  version([{ at: from, object: make.pod('shop/web') }], more);

test.each<[why: string, version: Version, midLife: number, inferred: number]>([
  ['first seen before the window', pod(50, { seenMidLife: true }), 0, 0],
  ['first seen at its start: it is known from there on', pod(100, { seenMidLife: true }), 0, 0],
  ['first seen within it', pod(101, { seenMidLife: true }), 1, 0],
  ['created within it', pod(101), 0, 0],
  ['first seen at its end', pod(200, { seenMidLife: true }), 0, 0],
  ['ended with its namespace', pod(50, { validTo: 150, endedBy: 'namespace' }), 0, 1],
  ['ended by its own event', pod(50, { validTo: 150, endedBy: 'event' }), 0, 0],
  ['ended after the window', pod(50, { validTo: 200, endedBy: 'service' }), 0, 0],
])('an object %s', (_, given, midLife, inferred) => {
  const { firstSeenInMidLife, endedByInference } = reportEvidence([given], WINDOW);
  expect([firstSeenInMidLife.total, endedByInference.total]).toEqual([midLife, inferred]);
});

test('lists are bounded, and counted whole', () => {
  const pods = Array.from({ length: NAMES_MAX + 5 }, (_, i) =>
    version([{ at: 150, object: make.pod(`shop/p${i}`) }], { seenMidLife: true }),
  );
  const { firstSeenInMidLife } = reportEvidence(pods, WINDOW);
  expect(firstSeenInMidLife.total).toBe(NAMES_MAX + 5);
  expect(firstSeenInMidLife.names).toHaveLength(NAMES_MAX);
  expect(firstSeenInMidLife.names[0]).toBe('Pod.v1(shop/p0)');
});

test('a policy that cannot be read is named with its field, once for all its versions', () => {
  const bad = make.calicoPolicy('shop/bad', {
    tier: 'security',
    selector: 'app ==',
    types: ['Ingress'],
    order: 1,
  });
  const worse = make.calicoPolicy('shop/bad', {
    tier: 'security',
    selector: 'app ==',
    types: ['Ingress'],
    order: 2,
  });
  const versions = history([
    { at: 0, object: bad },
    { at: 150, object: worse },
  ]);
  const { total, problems } = reportEvidence(versions, WINDOW).unreadPolicies;
  expect(total).toBe(1);
  expect(problems[0]).toMatchObject({ policy: 'NetworkPolicy(shop/security.bad)', field: 'spec.selector' });
  expect(reportEvidence(versions, { start: 0, end: 1 }).unreadPolicies.total).toBe(1);
});

test.each<[why: string, told: Fact[], note: string | undefined]>([
  [
    'slices',
    [
      { at: 0, object: make.service('a/s') },
      { at: 0, object: make.slice('a/s-1', 's', []) },
    ],
    undefined,
  ],
  [
    'Endpoints only',
    [
      { at: 0, object: make.service('a/s') },
      { at: 0, object: make.endpoints('a/s', []) },
    ],
    'No EndpointSlices were seen, so services rest on Endpoints objects.',
  ],
  [
    'neither',
    [{ at: 0, object: make.service('a/s') }],
    'Neither EndpointSlices nor Endpoints were seen, so services rest on their selectors, whether or not a pod was ready.',
  ],
  ['no services', [{ at: 0, object: make.pod('a/p') }], undefined],
])('the notes say what services rest on: %s', (_, told, note) => {
  expect(reportEvidence(history(told), WINDOW).notes[1]).toBe(note);
});

test('private networks are those that were given', () => {
  expect(reportEvidence([], WINDOW, { privateNetworks: ['10.0.0.0/8'] }).privateNetworks).toEqual([
    '10.0.0.0/8',
  ]);
  expect(reportEvidence([], WINDOW).privateNetworks).toContain('fc00::/7');
});

test.each<[string, Fact[], string[], string[]]>([
  ['seen as an object', [{ at: 0, object: make.namespace('shop') }], ['shop'], []],
  ['seen by what is in it', [{ at: 0, object: make.pod('shop/p') }], ['shop'], []],
  [
    'not seen, of several',
    [{ at: 0, object: make.pod('shop/p') }],
    ['shop', 'shoop', 'pay'],
    ['pay', 'shoop'],
  ],
  ['seen after the window only', [{ at: WINDOW.end, object: make.namespace('shop') }], ['shop'], ['shop']],
])('a namespace of the scope that is %s', (_, told, namespaces, unseen) => {
  const { unseenNamespaces, notes } = reportEvidence(history(told), WINDOW, { namespaces });
  expect(unseenNamespaces).toEqual(unseen);
  expect(notes.filter((note) => note.startsWith('The scope names'))).toHaveLength(unseen.length);
});

test.each([
  ['about traffic', true, [NO_FLOWS]],
  ['that does not ask for it', false, []],
])('without a flow log, a report %s', (_, ofTraffic, told) => {
  const sources = evidenceFor([], [], WINDOW, { ofTraffic });
  const { notes } = reportEvidence([], WINDOW, { sources, ofTraffic });
  expect(notes.slice(1)).toEqual(told);
});
