import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import type { Interrupted, Position, Projection } from './notices.ts';
import { reflect, type ReflectOptions } from './reflect.ts';

/** What says which groups the API server serves, and whether the servers behind it are there. */
export const API_SERVICES: ApiResource = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  namespaced: false,
};

/** What the API services say. */
export interface ApiServicesNews {
  /** Groups of which something is served otherwise than before. */
  readonly groups: readonly string[];
  readonly interruptions: readonly Interrupted[];
  /** Up to where they are known. */
  readonly position?: Position;
}

/** Follows the API services, the first time with all that there are. */
export async function* followApiServices(
  client: KubernetesClient,
  options: Omit<ReflectOptions<string>, 'project'>,
): AsyncGenerator<ApiServicesNews> {
  for await (const { notices, position } of reflect(client, API_SERVICES, { ...options, project: isThere })) {
    const groups = notices.flatMap((notice) => {
      if (notice.what !== 'upserted' && notice.what !== 'deleted') return [];
      return notice.what === 'upserted' && notice.unchanged ? [] : [groupOf(notice.identity.name)];
    });
    yield {
      groups: [...new Set(groups)],
      interruptions: notices.filter((notice) => notice.what === 'interrupted'),
      ...(position && { position }),
    };
  }
}

/** `projectcalico.org` of `v3.projectcalico.org`; empty for `v1.`. */
const groupOf = (name: string): string => name.slice(name.indexOf('.') + 1);

/** Whether it is available, and who serves it. */
function isThere({ metadata, ...object }: ApiObject): Projection<string> {
  const { uid = '', resourceVersion = '', name } = metadata;
  const { spec, status } = object as {
    readonly spec?: { readonly service?: unknown };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  const available = status?.conditions?.find(({ type }) => type === 'Available')?.status;
  const content = `${available} ${JSON.stringify(spec?.service)}`;
  return { uid, resourceVersion, namespace: '', name, content };
}
