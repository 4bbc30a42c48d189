const UID = /^[\da-f-]{1,64}$/i;

/** A uid as it is said aloud: what is none may be anything. */
export const shownUidWords = (uid: string): string => (UID.test(uid) ? uid : 'another one');

/** Sources that tell under the name of a cluster and are not known to be of it. */
export interface Questionable {
  /** Nobody knows of which cluster they tell: it is kept, and in doubt. */
  readonly unknown: readonly string[];
  /** They tell of another cluster, and something of them was set aside within the last hour. */
  readonly other: readonly string[];
}

/** What is to be said of them; undefined where there are none. */
export function questionableWords(cluster: string, { unknown, other }: Questionable): string | undefined {
  const words = [
    ...(unknown.length === 0
      ? []
      : [
          `Of which cluster ${named(unknown)} tells under the name ${cluster} is not known, and everything is in doubt since: set CLUSTER_UIDS at every ingestor, where it does not end by itself.`,
        ]),
    ...(other.length === 0
      ? []
      : [
          `Of another cluster that goes by the name ${cluster} told ${named(other)}, which is set aside: give that cluster a CLUSTER_NAME of its own.`,
        ]),
  ];
  return words.length === 0 ? undefined : words.join(' ');
}

/** So many are named. */
const NAMED_MAX = 5;

function named(sources: readonly string[]): string {
  const more = sources.length - NAMED_MAX;
  return `${sources.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** One cluster that has several names. */
export interface Double {
  readonly uid: string;
  readonly names: readonly string[];
}

/** What is to be said of it. */
export const doubleWords = ({ uid, names }: Double): string =>
  `${names.join(' and ')} have one kube-system, with the uid ${shownUidWords(uid)}: a cluster was renamed, or restored under another name beside the first. Each name has a history of its own here, and what is of both comes twice. Take the name that is not used any more out of CLUSTERS.`;

/** What to say of clusters of which something was set aside lately, since they are not known, and what to do; undefined where there are none. */
export const unknownWords = (clusters: readonly string[], known: readonly string[]): string | undefined =>
  clusters.length === 0
    ? undefined
    : `Within the last hour evidence of ${clusters.toSorted().join(', ')} was set aside, since CLUSTERS here has ${known.join(', ')} alone: where it belongs to them, give every service the same CLUSTERS, and publish it again with margay dlq replay.`;
