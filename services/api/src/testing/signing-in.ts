import { Problem } from '@margay/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { anyone, type Authority } from '../access/access.ts';
import type { OidcOptions } from '../sign-in/oidc-provider.ts';
import { CLIENT, cookieOf, REDIRECT_URI, SIGNED_OUT_URI, throughProvider } from './providers.ts';

export const MINUTE = 60_000;

/** A cluster that lets everybody see everything, under the name and the groups by which it knows them. */
export const authority: Authority = {
  ofToken: async () => {
    throw new Problem(401, 'Unauthorized', 'The token is not valid');
  },
  ofUser: ({ name, groups }) => ({ ...anyone.everybody!, name: [name, ...groups].join(' ') }),
};

/** A provider that is asked again after 15 minutes, and believed for four hours. */
export const optionsOf = (issuer: string, more: Partial<OidcOptions> = {}): OidcOptions => ({
  issuer,
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  scopes: 'openid profile email',
  title: 'Example',
  redirectUri: REDIRECT_URI,
  signedOutUri: SIGNED_OUT_URI,
  username: { claim: 'sub', prefix: 'oidc:' },
  groups: { claim: 'groups', prefix: 'oidc:' },
  belief: { askAgain: 15 * MINUTE, atMost: 240 * MINUTE },
  ...more,
});

/** By name. */
export type Cookies = ReadonlyMap<string, string>;

export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
  readonly cookies: Cookies;
}

/** Opens a page as a browser does that has these cookies. */
export async function open(
  app: NestFastifyApplication,
  url: string,
  cookies: Iterable<readonly [string, string]> = [],
): Promise<Answer> {
  const { statusCode, headers, body } = await app.inject({ url, headers: { cookie: cookieOf(cookies) } });
  const lines = [headers['set-cookie'] ?? []].flat();
  return {
    status: statusCode,
    location: String(headers['location']),
    body,
    cookies: new Map(lines.map((line) => line.split(';')[0]!.split('=') as [string, string])),
  };
}

export const path = (url: string) => new URL(url).pathname + new URL(url).search;

/** Signs in as a browser does: goes to the provider from the first replica, and comes back to the last. */
export async function signIn(apps: readonly NestFastifyApplication[], query = ''): Promise<Answer> {
  const start = await open(apps[0]!, `/login/oidc${query}`);
  if (start.status !== 302) return start;
  return open(apps.at(-1)!, path(await throughProvider(start.location)), start.cookies);
}

/** Who a browser is to the API; the status where it is nobody. */
export async function viewerOf(app: NestFastifyApplication, cookies: Cookies): Promise<string | number> {
  const answer = await open(app, '/api/v1/cluster', cookies);
  return answer.status === 200 ? (JSON.parse(answer.body) as { viewer: string }).viewer : answer.status;
}
