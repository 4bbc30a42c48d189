import { openMetrics, Problem, silentLog, type Log } from '@margay/runtime';
import { askForRun, cellOver, openEmbedded, type Stores } from '@margay/storage';
import { CELL, STORES } from '@margay/storage/nest';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { onTestFinished } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import { ApiModule, type ApiOptions } from '../api.module.ts';
import { apiWith } from './api-with.ts';

const CLUSTERS = ['alpha', 'beta'];
export const SPAN = { start: 1_000_000, end: 2_000_000 };

/** Each cluster's API server knows its own tokens, and in each somebody is called the same. */
const authorityOf = (cluster: string, shown: string[] = []): Authority => {
  const viewer = (name: string) => ({ ...anyone.everybody!, name });
  return {
    async ofToken(token) {
      shown.push(`${token} to ${cluster}`);
      if (token !== `token-of-${cluster}`)
        throw new Problem(401, 'Unauthorized', 'The token is not valid (any more): sign in again.');
      return viewer('system:serviceaccount:shop:auditor');
    },
    ofUser: (user) => ({ ...viewer(`${user.name} in ${cluster}`), user }),
  };
};

export interface BothOptions extends Partial<Omit<ApiOptions, 'access'>> {
  readonly isOneAuthority?: boolean;
  /** Those that there are; both unless given. */
  readonly names?: readonly string[];
  /** Where sessions are kept. */
  readonly sessionsIn?: Stores;
  /** Which token was shown to which cluster. */
  readonly shown?: string[];
  /** Who may see what of the other one; the cluster itself says it unless given. */
  readonly access?: (cluster: string) => Authority;
  /** Who may see what of the first one; it says it itself unless given. */
  readonly ofFirst?: Authority;
  readonly log?: Log;
}

/** One API over the stores of both; in each the same report has one run. */
export async function apiOfBoth({
  isOneAuthority = false,
  log = silentLog,
  names = CLUSTERS,
  sessionsIn,
  shown = [],
  access = (cluster) => authorityOf(cluster, shown),
  ofFirst,
  ...options
}: BothOptions = {}) {
  const stores = new Map(names.map((cluster) => [cluster, openEmbedded(':memory:')] as const));
  const runs: Record<string, string> = {};
  for (const [cluster, own] of stores) {
    const report = { name: 'daily', spec: { reportType: 'inventory' } };
    runs[cluster] = (await askForRun(own, cluster, report, SPAN, SPAN.end)).window.id;
  }
  const [first = ''] = names;
  if (sessionsIn) stores.set(first, { ...stores.get(first)!, sessions: sessionsIn.sessions });
  const cell = cellOver(stores as ReadonlyMap<string, Stores>);
  const given = {
    module: class Given {},
    providers: [
      { provide: CELL, useValue: cell },
      { provide: STORES, useValue: cell.of(first) },
    ],
    exports: [CELL, STORES],
  };
  const others = { access: isOneAuthority ? () => anyone : access, isOneAuthority };
  const metrics = openMetrics({ defaults: false });
  const accessOfFirst = () => ofFirst ?? (isOneAuthority ? anyone : authorityOf(first, shown));
  const api = ApiModule.over({ cluster: first, access: accessOfFirst, others, ...options }, given);
  const app = await apiWith([api], { log, metrics });
  onTestFinished(() => app.close());
  return { app, runs, cell, metrics };
}

export interface Asked {
  readonly token?: string;
  readonly cookie?: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
}

export async function ask(
  app: NestFastifyApplication,
  path: string,
  { token, cookie, method = 'GET' }: Asked = {},
) {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(cookie !== undefined && { cookie }),
  };
  const answer = await app.inject({ method, url: `/api/v1${path}`, headers });
  return {
    status: answer.statusCode,
    body: answer.json<{ items?: readonly Record<string, unknown>[]; cluster?: string }>(),
    cookie: String(answer.headers['set-cookie'] ?? '').split(';')[0]!,
  };
}
