import { parseInstant } from '@margay/ground';
import { type Change, readLine } from '@margay/history';
import { JOINED } from '@margay/reports';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { policyChange } from './policy-change.ts';

const policy = (selector: string) => ({
  apiVersion: 'crd.projectcalico.org/v1',
  kind: 'GlobalNetworkPolicy',
  metadata: { name: 'default.deny', uid: 'u-1', resourceVersion: selector.length.toString() },
  spec: { selector },
});
const write = (verb: string, selector: string, second: number) => ({
  kind: 'Event',
  level: 'RequestResponse',
  stage: 'ResponseComplete',
  auditID: `${second}`,
  verb,
  user: { username: 'system:serviceaccount:calico-apiserver:calico-apiserver' },
  objectRef: { apiGroup: 'crd.projectcalico.org', resource: 'globalnetworkpolicies', name: 'default.deny' },
  responseStatus: { code: verb === 'create' ? 201 : 200 },
  responseObject: policy(selector),
  requestReceivedTimestamp: `2026-03-01T08:00:0${second}.2Z`,
  stageTimestamp: `2026-03-01T08:00:0${second}.3Z`,
});

async function historyOf(...events: ReturnType<typeof write>[]) {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  const readings = events.flatMap((event, i) =>
    readLine(JSON.stringify(event), { source: 'audit.log', position: i }),
  );
  await stores.history.append(
    readings.flatMap((reading): readonly Change[] => ('changes' in reading ? (reading.changes ?? []) : [])),
  );
  return stores.history;
}

const [created, updated] = [write('create', 'all()', 1), write('update', "app == 'web'", 2)];
const specs = ({ before, after }: Awaited<ReturnType<typeof policyChange>>) =>
  [before, after].map((content) => (content as { spec?: unknown } | null)?.spec);

test('a write of what Calico keeps is shown as the policy that is served', async () => {
  const history = await historyOf(created, updated);
  expect(specs(await policyChange(history, created))).toEqual([undefined, created.responseObject.spec]);
  expect(specs(await policyChange(history, updated))).toEqual([
    created.responseObject.spec,
    updated.responseObject.spec,
  ]);
});

test('what a request changed that Calico’s API server carried out is what was kept while it ran', async () => {
  const history = await historyOf(created, updated);
  const joined = {
    ...updated,
    objectRef: { apiGroup: 'projectcalico.org', resource: 'globalnetworkpolicies', name: 'deny' },
    requestReceivedTimestamp: '2026-03-01T08:00:02.1Z',
    stageTimestamp: '2026-03-01T08:00:02.4Z',
    annotations: { [JOINED]: '2' },
  };
  expect(parseInstant(joined.stageTimestamp)).toBeGreaterThan(parseInstant(updated.stageTimestamp)!);
  expect(specs(await policyChange(history, joined))).toEqual([
    created.responseObject.spec,
    updated.responseObject.spec,
  ]);
});
