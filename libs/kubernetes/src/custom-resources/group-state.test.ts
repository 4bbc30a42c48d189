import { expect, test } from 'vitest';
import type { ApiObject } from '../client/resources.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { findingsOf, type GroupState } from './group-state.ts';

const named = (name: string, more: object = {}): ApiObject => ({ metadata: { name }, ...more });
const definitionsOf = (group: string) =>
  customResourceDefinitions(group).map((each): [string, ApiObject] => [
    each.metadata.name,
    each as unknown as ApiObject,
  ]);
const servedBy = (service?: object, conditions: readonly object[] = []) =>
  named('v3.projectcalico.org', { spec: { ...(service && { service }) }, status: { conditions } });
const CALICO = { namespace: 'calico-apiserver', name: 'calico-api' };
const SERVICE: ApiObject = { metadata: CALICO };
const STORAGE: [string, ApiObject] = [
  'clusterinformations.crd.projectcalico.org',
  named('clusterinformations.crd.projectcalico.org'),
];
const AWAY = { type: 'Available', status: 'False', reason: 'FailedDiscoveryCheck', message: 'no route' };

const state = (definitions: readonly [string, ApiObject][], more: Partial<GroupState> = {}): GroupState => ({
  calicoServices: [],
  definitions: new Map(definitions),
  ...more,
});
const TAKEN = 'projectcalico.org';
const OWN = 'margay.io';

test.each<[string, string, GroupState, readonly (readonly [boolean, RegExp])[]]>([
  ['nothing of Calico’s', TAKEN, state(definitionsOf(TAKEN), { apiService: servedBy() }), []],
  [
    'Calico’s API server has the group',
    TAKEN,
    state(definitionsOf(TAKEN), { apiService: servedBy(CALICO), calicoServices: [SERVICE] }),
    [[true, /calico-apiserver\/calico-api serves .* no GlobalReport/]],
  ],
  [
    'Calico’s API server beside them',
    OWN,
    state(definitionsOf(OWN), { apiService: servedBy(CALICO), calicoServices: [SERVICE] }),
    [[false, /serves projectcalico\.org\/v3: GlobalReports are margay\.io\/v3/]],
  ],
  [
    'it does not answer',
    OWN,
    state(definitionsOf(OWN), { apiService: servedBy(CALICO, [AWAY]) }),
    [
      [false, /serves/],
      [false, /not available: no route/],
    ],
  ],
  [
    'the definitions keep the group from it',
    TAKEN,
    state(definitionsOf(TAKEN), { apiService: servedBy(), calicoServices: [SERVICE] }),
    [[true, /is there \(Service calico-apiserver\/calico-api\) and does not serve/]],
  ],
  ['its storage alone', TAKEN, state([...definitionsOf(TAKEN), STORAGE]), [[false, /may come/]]],
  [
    'no definitions',
    OWN,
    state([]),
    [
      [true, /no definition globalreports\.margay\.io/],
      [true, /no definition globalreporttypes\.margay\.io/],
    ],
  ],
  [
    'definitions of both groups',
    OWN,
    state([...definitionsOf(OWN), ...definitionsOf(TAKEN)]),
    [[false, /in projectcalico\.org, too: those there are not looked at/]],
  ],
])('%s: %s', (_, group, seen, said) => {
  const findings = findingsOf(seen, group);
  expect(findings.map(({ isProblem }) => isProblem)).toEqual(said.map(([isProblem]) => isProblem));
  for (const [i, [, words]] of said.entries()) expect(findings[i]!.message).toMatch(words);
});

test('what older definitions drop is named', () => {
  const [[name, reports], types] = definitionsOf(TAKEN) as [[string, ApiObject], [string, ApiObject]];
  const older = structuredClone(reports) as ApiObject & {
    spec: {
      versions: { schema: { openAPIV3Schema: { properties: Record<string, { properties: object }> } } }[];
    };
  };
  const { status } = older.spec.versions[0]!.schema.openAPIV3Schema.properties;
  delete (status!.properties as Record<string, unknown>)['conditions'];
  delete (status!.properties as Record<string, unknown>)['nextReportTime'];
  const findings = findingsOf(state([[name, older], types]), TAKEN);
  expect(findings).toEqual([
    { isProblem: false, message: expect.stringMatching(/drops status\.\w+, status\.\w+, which/) },
  ]);
});
