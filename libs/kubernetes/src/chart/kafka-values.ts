import { choice, flag, named, PORT, text, type Value, type Values } from './value.ts';

const BROKER = `([A-Za-z0-9._-]+|\\[[0-9a-fA-F:]+\\]):${PORT}`;

/** Several, with commas between them. */
export const listed = (one: string): string => `${one}(, *${one})*`;

/** Addresses of brokers. */
export const brokers = (about: string): Value => text(about, '', listed(BROKER));

/** What topics of an installation begin with. */
export const topicPrefix = (about: string): Value => text(about, '', '[A-Za-z0-9._-]+');

/** How brokers are reached and signed in to. */
export const wayToBrokers: Values = {
  tls: flag('Whether brokers are reached over TLS.', false),
  saslSecret: named('A Secret with username and password; no SASL unless set.'),
  saslMechanism: choice('How these are given.', 'scram-sha-512', ['plain', 'scram-sha-256', 'scram-sha-512']),
  caSecret: named('A Secret with ca.crt; the system’s authorities unless set.'),
  certSecret: named('A Secret with tls.crt and tls.key: the client certificate; none unless set.'),
};
