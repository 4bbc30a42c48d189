import type { Instant, Key, KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';

/** An object is like this from this instant on, or gone. `again` makes it another object of the same name. */
export interface Fact {
  readonly at: Instant;
  readonly object: KubernetesObject;
  readonly what?: 'present' | 'gone' | 'again';
}

const PLURALS: Readonly<Record<string, string>> = {
  Endpoints: 'endpoints',
  NetworkPolicy: 'networkpolicies',
  GlobalNetworkPolicy: 'globalnetworkpolicies',
  StagedNetworkPolicy: 'stagednetworkpolicies',
  StagedGlobalNetworkPolicy: 'stagedglobalnetworkpolicies',
};

/** The key of an object. */
export function keyOfObject({ apiVersion, kind, metadata }: KubernetesObject): Key {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const resource = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  return { group, resource, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** The uid of the nth object of a name, counted from 1. */
export function uidOf(object: KubernetesObject, nth = 1): string {
  return `${object.kind}-${object.metadata.namespace ?? ''}-${object.metadata.name}-${nth}`;
}

/** The versions of the facts, which are told in any order; at one instant the one told last holds. */
export function history(facts: readonly Fact[]): Version[] {
  const versions: Version[] = [];
  const names = Map.groupBy(facts, ({ object }) => JSON.stringify(keyOfObject(object)));
  for (const told of names.values()) {
    let nth = 0;
    let current: Version | undefined;
    const end = (at: Instant, gone: boolean): void => {
      if (current !== undefined)
        versions.push({ ...current, validTo: at, ...(gone && { endedBy: 'event' as const }) });
      current = undefined;
    };
    for (const { at, object, what = 'present' } of told.toSorted((a, b) => a.at - b.at)) {
      if (current === undefined || what === 'again') nth++;
      const gone = what === 'gone';
      if (gone && current === undefined) nth--;
      end(at, gone);
      if (gone) continue;
      const uid = uidOf(object, nth);
      current = { ...keyOfObject(object), uid, resourceVersion: String(at), validFrom: at, content: object };
    }
    if (current !== undefined) versions.push(current);
  }
  return versions;
}
