import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from './read-config.ts';
import { cellSettings, identitySettings, list, ownClusterOf } from './settings.ts';

/** Settings of who keeps and shows evidence, and of who takes it in, as services have them. */
const KEEPS = z.object({ ...cellSettings, CLUSTER_LABELS: list().prefault('') });
const TAKES = z.object({
  ...identitySettings,
  AUDIT_WEBHOOK_CLUSTERS: list().prefault(''),
  AUDIT_WEBHOOK_CLIENT_NAMES: list().prefault(''),
  AUDIT_WEBHOOK_OIDC_NAMES: list().prefault(''),
});

describe('names of clusters in settings', () => {
  test.each([
    ['one cluster', KEEPS, { CLUSTER_NAME: 'a' }],
    ['nothing', KEEPS, {}],
    ['several, of which none is meant', KEEPS, { CLUSTERS: 'a,b' }],
    [
      'several, of which one is meant',
      KEEPS,
      { CLUSTERS: 'a,b', CLUSTER_NAME: 'b', CLUSTER_LABELS: 'a:env=x' },
    ],
    ['labels of the only one', KEEPS, { CLUSTER_NAME: 'a', CLUSTER_LABELS: 'a:env=x' }],
    ['the uid of the own one', TAKES, { CLUSTER_NAME: 'a', CLUSTER_UIDS: 'a=1' }],
    [
      'the uid of one that is posted for',
      TAKES,
      { CLUSTER_NAME: 'a', AUDIT_WEBHOOK_CLUSTERS: 'b', CLUSTER_UIDS: 'a=1,b=2' },
    ],
    [
      'who may post for which',
      TAKES,
      {
        AUDIT_WEBHOOK_CLUSTERS: 'a,b',
        AUDIT_WEBHOOK_CLIENT_NAMES: 'x=a,y=b',
        AUDIT_WEBHOOK_OIDC_NAMES: 'z=b',
      },
    ],
    ['who may post for the only one', TAKES, { AUDIT_WEBHOOK_CLIENT_NAMES: 'x,y' }],
  ])('fit: %s', (_, schema, environment) => {
    expect(() => readConfig(schema, environment)).not.toThrow();
  });

  test.each([
    [
      'the one that is meant is not among several',
      KEEPS,
      { CLUSTERS: 'a,b', CLUSTER_NAME: 'c' },
      'CLUSTER_NAME is "c": no cluster here is called c: give one that CLUSTERS has (a, b), or add it there',
    ],
    [
      'what it would be called, were nothing set, is not among several',
      KEEPS,
      { CLUSTERS: 'a,b', CLUSTER_NAME: 'cluster' },
      'CLUSTER_NAME is "cluster": no cluster here is called cluster',
    ],
    [
      'labels',
      KEEPS,
      { CLUSTERS: 'a,b', CLUSTER_LABELS: 'a:env=x,d:env=y' },
      'CLUSTER_LABELS is "a:env=x,d:env=y": no cluster here is called d: give one that CLUSTERS has (a, b), or add it there',
    ],
    [
      'the uid of another one',
      TAKES,
      { CLUSTER_NAME: 'prod', CLUSTER_UIDS: 'prdo=1' },
      'CLUSTER_UIDS is "prdo=1": no cluster here is called prdo: give one that CLUSTER_NAME and AUDIT_WEBHOOK_CLUSTERS have (prod), or add it there',
    ],
    [
      'a uid under another spelling',
      TAKES,
      { CLUSTER_NAME: 'prod', AUDIT_WEBHOOK_CLUSTERS: 'b', CLUSTER_UIDS: 'Prod=1,b=2,B=2' },
      'no cluster here is called Prod, B: give one that CLUSTER_NAME and AUDIT_WEBHOOK_CLUSTERS have (prod, b)',
    ],
    [
      'who may post for another one, by a certificate',
      TAKES,
      { AUDIT_WEBHOOK_CLUSTERS: 'a,b', AUDIT_WEBHOOK_CLIENT_NAMES: 'x=a,y=c' },
      'AUDIT_WEBHOOK_CLIENT_NAMES is "x=a,y=c": no cluster here is called c',
    ],
    [
      'who may post for another one, by a provider',
      TAKES,
      { AUDIT_WEBHOOK_CLUSTERS: 'a,b', AUDIT_WEBHOOK_OIDC_NAMES: 'y=c' },
      'AUDIT_WEBHOOK_OIDC_NAMES is "y=c": no cluster here is called c',
    ],
  ])('do not: %s', (_, schema, environment, message) => {
    expect(() => readConfig(schema, environment)).toThrow(message);
  });

  test('all that do not fit are named at once', () => {
    expect(() => readConfig(KEEPS, { CLUSTERS: 'a', CLUSTER_NAME: 'b', CLUSTER_LABELS: 'c:x=y' })).toThrow(
      /CLUSTER_NAME is "b".*\n.*CLUSTER_LABELS is "c:x=y"/,
    );
  });
});

test.each([
  [{ CLUSTER_NAME: 'a' }, 'a'],
  [{}, 'cluster'],
  [{ CLUSTERS: 'b' }, 'b'],
  [{ CLUSTERS: 'a,b', CLUSTER_NAME: 'b' }, 'b'],
])('the cluster that is meant, of %j, is %s', (environment, own) => {
  expect(ownClusterOf(readConfig(KEEPS, environment), 'that is meant')).toBe(own);
});

test('of several somebody has to say which is meant', () => {
  expect(() => ownClusterOf(readConfig(KEEPS, { CLUSTERS: 'a,b' }), 'whose GlobalReports these are')).toThrow(
    'CLUSTER_NAME is not set: name the cluster of CLUSTERS (a, b) whose GlobalReports these are',
  );
});
