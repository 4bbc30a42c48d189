import { openSources, whoseOf } from '@margay/coverage';
import { FIRST_OBJECT, shownUid } from '@margay/history';
import type { Stores } from '../stores.ts';

/**
 * The uid of the namespace `kube-system` of the cluster that the name stands for, which no other cluster has. Undefined where nobody knows: no
 * evidence tells it, or what does may be another cluster's of this name.
 */
export async function clusterUidOf({
  tellers,
  history,
}: Pick<Stores, 'tellers' | 'history'>): Promise<string | undefined> {
  const whose = whoseOf(await tellers.facts());
  if (whose.uid !== undefined || openSources(whose).length > 0) return whose.uid;
  return (await history.changesOf(FIRST_OBJECT)).map(shownUid).findLast((uid) => uid !== undefined);
}
