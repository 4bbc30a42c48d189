import { expect, test } from 'vitest';
import { z } from 'zod';
import { clusterUidsOf, identitySettings } from './settings.ts';

const settings = z.object({ CLUSTER_UIDS: identitySettings.CLUSTER_UIDS });
const UID = '55a686d9-9923-4f66-902f-88ef6995ebd4';

test.each<[string, string, Record<string, string>]>([
  ['none', '', {}],
  ['of two clusters', `a=${UID},b=1`, { a: UID, b: '1' }],
  ['in capitals, as no API server writes it', `a=${UID.toUpperCase()}`, { a: UID }],
  ['said twice', `a=${UID},a=${UID.toUpperCase()}`, { a: UID }],
])('the uids of clusters: %s', (_, CLUSTER_UIDS, uids) => {
  expect(Object.fromEntries(clusterUidsOf(settings.parse({ CLUSTER_UIDS })))).toEqual(uids);
});

test.each([
  ['no pair', 'a', '"a" is no NAME=UID'],
  ['two uids of one cluster', `a=${UID},b=2,a=1`, 'a has two uids, and a cluster has one'],
])('what is no uid of a cluster is refused: %s', (_, CLUSTER_UIDS, message) => {
  const { error } = settings.safeParse({ CLUSTER_UIDS });
  expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
});
