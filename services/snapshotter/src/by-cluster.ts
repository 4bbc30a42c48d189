import type { Cell, Stores } from '@margay/storage';

/** Messages by the stores that they belong to, in their order, and by which cluster's those are. */
export const byCluster = <T extends { readonly cluster: string }>(
  cell: Cell,
  messages: readonly T[],
): readonly (readonly [Stores, readonly T[], string])[] =>
  [...Map.groupBy(messages, ({ cluster }) => cluster)].map(([cluster, some]) => [
    cell.of(cluster),
    some,
    cluster,
  ]);
