import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { readEvent } from './read-event.ts';
import { shownByOneCluster } from './shown-by-one-cluster.ts';
import { event, policy, policyReference } from './testing/events.ts';

const REQUEST = '1b4e28ba-2fa1-4d5e-883f-0016d3cca427';

const shownIn = (fields: object): (string | undefined)[] => {
  const reading = readEvent(event({ auditID: REQUEST, ...fields }), { source: 'audit.log', position: 1 });
  const changes: readonly Change[] = reading.kind === 'ignored' ? [] : (reading.changes ?? []);
  return changes.map(shownByOneCluster);
};

const inCalico = { ...policyReference(), apiGroup: 'projectcalico.org', apiVersion: 'v3' };
const ofCalico = { ...policy(), apiVersion: 'projectcalico.org/v3' };

test.each<[string, object, (string | undefined)[]]>([
  ['the uid in an answer', {}, ['u1']],
  [
    'not what a request says alone',
    { level: 'Request', responseObject: undefined, requestObject: policy() },
    [undefined],
  ],
  [
    'the uid that an update was held to',
    { level: 'Metadata', objectRef: policyReference({ uid: 'u2' }), responseObject: undefined },
    ['u2'],
  ],
  [
    'not that of a kind that Calico’s API server may keep',
    {
      auditID: 'ci',
      level: 'Metadata',
      objectRef: { ...inCalico, uid: 'u2' },
      responseObject: undefined,
    },
    [undefined],
  ],
  [
    'a request that was handed on to Calico’s API server',
    { objectRef: inCalico, responseObject: undefined },
    [`request ${REQUEST}`],
  ],
  [
    'that request in the log of that one, and not the uid',
    { objectRef: inCalico, responseObject: ofCalico },
    [`request ${REQUEST}`],
  ],
  [
    'not an audit ID that no API server gave',
    { auditID: 'ci', objectRef: inCalico, responseObject: ofCalico },
    [undefined],
  ],
])('what no two clusters show alike: %s', (_, fields, expected) => {
  expect(shownIn(fields)).toEqual(expected);
});
