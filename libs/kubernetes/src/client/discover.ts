import type { KubernetesClient } from './client.ts';
import { isNotFound } from './errors.ts';
import { apiVersionOf, type ApiResource } from './resources.ts';

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

/**
 * Asks an API server what it serves for list and watch, each version of a group once.
 *
 * A version that is not served is no error; one whose server is away rejects, because "not there" would be a guess.
 */
export function discovery(client: KubernetesClient): (resource: ApiResource) => Promise<boolean> {
  const versions = new Map<string, Promise<ReadonlySet<string>>>();
  return async (resource) => {
    const version = apiVersionOf(resource);
    let names = versions.get(version);
    if (names === undefined) versions.set(version, (names = watchableNames(client, resource)));
    return (await names).has(resource.resource);
  };
}

async function watchableNames(
  client: KubernetesClient,
  { group, version }: ApiResource,
): Promise<ReadonlySet<string>> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const { resources = [] } = await client.request<ResourceList>('GET', path);
    return new Set(
      resources
        .filter(({ verbs }) => verbs?.includes('list') && verbs.includes('watch'))
        .map(({ name }) => name),
    );
  } catch (error) {
    if (isNotFound(error)) return new Set();
    throw error;
  }
}
