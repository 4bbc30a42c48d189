import { flag, isSafeAddress, list, whole, webAddress } from '@margay/runtime';
import * as z from 'zod';

const MEBIBYTE = 1024 * 1024;

/** The settings of a receiver, by the last part of their names. */
const settingsFor = (prefix: string, what: string) => ({
  PORT: whole(0, 65_535)
    .optional()
    .meta({ description: `Port on which ${what} are taken over HTTP; none are unless set.` }),
  HOST: z.string().default('0.0.0.0').meta({ description: 'Address of that port.' }),
  CLUSTERS: list().prefault('').meta({
    description:
      'Clusters that may be posted for, with commas between them; `CLUSTER_NAME` unless set. Others are answered 404.',
  }),
  TLS_CERT_FILE: z.string().optional().meta({
    description: 'PEM file of the certificate that senders see; read again when it changes.',
  }),
  TLS_KEY_FILE: z.string().optional().meta({ description: 'PEM file of that certificate’s key.' }),
  CLIENT_CA_FILE: z.string().optional().meta({
    description: 'PEM file of the authorities of client certificates; with it, every sender must have one.',
  }),
  CLIENT_NAMES: list().prefault('').meta({
    description:
      'Names in client certificates that are let in: `name=cluster`, or `name` where one cluster may be posted for. Any name unless set.',
  }),
  TOKENS_FILE: z.string().optional().meta({
    description:
      'File of bearer tokens, one a line, each followed by the clusters that it is good for; where one may be posted for, it need not be named. Read again when it changes.',
  }),
  OIDC_ISSUER: webAddress().optional().meta({
    description:
      'OpenID provider whose signed tokens are bearer tokens, too, as Pub/Sub sends them: `https://accounts.google.com`. By `http` only on this machine.',
  }),
  OIDC_AUDIENCE: z.string().optional().meta({ description: 'The audience that these must be for.' }),
  OIDC_NAMES: list().prefault('').meta({
    description:
      'Whose they may be, by verified `email` or by `sub`: `name=cluster`, or `name` where one cluster may be posted for.',
  }),
  INSECURE: flag(false).meta({
    description: `Takes ${what} without TLS and from anybody. For trials: whoever reaches the port can write evidence.`,
  }),
  BODY_BYTES_MAX: whole(MEBIBYTE)
    .default(64 * MEBIBYTE)
    .meta({
      description: 'The largest body that is taken. What is larger is lost and said to be.',
      unit: 'bytes',
    }),
  IN_FLIGHT_BYTES_MAX: whole(MEBIBYTE)
    .default(192 * MEBIBYTE)
    .meta({
      description: `How much may be read and not yet published. Above it senders are told to come again; memory use is a few times \`${prefix}_IN_FLIGHT_BYTES_MAX\`.`,
      unit: 'bytes',
    }),
});

type Settings = ReturnType<typeof settingsFor>;

/** A receiver's settings, parsed, without the prefix of their names. */
export type ReceiverConfig = z.output<z.ZodObject<Settings>>;

type Prefixed<P extends string, T> = { [K in keyof T as K extends string ? `${P}_${K}` : never]: T[K] };

/**
 * The settings of a receiver: port, TLS, who may send, limits; each name begins with the prefix.
 *
 * @param what what is taken, as a plural.
 */
export function receiverSettings<P extends string>(prefix: P, what: string): Prefixed<P, Settings> {
  const entries = Object.entries(settingsFor(prefix, what)).map(([name, setting]) => [
    `${prefix}_${name}`,
    setting,
  ]);
  return Object.fromEntries(entries) as Prefixed<P, Settings>;
}

/** The parsed settings of one receiver among all of a service. */
export function receiverConfigOf<P extends string>(
  prefix: P,
  config: Prefixed<P, ReceiverConfig>,
): ReceiverConfig {
  const entries = Object.entries(config).flatMap(([name, value]) =>
    name.startsWith(`${prefix}_`) ? [[name.slice(prefix.length + 1), value] as const] : [],
  );
  return Object.fromEntries(entries) as ReceiverConfig;
}

/** What is wrong with a receiver's settings taken together, by the setting that should change. */
export function receiverProblems(
  prefix: string,
  config: ReceiverConfig,
): { name: string; message: string }[] {
  const {
    PORT: port,
    TLS_CERT_FILE: cert,
    TLS_KEY_FILE: key,
    CLIENT_CA_FILE: ca,
    TOKENS_FILE: tokens,
    OIDC_ISSUER: issuer,
  } = config;
  const open = port !== undefined && !config.INSECURE;
  const trial = `for a trial set ${prefix}_INSECURE=true`;
  const problems: [wrong: boolean, name: keyof ReceiverConfig, message: string][] = [
    [
      cert !== undefined && key === undefined,
      'TLS_KEY_FILE',
      'certificate and key belong together: set both or none',
    ],
    [
      cert === undefined && key !== undefined,
      'TLS_CERT_FILE',
      'certificate and key belong together: set both or none',
    ],
    [
      ca !== undefined && cert === undefined,
      'TLS_CERT_FILE',
      'client certificates need TLS: set certificate and key',
    ],
    [open && cert === undefined, 'TLS_CERT_FILE', `an open port needs TLS; ${trial}`],
    [
      open && ca === undefined && tokens === undefined && issuer === undefined,
      'TOKENS_FILE',
      `an open port needs to know who may send: set it, ${prefix}_CLIENT_CA_FILE or ${prefix}_OIDC_ISSUER; ${trial}`,
    ],
    [
      issuer !== undefined && !isSafeAddress(new URL(issuer)),
      'OIDC_ISSUER',
      'anybody in between could be it: give an address by https',
    ],
    [
      issuer !== undefined && config.OIDC_AUDIENCE === undefined,
      'OIDC_AUDIENCE',
      'a provider signs tokens for many: say which audience these have',
    ],
    [
      issuer !== undefined && config.OIDC_NAMES.length === 0,
      'OIDC_NAMES',
      'anybody may have a token of that provider: say whose are let in',
    ],
    [
      issuer === undefined && (config.OIDC_AUDIENCE !== undefined || config.OIDC_NAMES.length > 0),
      'OIDC_ISSUER',
      'an audience and names are about the tokens of a provider: say which',
    ],
  ];
  return problems.flatMap(([wrong, name, message]) =>
    wrong ? [{ name: `${prefix}_${name}`, message }] : [],
  );
}
