import { CLUSTER } from './hub-values.ts';
import {
  annotations,
  choice,
  duration,
  flag,
  NAME,
  named,
  section,
  text,
  texts,
  whole,
  type Values,
} from './value.ts';

const HEADER = '[A-Za-z0-9_-]+';

const oidc = section(
  'People sign in by an OpenID provider, where issuer is set: authorization code with PKCE. Roles are bound to its users and groups. The values of claims and prefixes are as the flags --oidc-… of the API server: set alike, names are the same.',
  {
    issuer: text('Its address.', '', 'https://\\S+'),
    clientId: text('Margay’s name there.'),
    secret: named(
      'A Secret with clientSecret; the client is a public one unless set. Its redirect URI is url with /login/oidc/callback.',
    ),
    name: {
      about: 'What the button is called.',
      initially: 'OpenID',
      schema: { type: 'string', minLength: 1, maxLength: 60 },
    },
    scopes: {
      about: 'What is asked for.',
      initially: 'openid profile email',
      schema: { type: 'string', pattern: '(^| )openid( |$)' },
    },
    askAgain: duration(
      'After how long it is asked again who somebody is, where it gives refresh tokens (many do for the scope offline_access).',
      '15m',
    ),
    maxAge: duration('How long what it said is believed where it cannot be asked again.', '4h'),
    usernameClaim: text('The claim that is the name.', 'sub', '.+'),
    usernamePrefix: text('Before names; the issuer and # unless set, and none with -.'),
    groupsClaim: text('The claim that is the groups.', 'groups', '.+'),
    groupsPrefix: text('Before groups.'),
    signOut: flag(
      'Whether whoever signs out is sent on to the provider to sign out there, too, where it offers that; url with / has to be one of the post-logout redirect URIs there.',
      true,
    ),
    caSecret: named('A Secret with ca.crt, where the provider’s certificate is of an authority of your own.'),
  },
);

const trustedHeaders = section(
  'A proxy of trustedProxies signs people in and says who they are, as oauth2-proxy does. From anybody else these headers are answered 401.',
  {
    enabled: flag('Whether it does.', false),
    user: text('The header of the name.', 'x-forwarded-user', HEADER),
    groups: text('The header of the groups.', 'x-forwarded-groups', HEADER),
    userPrefix: text('Before names.'),
    groupsPrefix: text('Before groups.'),
    secret: named('A Secret with secret, 16 characters or more: what the proxy has to send in secretHeader.'),
    secretHeader: text('The header of that.', 'x-margay-proxy-secret', HEADER),
    signOut: text(
      'Where people sign out of the proxy, like /oauth2/sign_out.',
      '',
      '/([^/\\\\\\s][^\\\\\\s]*)?',
    ),
  },
);

/** Who may come in and do what: people, and the product itself. */
export const ACCESS_VALUES: Values = {
  permissions: choice(
    'Who may see what: kubernetes asks the API server (TokenReview, SubjectAccessReview), of each of clusters its own; hub asks the one of this cluster about all clusters, by names (docs/permissions.md); token wants that of permissionsTokenSecret; none asks nobody.',
    'kubernetes',
    ['kubernetes', 'hub', 'token', 'none'],
  ),
  permissionsTokenSecret: named(
    'A Secret with token, of 16 characters or more, which everybody who asks has to give. Needed where permissions is token.',
  ),
  url: text(
    'Where people open the page, like https://margay.example.org; needed for oidc.',
    '',
    'https?://[^/\\s]+/?',
  ),
  tls: section(
    'The certificate of the dashboard and the REST API, where they are served by TLS 1.2 or newer; a proxy in front has its own (ingress.tls).',
    {
      secret: named(
        'A Secret with tls.crt and tls.key, as cert-manager makes them; a renewed one is taken without a restart. Plain HTTP unless set. Health and metrics of that pod are served with it, too.',
      ),
    },
  ),
  allowedHosts: texts(
    'Names that it may be opened under, beside that in url and the Service’s; any unless set. Others are answered 421.',
    '[A-Za-z0-9.:\\[\\]-]+',
  ),
  trustedProxies: texts(
    'Addresses and networks of the proxies in front (an ingress controller’s pods, say). Nobody else is believed to ask for somebody else.',
    '[0-9a-fA-F.:]+(/0*[1-9][0-9]{0,2})?',
  ),
  trustedProxiesSay: choice(
    'How they say for whom: x-forwarded (X-Forwarded-For, -Proto, -Host), or forwarded (RFC 7239). They must set these headers themselves.',
    'x-forwarded',
    ['x-forwarded', 'forwarded'],
  ),
  sessions: section('How long people stay signed in.', {
    lifetime: duration('A session at most.', '12h'),
    idle: duration('And without being used.', '1h'),
    perUser: whole('How many one person may have.', 32, 1, 1_000),
  }),
  limits: section('What one person may ask for; 0 is no limit.', {
    requestsPerSecond: whole('Requests a second.', 50, 0, 100_000),
    longRequests: whole('Requests that take long (exports …) at the same time.', 8, 0, 1_000),
  }),
  oidc,
  trustedHeaders,
  serviceAccount: section('The service accounts of the pods.', {
    create: flag('Whether they are made.', true),
    name: named('One for all parts, instead of one each.'),
    annotations: annotations('Annotations of all of them.'),
  }),
  rbac: section('Roles.', {
    create: flag('Whether Margay’s own roles are made and bound.', true),
    reports: flag(
      'Whether there are ClusterRoles to bind people to: …manage-reports (and export none; not in a hub), …export-reports, and one for each report in reportNames.',
      true,
    ),
    reportNames: texts(
      'Reports that single people may list and export: a ClusterRole …export-NAME each.',
      NAME,
    ),
    clusterNames: texts(
      'Clusters that single people may see, where permissions is hub: a ClusterRole …see-NAME each, beside …see-clusters for all.',
      CLUSTER,
      { uniqueItems: true },
    ),
    aggregate: flag(
      'Whether who has view, edit or admin of the whole cluster may see and export, or manage, reports. They tell more than view does: who changed what.',
      false,
    ),
  }),
};
