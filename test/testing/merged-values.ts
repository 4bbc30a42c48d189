/** As nested as in a file of values. */
type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values on top of others, as Helm puts those of a file on the chart's own. */
export const mergedValues = (below: Tree, above: Tree): Tree => ({
  ...below,
  ...Object.fromEntries(
    Object.entries(above).map(([key, value]) => [
      key,
      isTree(value) && isTree(below[key]) ? mergedValues(below[key], value) : value,
    ]),
  ),
});

/** A value at a path, in the sections that it is in. */
export const nestedValue = (path: readonly string[], value: unknown): Tree =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree;
