import { keyText, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import { NetworkState, type Scope } from '@margay/policy';
import { doubtedOf } from '../doubts/doubt-id.ts';
import { isValidIn } from '../replay/steps.ts';
import type { Mention } from './mentions.ts';

/** Nobody knows more of it than its name. */
const UNKNOWN = { id: '', may: 'be-anything' } as const;

/** Where an endpoint is, and what it is called. */
export interface Place {
  /** Empty for host endpoints. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * Of endpoints that nobody saw no labels are known: one belongs to a scope, unless its namespace or its kind keeps it out. What
 * endpoints name matters where these are in scope, what others name where there are endpoints in scope beside them.
 *
 * @param endpoints in scope; undefined where the report has none.
 */
export function scopeOfNames(
  scope: Scope,
  { versions, window }: { readonly versions: readonly Version[]; readonly window: Window },
  endpoints: readonly Place[] | undefined,
): (mention: Mention, by?: Version) => boolean {
  const namespaces = Map.groupBy(
    versions.filter((one) => one.resource === 'namespaces' && one.group === '' && isValidIn(one, window)),
    ({ name }) => name,
  );
  const mayHold = remembered((namespace) => mayHoldEndpoints(scope, namespace, namespaces.get(namespace)));
  const rows = endpoints && new Set(endpoints.map(({ namespace, name }) => `${namespace}/${name}`));
  const homes = endpoints && new Set(endpoints.map(({ namespace }) => namespace));
  const isOurs = ({ resource, namespace, name }: Version): boolean => {
    const isEndpoint = resource === 'pods' || resource === 'hostendpoints';
    if (isEndpoint) return rows?.has(`${namespace}/${name}`) ?? mayHold(namespace);
    return namespace === '' || (homes?.has(namespace) ?? mayHold(namespace));
  };
  return ({ of: { kind }, namespace }, by) => {
    const isEndpoint = kind === 'Pod' || kind === 'HostEndpoint';
    if (by === undefined) return (namespace === '' && !isEndpoint) || mayHold(namespace);
    return (isEndpoint && by.namespace === namespace && mayHold(namespace)) || isOurs(by);
  };
}

/** @param versions of the namespace; absent where nobody saw it. Without a namespace, of host endpoints. */
function mayHoldEndpoints(
  scope: Scope,
  namespace: string,
  versions: readonly Version[] | undefined,
): boolean {
  const state = new NetworkState({ scope });
  if (namespace === '') {
    const host = { apiVersion: 'projectcalico.org/v3', kind: 'HostEndpoint', metadata: { name: 'unseen' } };
    state.upsert(host, UNKNOWN);
    return state.endpoint('hostendpoints.projectcalico.org//unseen')?.inScope === true;
  }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'unseen', namespace } };
  state.upsert(pod, UNKNOWN);
  const text = keyText({ group: '', resource: 'pods', namespace, name: 'unseen' });
  const isIn = (): boolean => state.endpoint(text)?.inScope === true;
  if (versions === undefined) {
    state.upsert({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, UNKNOWN);
    return isIn();
  }
  return versions.some((version) => {
    state.upsert(version.content, doubtedOf(version));
    return isIn();
  });
}

function remembered(answer: (about: string) => boolean): (about: string) => boolean {
  const known = new Map<string, boolean>();
  return (about) => {
    const before = known.get(about);
    if (before !== undefined) return before;
    const now = answer(about);
    known.set(about, now);
    return now;
  };
}
