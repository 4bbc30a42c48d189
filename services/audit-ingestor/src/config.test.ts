import { readConfig } from '@margay/runtime';
import { expect, test } from 'vitest';
import { config } from './config.ts';

const BROKERS = { KAFKA_BROKERS: 'k:9092', KUBERNETES_WATCH: 'true' };
const TLS = { AUDIT_WEBHOOK_TLS_CERT_FILE: '/c', AUDIT_WEBHOOK_TLS_KEY_FILE: '/k' };
const PORT = { AUDIT_WEBHOOK_PORT: '8443' };

test('brokers and a source are all that must be set', () => {
  expect(readConfig(config, BROKERS)).toMatchObject({
    CLUSTER_NAME: 'cluster',
    AUDIT_LOG_FILES: [],
    AUDIT_WEBHOOK_CLUSTERS: [],
    AUDIT_WEBHOOK_BODY_BYTES_MAX: 67_108_864,
    AUDIT_WEBHOOK_INSECURE: false,
  });
});

test.each<[Record<string, string>, string]>([
  [{ ...PORT, ...TLS, AUDIT_WEBHOOK_TOKENS_FILE: '/t' }, 'TLS and tokens'],
  [{ ...PORT, ...TLS, AUDIT_WEBHOOK_CLIENT_CA_FILE: '/ca' }, 'TLS and client certificates'],
  [{ ...PORT, AUDIT_WEBHOOK_INSECURE: 'true' }, 'neither, on purpose'],
  [
    {
      ...PORT,
      ...TLS,
      AUDIT_WEBHOOK_OIDC_ISSUER: 'https://accounts.google.com',
      AUDIT_WEBHOOK_OIDC_AUDIENCE: 'x',
      AUDIT_WEBHOOK_OIDC_NAMES: 'push@p.iam.gserviceaccount.com',
    },
    'TLS and tokens of a provider',
  ],
  [
    {
      ...PORT,
      ...TLS,
      AUDIT_WEBHOOK_OIDC_ISSUER: 'http://127.0.0.1:9000',
      AUDIT_WEBHOOK_OIDC_AUDIENCE: 'x',
      AUDIT_WEBHOOK_OIDC_NAMES: 'push',
    },
    'a provider on this machine',
  ],
])('%j is accepted (%s)', (environment) => {
  expect(readConfig(config, { ...BROKERS, ...environment }).AUDIT_WEBHOOK_PORT).toBe(8443);
});

test.each([
  { AUDIT_LOG_FILES: '/audit.log' },
  { AUDIT_TOPIC: 'raw' },
  { ...PORT, AUDIT_WEBHOOK_INSECURE: 'true' },
])('%j is a source by itself', (source) => {
  expect(() => readConfig(config, { ...BROKERS, KUBERNETES_WATCH: 'false', ...source })).not.toThrow();
});

test.each([
  [{ KUBERNETES_WATCH: 'false' }, 'KUBERNETES_WATCH is "false": nothing would be taken from anywhere'],
  [
    { KUBERNETES_WATCH: 'false', CANARY: 'true', AUDIT_LOG_FILES: '' },
    'or AUDIT_LOG_FILES, AUDIT_WEBHOOK_PORT or AUDIT_TOPIC',
  ],
  [{ AUDIT_KAFKA_BROKERS: 'hub:9093' }, 'it is about the topic of audit events: set AUDIT_TOPIC, too'],
  [
    { AUDIT_TOPIC: 't', AUDIT_KAFKA_USERNAME: 'u', AUDIT_KAFKA_PASSWORD: 'p' },
    'it is about other brokers: set AUDIT_KAFKA_BROKERS, too',
  ],
  [{ ...PORT }, 'AUDIT_WEBHOOK_TLS_CERT_FILE: an open port needs TLS'],
  [{ ...PORT, ...TLS }, 'AUDIT_WEBHOOK_TOKENS_FILE: an open port needs to know who may send'],
  [
    { ...PORT, ...TLS, AUDIT_WEBHOOK_OIDC_ISSUER: 'https://accounts.google.com' },
    'AUDIT_WEBHOOK_OIDC_NAMES: anybody may have a token of that provider',
  ],
  [
    { AUDIT_WEBHOOK_OIDC_ISSUER: 'http://id.example.org' },
    'AUDIT_WEBHOOK_OIDC_ISSUER is "http://id.example.org": anybody in between could be it: give an address by https',
  ],
  [{ AUDIT_WEBHOOK_OIDC_AUDIENCE: 'x' }, 'AUDIT_WEBHOOK_OIDC_ISSUER: an audience and names are about'],
  [{ ...PORT, AUDIT_WEBHOOK_TOKENS_FILE: '/t' }, 'AUDIT_WEBHOOK_TLS_CERT_FILE: an open port needs TLS'],
  [{ AUDIT_WEBHOOK_TLS_CERT_FILE: '/c' }, 'AUDIT_WEBHOOK_TLS_KEY_FILE: certificate and key belong together'],
  [{ AUDIT_WEBHOOK_CLIENT_CA_FILE: '/ca' }, 'AUDIT_WEBHOOK_TLS_CERT_FILE: client certificates need TLS'],
  [
    { CANARY: 'true', CANARY_SERVERS: 'https://10.0.0.1:6443' },
    'CANARY_SERVERS is "https://10.0.0.1:6443": "https://10.0.0.1:6443" is no address of an API server: give host:port',
  ],
  [
    { CANARY_SERVERS: '10.0.0.1:6443' },
    'CANARY_SERVERS is "10.0.0.1:6443": it is about canaries: set CANARY=true, too',
  ],
  [
    { CANARY_NAMESPACE: 'margay' },
    'CANARY_NAMESPACE is "margay": it is about canaries: set CANARY=true, too',
  ],
  [{ CLUSTER_NAME: 'a/b' }, 'CLUSTER_NAME is "a/b": use letters, digits, dots and dashes'],
])('%j is refused', (environment, message) => {
  expect(() => readConfig(config, { ...BROKERS, ...environment })).toThrow(message);
});
