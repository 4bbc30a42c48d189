import { fields, list, text } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import type { Connection } from '../client/connection.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import { reflect } from '../watch/reflect.ts';

const SLICES: ApiResource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  namespaced: true,
};

/** The API servers of a cluster as they are now, or why nobody knows just now. */
export type ApiServers = { readonly servers: readonly string[] } | { readonly problem: string };

/** The name under which every API server of a cluster has its certificate. */
const SERVICE_NAME = 'kubernetes.default.svc';

/**
 * The addresses (`10.0.0.1:6443`) of the API servers behind the Service `kubernetes`, sorted, whenever they change. They come by
 * list and watch, so that nobody is asked again and again. Ends when the signal says so.
 */
export async function* followApiServers(
  client: KubernetesClient,
  signal: AbortSignal,
): AsyncGenerator<ApiServers> {
  const bySlice = new Map<string, readonly string[]>();
  let told: string | undefined;
  const batches = reflect(client, SLICES, {
    namespace: 'default',
    labelSelector: 'kubernetes.io/service-name=kubernetes',
    watchSeconds: 1_800,
    signal,
    project: (object) => ({
      uid: object.metadata.uid ?? object.metadata.name,
      resourceVersion: object.metadata.resourceVersion ?? '',
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name,
      content: addressesOf(object),
    }),
  });
  for await (const { notices, position } of batches) {
    for (const notice of notices) {
      if (notice.what === 'upserted') bySlice.set(notice.identity.name, notice.object);
      if (notice.what === 'deleted') bySlice.delete(notice.identity.name);
      if (notice.what === 'interrupted') yield { problem: notice.error.message };
    }
    const servers = [...new Set([...bySlice.values()].flat())].sort();
    if (position === undefined || servers.join() === told) continue;
    told = servers.join();
    yield { servers };
  }
}

/** The addresses with ports that an EndpointSlice has, of those that are ready. */
export function addressesOf(slice: ApiObject): readonly string[] {
  const ports = list(slice['ports']).map(fields);
  const port = (ports.find(({ name }) => name === 'https') ?? ports[0])?.['port'];
  if (typeof port !== 'number') return [];
  return list(slice['endpoints'])
    .map(fields)
    .filter(({ conditions }) => fields(conditions)['ready'] !== false)
    .flatMap(({ addresses }) => list(addresses).map(text))
    .filter((address) => address !== '')
    .map((address) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}

/** What is wrong with a text that should name API servers by their addresses; undefined where nothing is. */
export function apiServersProblem(addresses: readonly string[]): string | undefined {
  const odd = addresses.find((address) => !isAddress(address));
  if (odd !== undefined)
    return `${JSON.stringify(odd)} is no address of an API server: give host:port, as in 10.0.0.1:6443 or [fd00::1]:6443, with commas between them`;
  const twice = addresses.find((address, i) => addresses.indexOf(address) !== i);
  return twice === undefined ? undefined : `${twice} is given twice: name each API server once`;
}

/** `host:port`, with nothing before or behind it. */
function isAddress(text: string): boolean {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return false;
  return URL.canParse(`https://${text}`);
}

/**
 * The same connection to one API server alone. Its certificate is held against the same authority, by the name that all of them
 * have, since addresses come and go.
 *
 * @param address `10.0.0.1:6443`.
 */
export function connectionTo(connection: Connection, address: string): Connection {
  const { signIn } = connection;
  return {
    ...connection,
    server: new URL(`${connection.server.protocol}//${address}`),
    ...(signIn && {
      signIn: async (refused) => {
        const how = await signIn(refused);
        return { ...how, tls: { servername: SERVICE_NAME, ...how.tls } };
      },
    }),
  };
}
