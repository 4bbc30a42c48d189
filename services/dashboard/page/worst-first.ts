import type { Clusters } from '@margay/api-contract';

export type SeenCluster = Clusters['items'][number];

/** Worst first. */
const GRADES = ['not known', 'gaps', 'no gap seen', 'proven'];
const IN_DOUBT = GRADES.indexOf('no gap seen') - 0.5;

/** How far a hub may be believed of a cluster: worse than any evidence is a log that is another one than before. */
const OF_FEED = { 'another log': -0.5, away: IN_DOUBT, 'never heard': IN_DOUBT, heard: Infinity };

/** Nothing is known of a cluster while another one tells its changes under the same name. */
const OF_TWO = -0.75;

/** How bad a cluster's evidence is: the less the worse. Worst are those that cannot be looked at. */
function rankOf({ told }: SeenCluster): number {
  if (told === null) return -1;
  if (told.twoClusters !== null) return OF_TWO;
  const rank = GRADES.indexOf(told.grade ?? 'not known');
  const { feed } = told;
  const isOpened = told.late !== null && told.late.opened.length > 0;
  const isInDoubt = !told.complete || isOpened || (feed !== null && feed.missing.length > 0);
  return Math.min(rank, isInDoubt ? IN_DOUBT : Infinity, feed === null ? Infinity : OF_FEED[feed.state]);
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
