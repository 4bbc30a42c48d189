import { expect, test } from 'vitest';
import { parseInstant } from '@margay/ground';
import { memoryHistory, readLine, type Reading, type Version } from './index.ts';
import { recordedLines } from './testing/recordings.ts';

/** One of every audit case that a real API server could be brought to show; each request names its case. */
const lines = recordedLines('audit-cases/real-audit.jsonl.gz');
const history = memoryHistory();
const cases = new Map<string, { readings: Reading[]; at: number[] }>();
for (const [i, line] of lines.entries()) {
  const readings = readLine(line, { source: 'log', position: i + 1 });
  for (const reading of readings) if (reading.kind === 'changes') history.add(reading.changes);
  const { userAgent = '', stageTimestamp } = JSON.parse(line) as {
    userAgent?: string;
    stageTimestamp: string;
  };
  const known = cases.get(userAgent) ?? { readings: [], at: [] };
  known.readings.push(...readings);
  known.at.push(parseInstant(stageTimestamp)!);
  cases.set(userAgent, known);
}
const versions = history.versions();

const caseOf = (name: string) => cases.get(`case/${name}`)!;
/** When the last request of a case was answered. */
const answered = (name: string) => caseOf(name).at.at(-1)!;
const livesOf = (resource: string, place: string): Version[] =>
  versions.filter((v) => v.resource === resource && `${v.namespace}/${v.name}` === place);
/** The end of the one object of that name, and what tells it. */
const endOf = (resource: string, place: string): [number | undefined, string | undefined] => {
  const last = livesOf(resource, place).at(-1);
  return [last?.validTo, last?.endedBy];
};
const outcomes = (name: string) =>
  caseOf(name).readings.map((reading) =>
    reading.kind === 'changes' ? 'changes' : `${reading.kind}:${reading.reason}`,
  );

test.each([
  ['dry-run-create', ['ignored:dry-run']],
  ['dry-run-update', ['ignored:dry-run']],
  ['dry-run-delete-query', ['ignored:dry-run']],
  ['dry-run-delete-body', ['ignored:dry-run']],
  ['dry-run-deletecollection', ['ignored:dry-run']],
  ['evict-dry-run', ['ignored:dry-run']],
  ['evict', ['ignored:no-version']],
  ['evict-429', ['ignored:no-version']],
  ['token', ['ignored:no-version']],
  ['stale-update-409', ['ignored:refused']],
  ['ssa-json-conflict', ['ignored:refused']],
  ['invalid-422', ['ignored:refused']],
  ['bad-json-400', ['ignored:refused']],
  ['unknown-field-strict-400', ['ignored:refused']],
  ['forbidden-403', ['ignored:refused']],
  ['unauthenticated-401', ['ignored:stage']],
  ['not-found-404', ['ignored:refused']],
  ['exists-409', ['ignored:refused']],
  ['delete-wrong-uid-409', ['ignored:refused']],
  ['create-in-terminating-403', ['ignored:refused']],
  ['crd-invalid', ['ignored:refused']],
  ['deletecollection-empty', ['ignored:nothing-selected']],
  ['deletecollection-graceful', ['ignored:nothing-selected']],
  ['crd-deletecollection', ['ignored:nothing-selected']],
  ['deletecollection-force', ['changes']],
  ['no-op-update', ['changes', 'changes']],
  ['aggregated-create', ['ignored:out-of-kind']],
  ['delete-node', ['ignored:out-of-kind']],
  ['crd-definition-deleted', ['doubtful:no-content']],
])('%s: %j', (name, expected) => {
  expect(outcomes(name)).toEqual(expected);
});

test.each([
  ['delete-policy', 'networkpolicies', 'prod/p1'],
  ['force-delete', 'pods', 'prod/force'],
  ['delete-unscheduled', 'pods', 'prod/unscheduled'],
  ['delete-service', 'services', 'shop/api'],
  ['crd-delete', 'globalnetworksets', '/set-0'],
  ['crd-finalizer-removed', 'globalnetworksets', '/hold'],
])('%s is the end of %s %s', (name, resource, place) => {
  expect(endOf(resource, place)).toEqual([answered(name), 'event']);
});

test('the endpoints of a deleted service go with it, of which no event tells', () => {
  expect(endOf('endpoints', 'shop/api')).toEqual([answered('delete-service'), 'service']);
});

test.each([
  ['graceful-delete', 'prod/graceful'],
  ['graceful-delete-again', 'prod/graceful'],
  ['evict', 'prod/evicted'],
  ['finalizer-delete', 'prod/final'],
  ['finalizer-removed', 'prod/final'],
  ['stuck-namespace-freed', 'stuck/held'],
])('%s: the pod %s runs on until its node deletes it', (name, place) => {
  const [end, endedBy] = endOf('pods', place);
  expect(endedBy).toBe('event');
  expect(end).toBeGreaterThan(answered(name) + 1_000_000);
});

test('an update without effect makes no version, whoever writes it', () => {
  const p1 = livesOf('networkpolicies', 'prod/p1');
  expect(p1.map(({ resourceVersion, validFrom }) => [resourceVersion, validFrom])).toEqual([
    ['475', answered('create-policy')],
    ['476', answered('json-patch')],
  ]);
  expect(livesOf('networkpolicies', 'prod/ssaj')).toHaveLength(1);
  expect(livesOf('globalnetworksets', '/set-0')).toHaveLength(1);
});

test('who acted for whom is known', () => {
  expect(livesOf('networkpolicies', 'prod/imp')[0]?.actor).toEqual({
    user: 'admin',
    impersonated: expect.any(String) as string,
  });
});

test('a name that the API server made is read from its answer', () => {
  expect(livesOf('pods', 'prod/gen-jx2zq')[0]).not.toHaveProperty('seenMidLife');
});

test('a forced deletion of many ends each at once, a graceful one none', () => {
  for (const place of ['prod/db-0', 'prod/db-1']) {
    const [before, after, ...more] = Map.groupBy(livesOf('pods', place), ({ uid }) => uid).values();
    expect(more).toEqual([]);
    expect(before?.at(-1)).toMatchObject({ validTo: answered('deletecollection-force'), endedBy: 'event' });
    expect(after?.[0]?.validFrom).toBeGreaterThan(answered('deletecollection-force'));
    expect(after?.at(-1)).not.toHaveProperty('validTo');
  }
});

test('sixty pods that were deleted at once end one by one, when their nodes say so', () => {
  const ends = Array.from({ length: 60 }, (_, i) => endOf('pods', `shop/big-${i}`));
  expect(new Set(ends.map(([end]) => end)).size).toBe(60);
  expect(
    ends.every(([end, endedBy]) => endedBy === 'event' && end !== answered('big-deletecollection')),
  ).toBe(true);
});

test('pods follow their deployment in the background and before it in the foreground, and outlive it as orphans', () => {
  const pods = (prefix: string) =>
    versions.filter(
      ({ resource, name, validTo }) =>
        resource === 'pods' && name.startsWith(`${prefix}-`) && validTo === undefined,
    );
  expect(pods('background')).toEqual([]);
  expect(pods('foreground')).toEqual([]);
  expect(new Set(pods('orphan').map(({ name }) => name)).size).toBe(2);
});

test('nothing is left of a namespace that is gone, and its name starts anew', () => {
  const [first, second, ...more] = Map.groupBy(livesOf('namespaces', '/doomed'), ({ uid }) => uid).values();
  expect(more).toEqual([]);
  const end = first?.at(-1)?.validTo ?? 0;
  expect(end).toBeGreaterThan(answered('delete-namespace'));
  expect(second?.[0]).toMatchObject({ resourceVersion: '931', content: { status: { phase: 'Active' } } });
  const within = versions.filter(({ namespace }) => namespace === 'doomed');
  const old = within.filter(({ validFrom }) => validFrom < end);
  expect(old.length).toBeGreaterThan(10);
  for (const { validTo } of old) expect(validTo).toBeLessThanOrEqual(end);
  // Again in use, the namespace is filled by its controllers.
  expect(within.filter(({ resource, validTo }) => resource === 'pods' && validTo === undefined)).not.toEqual(
    [],
  );
  expect(livesOf('services', 'doomed/web').at(-1)).not.toHaveProperty('validTo');
});

test('a namespace that a finalizer held ends when its last pod is gone', () => {
  const [end, endedBy] = endOf('namespaces', '/stuck');
  expect(endedBy).toBe('event');
  expect(end).toBeGreaterThan(answered('stuck-namespace-freed'));
  expect(end).toBeGreaterThanOrEqual(endOf('pods', 'stuck/held')[0] ?? Infinity);
});

test('at level Metadata the deletion of a definition cannot be told from a dry run, and says what to do', () => {
  expect(caseOf('crd-definition-deleted').readings[0]).toMatchObject({
    message:
      'delete customresourcedefinitions globalnetworksets.projectcalico.org: the event does not show whether it was a dry run: audit this resource at level RequestResponse.',
  });
});

test('with bodies, the definition ends with its last finalizer, and its objects with it', () => {
  const definition = (fields: object) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'globalnetworksets.projectcalico.org', uid: 'd1', resourceVersion: '700', ...fields },
  });
  const told = (verb: string, subresource: string | undefined, at: string, responseObject: object) =>
    JSON.stringify({
      level: 'RequestResponse',
      stage: 'ResponseComplete',
      auditID: at,
      verb,
      objectRef: {
        apiGroup: 'apiextensions.k8s.io',
        resource: 'customresourcedefinitions',
        name: 'globalnetworksets.projectcalico.org',
        subresource,
      },
      responseStatus: { code: 200 },
      responseObject,
      requestReceivedTimestamp: at,
      stageTimestamp: at,
    });
  const deletionTimestamp = '2026-11-24T02:00:00Z';
  const end = '2026-11-24T02:00:09Z';
  const whole = memoryHistory();
  const more = [
    told(
      'delete',
      undefined,
      '2026-11-24T02:00:01Z',
      definition({ deletionTimestamp, finalizers: ['customresourcecleanup.apiextensions.k8s.io'] }),
    ),
    told('update', 'status', end, definition({ deletionTimestamp })),
  ];
  for (const [i, line] of [...lines, ...more].entries()) {
    for (const reading of readLine(line, { source: 'log', position: i })) {
      if (reading.kind === 'changes') whole.add(reading.changes);
    }
  }
  const ended = whole.versions().filter(({ endedBy }) => endedBy === 'definition');
  expect(ended.map(({ name, validTo }) => [name, validTo])).toEqual(
    ['set-1', 'set-2', 'set-3'].map((name) => [name, parseInstant(end)]),
  );
});
