import type { Clusters } from '@margay/api-contract';

export type SeenCluster = Clusters['items'][number];

/** Worst first. */
const GRADES = ['not known', 'gaps', 'no gap seen', 'proven'];
const IN_DOUBT = GRADES.indexOf('no gap seen') - 0.5;

/** How bad a cluster's evidence is: the less the worse. Those of which nothing is told come last, but for those that cannot be asked. */
function rankOf({ told, problem }: SeenCluster): number {
  if (told === null) return problem === null ? GRADES.length : -1;
  const rank = GRADES.indexOf(told.grade ?? 'not known');
  return told.complete ? rank : Math.min(rank, IN_DOUBT);
}

/** Clusters by how bad their evidence is; of those that are as bad those first that were seen longest ago, then by name. */
export function worstFirst(clusters: readonly SeenCluster[]): SeenCluster[] {
  const seen = ({ told }: SeenCluster) =>
    told === null || told.lastSeen === null ? -Infinity : Date.parse(told.lastSeen);
  return clusters.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || compare(seen(a), seen(b)) || compare(a.name, b.name),
  );
}

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
