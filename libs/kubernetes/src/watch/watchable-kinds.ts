import { KEPT_KINDS, type Kind, STORAGE_GROUP } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { servedResources } from '../client/discover.ts';
import type { ApiResource } from '../client/resources.ts';

/** A kind whose history is kept, and how an API server serves it. */
export interface WatchableKind {
  readonly kind: Kind;
  readonly resource: ApiResource;
}

/**
 * The kinds of the history that this API server serves, each once and in its most stable version.
 *
 * Calico's kinds are taken from `projectcalico.org` where that is served, else from the storage group behind it. Rejects
 * where a group's server does not answer, since a kind left out would be a hole that nobody sees.
 */
export async function watchableKinds(
  client: KubernetesClient,
  kinds: readonly Kind[] = KEPT_KINDS,
): Promise<WatchableKind[]> {
  const candidates = kinds.flatMap((kind) => waysToServe(kind).map((resource) => ({ kind, resource })));
  const served = new Set(
    await servedResources(
      client,
      candidates.map(({ resource }) => resource),
    ),
  );
  const watchable = new Map<Kind, WatchableKind>();
  for (const candidate of candidates) {
    if (served.has(candidate.resource) && !watchable.has(candidate.kind))
      watchable.set(candidate.kind, candidate);
  }
  return [...watchable.values()];
}

/** How a kind may be served, best first. */
export function waysToServe({ group, resource, namespaced, versions, hasStorageForm }: Kind): ApiResource[] {
  const way = (inGroup: string, version: string): ApiResource => ({
    group: inGroup,
    version,
    resource,
    namespaced,
  });
  const served = [...versions].sort(byStability).map((version) => way(group, version));
  return hasStorageForm ? [...served, way(STORAGE_GROUP, 'v1')] : served;
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Orders API versions as Kubernetes does: stable before beta before alpha, newer before older. */
function byStability(a: string, b: string): number {
  const rank = (version: string): readonly number[] => {
    const [, major = '0', stage, minor = '0'] = VERSION.exec(version) ?? [];
    return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)];
  };
  const [left, right] = [rank(a), rank(b)];
  return right.map((part, i) => part - (left[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
