import type { User } from '@margay/kubernetes';
import { Problem } from '@margay/runtime';

/** More groups than the API server could be asked about with every question. */
const GROUPS_MAX = 2_000;
const LENGTH_MAX = 512;

/** What the API server counts everybody to whom it knows; roles may be bound to it. */
const EVERYBODY = 'system:authenticated';

/** Who somebody is, as others than the API server say it. */
export interface Named {
  readonly name: string;
  readonly groups: readonly string[];
  /** Who says so, for people: `The identity provider`. */
  readonly by: string;
}

const refuse = (detail: string) => new Problem(401, 'Unauthorized', detail);

/**
 * Somebody whom an identity provider or a proxy names, as a user of the cluster.
 *
 * Names that begin with `system:` are the cluster's own: whoever may choose a name elsewhere must not become one of its
 * administrators.
 *
 * @throws Problem 401 that says what is wrong with the name or the groups.
 */
export function userOf({ name, groups, by }: Named): User {
  if (name === '') throw refuse(`${by} gives no name`);
  const own = new Set(groups.filter((group) => group !== ''));
  if (own.size > GROUPS_MAX)
    throw refuse(
      `${by} names ${own.size} groups, more than ${GROUPS_MAX}: let it name only those that roles of the cluster are bound to`,
    );
  for (const text of [name, ...own]) {
    if (text.length > LENGTH_MAX) throw refuse(`${by} gives a name of more than ${LENGTH_MAX} characters`);
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f]/.test(text)) throw refuse(`${by} gives a name with control characters`);
    if (text.startsWith('system:'))
      throw refuse(`${by} gives "${text}", which is a name of the cluster’s own: set a prefix for its names`);
  }
  return { name, groups: [...own, EVERYBODY] };
}
