import { expect, test } from 'vitest';
import { clusterLabelProblem, clusterLabelsOf } from './cluster-labels.ts';

test('labels are those of their clusters; a cluster may have none', () => {
  const texts = ['alpha:env=prod', 'alpha:example.com/team=a.b_c', 'beta:empty='];
  expect(clusterLabelProblem(texts)).toBeUndefined();
  expect(clusterLabelsOf(texts, ['alpha', 'beta', 'gamma'])).toEqual(
    new Map([
      ['alpha', { env: 'prod', 'example.com/team': 'a.b_c' }],
      ['beta', { empty: '' }],
      ['gamma', {}],
    ]),
  );
});

test.each([
  ['no label', ['alpha'], '"alpha" is no CLUSTER:LABEL=VALUE'],
  ['no cluster', ['env=prod'], '"env=prod" is no'],
  ['no value', ['alpha:env'], '"alpha:env" is no'],
  ['what Kubernetes takes for no label', ['alpha:-env=prod'], '"alpha:-env=prod" is no'],
  ['what Kubernetes takes for no value', ['alpha:env=a b'], '"alpha:env=a b" is no'],
  ['a label twice', ['alpha:env=a', 'beta:env=a', 'alpha:env=b'], '"alpha:env" is there twice'],
  [
    'the name of the cluster',
    ['alpha:kubernetes.io/metadata.name=beta'],
    '"alpha:kubernetes.io/metadata.name=beta": kubernetes.io/metadata.name is the name of the cluster',
  ],
])('%s is refused', (_, texts, said) => {
  expect(clusterLabelProblem(texts)?.slice(0, said.length)).toBe(said);
});
