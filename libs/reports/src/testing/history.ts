import type { Instant, Key, KubernetesObject } from '@margay/ground';
import type { May, Version } from '@margay/history';

/**
 * An object is like this from this instant on, or gone. `again` makes it another object of the same name. With `may` its
 * content is not told.
 */
export interface Fact {
  readonly at: Instant;
  readonly object: KubernetesObject;
  readonly what?: 'present' | 'gone' | 'again';
  /** From here on this is not known of it, as it was told last; of one that was not there, its name is all that is. */
  readonly may?: May;
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
    for (const { at, object, what = 'present', may } of told.toSorted((a, b) => a.at - b.at)) {
      if (may !== undefined) {
        const before: Version = current ?? nameOnly(object, at);
        end(at, false);
        const doubt = { reason: 'told', may, message: 'told so', since: at, answeredAt: at, source: 'test' };
        current = { ...before, validFrom: at, doubt };
        continue;
      }
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

/** A version of an object of which nothing but the name is known. */
function nameOnly(object: KubernetesObject, at: Instant): Version {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const content = { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
  return { ...keyOfObject(object), uid: '', resourceVersion: '', validFrom: at, content };
}
