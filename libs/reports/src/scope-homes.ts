import { gapsIn, joined, type Key, keyText, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import { NetworkState, type Scope } from '@margay/policy';
import { doubtedOf } from './doubts/doubt-id.ts';
import { isValidIn } from './replay/steps.ts';

/** Whether there may be endpoints of a scope in a namespace; host endpoints have the empty one. */
export type MayHold = (namespace: string) => boolean;

/** Nobody knows more of it than its name. */
const UNKNOWN = { id: '', may: 'be-anything' } as const;

/** Of endpoints that nobody saw no labels are known: one belongs to a scope, unless its namespace or its kind keeps it out. */
export function mayHoldOf(
  scope: Scope,
  { versions, window }: { readonly versions: readonly Version[]; readonly window: Window },
): MayHold {
  const namespaces = Map.groupBy(
    versions.filter((one) => one.resource === 'namespaces' && one.group === '' && isValidIn(one, window)),
    ({ name }) => name,
  );
  return remembered((namespace) => {
    const own = namespaces.get(namespace) ?? [];
    return (
      mayHoldEndpoints(scope, namespace, own) ||
      (!isKnownThroughout(own, window) && mayHoldEndpoints(scope, namespace))
    );
  });
}

/**
 * The namespace whose endpoints an object concerns and no others, which of a namespace is itself, and of a host endpoint is empty.
 * Undefined where it may concern any.
 */
export function homeOf({ group, resource, namespace, name }: Key): string | undefined {
  if (resource === 'namespaces' && group === '') return name;
  return namespace === '' && resource !== 'hostendpoints' ? undefined : namespace;
}

/** Whether a namespace was seen in all of a window: of what it was before it was seen, nobody knows the labels. */
const isKnownThroughout = (versions: readonly Version[], window: Window): boolean =>
  gapsIn(
    window,
    joined(versions.map(({ validFrom, validTo = Infinity }) => ({ start: validFrom, end: validTo }))),
  ).length === 0;

/** @param versions of the namespace; absent for when nobody saw it. Without a namespace, of host endpoints. */
function mayHoldEndpoints(scope: Scope, namespace: string, versions?: readonly Version[]): boolean {
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

function remembered(answer: MayHold): MayHold {
  const known = new Map<string, boolean>();
  return (about) => {
    const before = known.get(about);
    if (before !== undefined) return before;
    const now = answer(about);
    known.set(about, now);
    return now;
  };
}
