import { flag, goDuration, isLoopback, isSafeAddress, list, whole, webAddress } from '@margay/runtime';
import type { TlsFiles } from '@margay/runtime/nest';
import * as z from 'zod';
import type { ApiOptions } from './api.module.ts';
import { nameIn, proxiesProblem } from './http/origin.ts';
import { OidcProvider, type OidcOptions } from './sign-in/oidc-provider.ts';
import { OIDC_CALLBACK } from './sign-in/sign-in.ts';
import type { TrustedHeaders } from './sign-in/trusted-headers.ts';

const minutes = () =>
  goDuration().refine((milliseconds) => milliseconds >= 60_000, 'it is too short: give 1m or more');
const headerName = (initially: string) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'it is no name of a header')
    .toLowerCase()
    .prefault(initially);

/** What is set of how people come in: names, proxies, sessions, sign-in. The api and one process of everything have the same. */
export const doorSettings = {
  API_URL: webAddress().optional().meta({
    description:
      'Where people open the page, like `https://margay.example.org`: an identity provider sends them back there.',
  }),
  API_TLS_CERT_FILE: z.string().optional().meta({
    description:
      'PEM file of the certificate that it is served with, health and metrics too, by TLS 1.2 or newer; read again when it changes. By plain HTTP unless set.',
  }),
  API_TLS_KEY_FILE: z.string().optional().meta({ description: 'PEM file of that certificate’s key.' }),
  API_HOSTS: list().prefault('').meta({
    description:
      'Names that the API may be reached under, with commas between them, beside that in API_URL; any unless set. Others are answered 421.',
  }),
  TRUSTED_PROXIES: list(proxiesProblem).prefault('').meta({
    description:
      'Addresses and networks of the proxies in front, with commas between them. What any other sender says of whom it asks for is not believed.',
  }),
  TRUSTED_PROXIES_SAY: z.enum(['x-forwarded', 'forwarded']).default('x-forwarded').meta({
    description:
      'How these proxies say it: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239). They must set these headers themselves; the others are not looked at.',
  }),
  SESSION_LIFETIME: minutes()
    .prefault('12h')
    .meta({ description: 'How long a session lasts at most, however it is used; as Go writes durations.' }),
  SESSION_IDLE: minutes()
    .prefault('1h')
    .meta({ description: 'How long a session lasts without being used.' }),
  SESSIONS_PER_USER: whole(1, 1_000).default(32).meta({
    description:
      'How many sessions one person may have; where they begin another, the one that was not used for longest ends.',
  }),
  API_REQUESTS_PER_SECOND: whole(0, 100_000).default(50).meta({
    description:
      'How many requests a second one person may send in the long run, ten times as many at once; before it is known who asks, one address. More are answered 429. 0 is no limit.',
  }),
  API_LONG_REQUESTS: whole(0, 1_000).default(8).meta({
    description:
      'How many requests of one person that take long (exports, comparisons, timelines, the cluster at an instant) are answered at the same time. 0 is no limit.',
  }),
  OIDC_ISSUER: webAddress().optional().meta({
    description:
      'The OpenID provider by which people sign in, as it calls itself; none unless set. By `http` only on this machine.',
  }),
  OIDC_CLIENT_ID: z
    .string()
    .optional()
    .meta({
      description: `Margay’s client there, with API_URL and \`${OIDC_CALLBACK}\` as its redirect URI.`,
    }),
  OIDC_CLIENT_SECRET: z
    .string()
    .optional()
    .meta({ description: 'The secret of that client; it is a public one unless set.', secret: true }),
  OIDC_SCOPES: z
    .string()
    .default('openid profile email')
    .meta({ description: 'What is asked for there, with spaces in between; `openid` is needed.' }),
  OIDC_ASK_AGAIN: minutes().prefault('15m').meta({
    description:
      'After how long the provider is asked again who somebody is, where it gives refresh tokens (often for the scope `offline_access`): what it took from them since is gone within a minute more.',
  }),
  OIDC_MAX_AGE: minutes().prefault('4h').meta({
    description:
      'How long what the provider said of somebody is believed where it cannot be asked again, or does not answer. Then they have to sign in again.',
  }),
  OIDC_SIGN_OUT: flag(true).meta({
    description:
      'Whether whoever signs out is sent on to the provider to sign out there too, where it offers that. API_URL and `/` has to be one of the client’s post-logout redirect URIs.',
  }),
  OIDC_NAME: z.string().max(60).default('OpenID').meta({ description: 'What the button is called.' }),
  OIDC_USERNAME_CLAIM: z
    .string()
    .default('sub')
    .meta({ description: 'The claim of the ID token that is the user’s name, as --oidc-username-claim.' }),
  OIDC_USERNAME_PREFIX: z.string().optional().meta({
    description:
      'What is put before it, as --oidc-username-prefix: the issuer and `#` unless set or the claim is `email`; `-` for nothing.',
  }),
  OIDC_GROUPS_CLAIM: z
    .string()
    .default('groups')
    .meta({ description: 'The claim that lists the user’s groups, as --oidc-groups-claim.' }),
  OIDC_GROUPS_PREFIX: z
    .string()
    .default('')
    .meta({ description: 'What is put before each of them, as --oidc-groups-prefix.' }),
  TRUSTED_HEADERS: flag(false).meta({
    description:
      'Whether a proxy of TRUSTED_PROXIES says who somebody is, in the headers below, as oauth2-proxy does. From anybody else these headers are answered 401.',
  }),
  TRUSTED_HEADERS_USER: headerName('x-forwarded-user').meta({
    description: 'The header with the user’s name; `x-forwarded-email` and others will do.',
  }),
  TRUSTED_HEADERS_GROUPS: headerName('x-forwarded-groups').meta({
    description: 'The header with the user’s groups, with commas between them.',
  }),
  TRUSTED_HEADERS_USER_PREFIX: z.string().default('').meta({ description: 'What is put before the name.' }),
  TRUSTED_HEADERS_GROUPS_PREFIX: z
    .string()
    .default('')
    .meta({ description: 'What is put before each group.' }),
  TRUSTED_HEADERS_SECRET: z.string().min(16).optional().meta({
    description:
      'What the proxy has to send beside them, so that no other process at its address is believed.',
    secret: true,
  }),
  TRUSTED_HEADERS_SECRET_HEADER: headerName('x-margay-proxy-secret').meta({
    description: 'The header in which it sends that.',
  }),
  TRUSTED_HEADERS_SIGN_OUT: z
    .string()
    .regex(/^\/(?![/\\])[^\\\s]*$/, 'it is no path of this host')
    .optional()
    .meta({ description: 'Where people sign out of the proxy: a path, like `/oauth2/sign_out`.' }),
};

/** Those settings, parsed. */
export type DoorConfig = z.output<z.ZodObject<typeof doorSettings>>;

type Problem = readonly [setting: keyof DoorConfig, message: string];

/** What of the settings does not fit together, by the setting that is to be changed. */
export function doorProblems(
  settings: DoorConfig,
  permissions: 'kubernetes' | 'hub' | 'token' | 'none',
): Problem[] {
  const { OIDC_ISSUER: issuer, TRUSTED_HEADERS: isByHeaders } = settings;
  const problems: Problem[] = [];
  if (issuer !== undefined && settings.OIDC_CLIENT_ID === undefined)
    problems.push(['OIDC_CLIENT_ID', 'OIDC_ISSUER is set, so that the client there is needed']);
  if (issuer !== undefined && settings.API_URL === undefined)
    problems.push(['API_URL', 'OIDC_ISSUER is set, so that it has to know where to send people back to']);
  if (issuer !== undefined && !isSafeAddress(new URL(issuer)))
    problems.push(['OIDC_ISSUER', 'anybody in between could be it: give an address by https']);
  if (!settings.OIDC_SCOPES.split(' ').includes('openid'))
    problems.push(['OIDC_SCOPES', '"openid" is not among them']);
  if (settings.OIDC_ASK_AGAIN >= settings.OIDC_MAX_AGE)
    problems.push([
      'OIDC_ASK_AGAIN',
      'it is no shorter than OIDC_MAX_AGE, so that nobody would ever be asked',
    ]);
  for (const [given, other] of [
    ['API_TLS_CERT_FILE', 'API_TLS_KEY_FILE'],
    ['API_TLS_KEY_FILE', 'API_TLS_CERT_FILE'],
  ] as const)
    if (settings[given] !== undefined && settings[other] === undefined)
      problems.push([other, 'certificate and key belong together: set both or none']);
  for (const [name, isOn] of [
    ['OIDC_ISSUER', issuer !== undefined],
    ['TRUSTED_HEADERS', isByHeaders],
  ] as const)
    if (isOn && permissions !== 'kubernetes' && permissions !== 'hub')
      problems.push([
        name,
        `permissions are "${permissions}", so that nobody could say what such a user may do: it needs "kubernetes" or "hub"`,
      ]);
  if (isByHeaders && settings.TRUSTED_PROXIES.length === 0)
    problems.push([
      'TRUSTED_PROXIES',
      'TRUSTED_HEADERS is on, so that it must be said whose headers are believed',
    ]);
  return problems;
}

/** The files of its own certificate; undefined where it is served by plain HTTP. */
export function tlsOf({ API_TLS_CERT_FILE: cert, API_TLS_KEY_FILE: key }: DoorConfig): TlsFiles | undefined {
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/**
 * The name that browsers are told to ask by TLS alone: that of the address that people open, where it is by https. A port of its own says that
 * the name has others, which browsers would not reach any more without TLS; so would all of this machine under its own names.
 */
function httpsOnlyOf({ API_URL: url }: DoorConfig): string | undefined {
  const { protocol, port, host } = new URL(url ?? 'http://none');
  return protocol === 'https:' && port === '' && !isLoopback(host) ? nameIn(host) : undefined;
}

/** The name in the address that people open. */
export const ownHosts = ({ API_URL: url }: DoorConfig): string[] =>
  url === undefined ? [] : [nameIn(new URL(url).host)];

/** The door as the settings have it. */
export function doorOf(
  settings: DoorConfig,
): Pick<ApiOptions, 'hosts' | 'httpsOnly' | 'proxies' | 'sessions' | 'signIn' | 'limits'> {
  const oidc = oidcOf(settings);
  const httpsOnly = httpsOnlyOf(settings);
  return {
    ...(httpsOnly !== undefined && { httpsOnly }),
    ...(settings.API_HOSTS.length > 0 && { hosts: [...settings.API_HOSTS, ...ownHosts(settings)] }),
    proxies: { networks: settings.TRUSTED_PROXIES, headers: settings.TRUSTED_PROXIES_SAY },
    sessions: {
      lifetime: settings.SESSION_LIFETIME,
      idle: settings.SESSION_IDLE,
      ofOne: settings.SESSIONS_PER_USER,
    },
    limits: { perSecond: settings.API_REQUESTS_PER_SECOND, longAtOnce: settings.API_LONG_REQUESTS },
    signIn: {
      ...(oidc && { oidc: new OidcProvider(oidc) }),
      ...(settings.TRUSTED_HEADERS && { headers: headersOf(settings) }),
    },
  };
}

function oidcOf(settings: DoorConfig): OidcOptions | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, API_URL: url } = settings;
  if (issuer === undefined || clientId === undefined || url === undefined) return undefined;
  const { OIDC_USERNAME_CLAIM: claim, OIDC_USERNAME_PREFIX: given } = settings;
  const usual = claim === 'email' ? '' : `${issuer}#`;
  return {
    issuer,
    clientId,
    ...(settings.OIDC_CLIENT_SECRET !== undefined && { clientSecret: settings.OIDC_CLIENT_SECRET }),
    scopes: settings.OIDC_SCOPES,
    belief: { askAgain: settings.OIDC_ASK_AGAIN, atMost: settings.OIDC_MAX_AGE },
    title: settings.OIDC_NAME,
    redirectUri: new URL(OIDC_CALLBACK, url).href,
    ...(settings.OIDC_SIGN_OUT && { signedOutUri: new URL('/', url).href }),
    username: { claim, prefix: given === '-' ? '' : (given ?? usual) },
    groups: { claim: settings.OIDC_GROUPS_CLAIM, prefix: settings.OIDC_GROUPS_PREFIX },
  };
}

function headersOf(settings: DoorConfig): TrustedHeaders {
  const { TRUSTED_HEADERS_SECRET: value, TRUSTED_HEADERS_SIGN_OUT: signOut } = settings;
  return {
    user: settings.TRUSTED_HEADERS_USER,
    groups: settings.TRUSTED_HEADERS_GROUPS,
    userPrefix: settings.TRUSTED_HEADERS_USER_PREFIX,
    groupsPrefix: settings.TRUSTED_HEADERS_GROUPS_PREFIX,
    ...(value !== undefined && { secret: { header: settings.TRUSTED_HEADERS_SECRET_HEADER, value } }),
    ...(signOut !== undefined && { signOut }),
  };
}
