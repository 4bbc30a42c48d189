import { DOUBTED_KINDS, type Kind, STORAGE_GROUP } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import { discovery } from '../client/discover.ts';
import { isTransient } from '../client/errors.ts';
import type { ApiResource } from '../client/resources.ts';

/** A kind whose history is kept, and how an API server serves it. */
export interface WatchableKind {
  readonly kind: Kind;
  readonly resource: ApiResource;
}

/** How an API server serves a kind: in this way, not at all, or nobody knows, as a server behind it is away. */
export type Serving =
  | { readonly kind: Kind; readonly served: WatchableKind }
  | { readonly kind: Kind; readonly served?: never; readonly error?: Error };

/**
 * How this API server serves each of the kinds, in its most stable version.
 *
 * Calico's kinds are taken from `projectcalico.org` where that is served, else from the storage group behind it. A group whose
 * server does not answer leaves its kinds open, with the error, and no others.
 */
export async function servingsOf(
  client: KubernetesClient,
  kinds: readonly Kind[] = DOUBTED_KINDS,
): Promise<Serving[]> {
  const isServed = discovery(client);
  return Promise.all(
    kinds.map(async (kind): Promise<Serving> => {
      try {
        for (const resource of waysToServe(kind)) {
          if (await isServed(resource)) return { kind, served: { kind, resource } };
        }
        return { kind };
      } catch (error) {
        if (!isTransient(error)) throw error;
        return { kind, error };
      }
    }),
  );
}

/** The kinds of the history that this API server serves. Rejects where a group's server does not answer. */
export async function watchableKinds(
  client: KubernetesClient,
  kinds: readonly Kind[] = DOUBTED_KINDS,
): Promise<WatchableKind[]> {
  return (await servingsOf(client, kinds)).flatMap((serving) => {
    if (serving.served) return [serving.served];
    if (serving.error) throw serving.error;
    return [];
  });
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
