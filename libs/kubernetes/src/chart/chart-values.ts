import { ACCESS_VALUES } from './access-values.ts';
import { CLUSTER_VALUES } from './cluster-values.ts';
import { HOOKS, PARTS } from './part-values.ts';
import { SERVING_VALUES } from './serving-values.ts';
import type { Values } from './value.ts';

/** Every value of the chart. Its `values.yaml`, its schema and the tables of its README are made of it. */
export const CHART_VALUES: Values = {
  ...CLUSTER_VALUES,
  ...ACCESS_VALUES,
  ...PARTS,
  hooks: HOOKS,
  ...SERVING_VALUES,
};

/** Each part's values that every part has, by their names; and the parts. */
export const OF_EACH_PART: readonly string[] = Object.keys(PARTS.embedded.values).filter((key) =>
  Object.values(PARTS).every(({ values }) => key in values),
);
export const PART_NAMES = Object.keys(PARTS);
