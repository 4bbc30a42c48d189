import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BASE, OPERATIONS, RIGHTS, type Operation } from '@margay/api-contract';
import { expect, onTestFinished } from 'vitest';
import { ownFolder } from './margay.ts';

/** Two clusters on one cell. */
export const CLUSTERS = ['alpha', 'beta'] as const;
export type Cluster = (typeof CLUSTERS)[number];
export const other = (cluster: Cluster): Cluster => (cluster === 'alpha' ? 'beta' : 'alpha');

/** The token of who sends for a cluster. */
export const senderOf = (cluster: Cluster) => `sends-for-${cluster}`;
/** The token of who views it. */
export const viewerOf = (cluster: Cluster) => `views-${cluster}`;

/** An API server that knows the token of its own viewer, who may do everything there, and nobody else; as a kubeconfig. */
export async function apiServerOf(cluster: Cluster): Promise<string> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const { kind, spec } = JSON.parse(text === '' ? '{}' : text) as {
        kind?: string;
        spec?: { token?: string };
      };
      // In both somebody is called the same.
      const user = { username: 'viewer', groups: [] };
      const isKnown = spec?.token === viewerOf(cluster);
      const status =
        kind === 'TokenReview' ? { authenticated: isKnown, ...(isKnown && { user }) } : { allowed: true };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const file = join(ownFolder(), 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: {} }],
    }),
  );
  return file;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** What stands in paths and queries for a route of a cluster that is served: what is new here has to be said. */
export function addressWithin(operation: Operation, ids: readonly string[]): string {
  const VALUES: Readonly<Record<string, string>> = {
    id: ids[0]!,
    other: ids[0]!,
    parent: 'none',
    name: operation.path.endsWith('downloads/{name}') ? 'report.json' : 'inventory',
    kind: 'endpoints',
    auditId: 'none',
    level: '0',
    place: '000.p/1',
  };
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = VALUES[name];
    if (value === undefined) throw new Error(`Say what ${name} of ${operation.path} is`);
    return value;
  });
  const query = new Map<string, string>([
    ['/runs/{id}/timeline', 'endpoint=Pod.v1(shop/web-1)'],
    ['/state', 'at=2026-11-24T00:18:00Z'],
    ['/log/growth', 'from=0&to=1'],
    ['/reports/{name}/runs', 'from=2026-11-24T00:00:00Z&to=2026-11-24T00:01:00Z'],
  ]).get(operation.path);
  return `${BASE}${path}${query === undefined ? '' : `?${query}`}`;
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
}

/** The answer; of a stream its beginning. */
async function ask(
  url: string,
  { method }: Pick<Operation, 'method'>,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const stop = new AbortController();
  const answer = await fetch(url, { method: method.toUpperCase(), headers, signal: stop.signal });
  const isStream = answer.headers.get('content-type')?.includes('event-stream') === true;
  const text = isStream ? '' : await answer.text();
  stop.abort();
  return { status: answer.status, text, cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0]! };
}

const of = (url: string, cluster: Cluster) => `${url}${url.includes('?') ? '&' : '?'}cluster=${cluster}`;

/** What they ask for is not there, though they may: no GlobalReport is scheduled, no run is over many clusters, nothing is logged. */
const NEEDS_MORE: ReadonlySet<string> = new Set([
  'parentRun',
  'askRun',
  'revise',
  'change',
  'compare',
  'timeline',
  'checkpoint',
  'tile',
  'entries',
  'growth',
]);

/**
 * Asks for every operation of the API, and of each cluster: as the viewer of the other one and as who sends for it, by token and by session.
 *
 * @param api where both are served. @param ids of the archived runs of each.
 */
export async function expectNoCrossing(
  api: string,
  ids: ReadonlyMap<Cluster, readonly string[]>,
): Promise<void> {
  const session = Object.fromEntries(
    await Promise.all(
      CLUSTERS.map(async (cluster) => {
        const { cookie, status } = await ask(
          of(`${api}${BASE}/session`, cluster),
          OPERATIONS.signIn,
          bearer(viewerOf(cluster)),
        );
        expect(status).toBeLessThan(300);
        return [cluster, { cookie }] as const;
      }),
    ),
  ) as Record<Cluster, { cookie: string }>;

  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    // Whoever ends a session has none after that: what comes later needs it.
    if (id === 'signOut' || id === 'signOutEverywhere') continue;
    for (const cluster of CLUSTERS) {
      const own = `${api}${addressWithin(operation, ids.get(cluster)!)}`;
      const strangers = [
        bearer(viewerOf(other(cluster))),
        session[other(cluster)],
        bearer(senderOf(cluster)),
      ];
      const isOpen = !RIGHTS[operation.right].signedIn;
      for (const headers of strangers) {
        const { status, text } = await ask(of(own, cluster), operation, headers);
        if (isOpen) expect([id, ids.get(cluster)!.filter((run) => text.includes(run))]).toEqual([id, []]);
        else expect([id, status]).toEqual([id, 401]);
      }
      // Runs of the one are not there in the other, whoever asks.
      const elsewhere = await ask(of(own, other(cluster)), operation, bearer(viewerOf(other(cluster))));
      if ((operation.runs ?? []).length > 0) expect([id, elsewhere.status]).toEqual([id, 404]);
      if (elsewhere.status < 300)
        expect([id, ids.get(cluster)!.filter((run) => elsewhere.text.includes(run))]).toEqual([id, []]);
      // And who is of the cluster is served: else the rest would show nothing.
      for (const headers of [bearer(viewerOf(cluster)), session[cluster]]) {
        const { status, text } = await ask(of(own, cluster), operation, headers);
        // Nor is there a word of the other one: that it is there is told to whom it knows.
        expect([id, text.includes(other(cluster))]).toEqual([id, false]);
        if (NEEDS_MORE.has(id)) expect([401, 403]).not.toContain(status);
        else
          expect([id, cluster, Math.floor(status / 100), text.slice(0, 300)]).toEqual([
            id,
            cluster,
            2,
            expect.any(String),
          ]);
      }
    }
  }
  const ended = await ask(of(`${api}${BASE}/session`, 'beta'), OPERATIONS.signOut, session.alpha);
  expect(ended.status).toBeLessThan(500);
  for (const cluster of CLUSTERS)
    expect((await ask(of(`${api}${BASE}/runs`, cluster), OPERATIONS.runs, session[cluster])).status).toBe(
      200,
    );
  const everywhere = of(`${api}${BASE}/sessions`, 'beta');
  expect((await ask(everywhere, OPERATIONS.signOutEverywhere, bearer(viewerOf('alpha')))).status).toBe(401);
  expect((await ask(everywhere, OPERATIONS.sessions, bearer(viewerOf('beta')))).status).toBe(200);
}
