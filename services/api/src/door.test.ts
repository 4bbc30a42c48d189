import { readConfig } from '@margay/runtime';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { config } from './config.ts';
import { doorOf, doorProblems, doorSettings } from './door.ts';

const ELASTIC = { ELASTICSEARCH_URLS: 'http://elasticsearch:9200' };
const OIDC = {
  API_PERMISSIONS: 'kubernetes',
  API_URL: 'https://margay.example.org',
  OIDC_ISSUER: 'https://id.example.org',
  OIDC_CLIENT_ID: 'margay',
  OIDC_CLIENT_SECRET: 'hunter2-hunter2',
};
const PROXY = { API_PERMISSIONS: 'kubernetes', TRUSTED_HEADERS: 'true', TRUSTED_PROXIES: '10.0.0.0/8' };

const { API_URL: _url, ...withoutUrl } = OIDC;
const { OIDC_CLIENT_ID: _id, ...withoutClient } = OIDC;

test.each<[string, Record<string, string>, RegExp]>([
  ['OIDC without permissions', { ...OIDC, API_PERMISSIONS: 'none' }, /OIDC_ISSUER.*needs "kubernetes"/],
  ['OIDC without an address', withoutUrl, /API_URL.*send people back/],
  ['OIDC without a client', withoutClient, /OIDC_CLIENT_ID.*client there is needed/],
  ['OIDC without TLS', { ...OIDC, OIDC_ISSUER: 'http://id.example.org' }, /OIDC_ISSUER.*https/],
  ['OIDC without its scope', { ...OIDC, OIDC_SCOPES: 'profile email' }, /OIDC_SCOPES.*"openid"/],
  [
    'headers without proxies',
    { ...PROXY, TRUSTED_PROXIES: '' },
    /TRUSTED_PROXIES.*whose headers are believed/,
  ],
  ['headers of everybody', { ...PROXY, TRUSTED_PROXIES: '0.0.0.0/0' }, /TRUSTED_PROXIES.*everybody/],
  [
    'headers of everybody by IPv6',
    { ...PROXY, TRUSTED_PROXIES: '10.0.0.1,::/0' },
    /TRUSTED_PROXIES.*everybody/,
  ],
  [
    'headers where nobody is asked',
    { ...PROXY, API_PERMISSIONS: 'none' },
    /TRUSTED_HEADERS.*needs "kubernetes"/,
  ],
  ['a secret that is short', { ...PROXY, TRUSTED_HEADERS_SECRET: 'short' }, /TRUSTED_HEADERS_SECRET/],
  ['a sign-out elsewhere', { ...PROXY, TRUSTED_HEADERS_SIGN_OUT: '//evil.example' }, /SIGN_OUT.*no path/],
  ['sessions that end at once', { SESSION_IDLE: '5s' }, /SESSION_IDLE.*too short/],
])('the api does not start with %s, and says why', (_, environment, words) => {
  const read = () => readConfig(config, { ...ELASTIC, ...environment });
  expect(read).toThrow(words);
  expect(read).not.toThrow(/hunter2|short"/);
});

test.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['OIDC', OIDC],
  ['OIDC on this machine', { ...OIDC, OIDC_ISSUER: 'http://127.0.0.1:9000' }],
  ['headers', PROXY],
])('the api starts with %s', (_, environment) => {
  expect(() => readConfig(config, { ...ELASTIC, ...environment })).not.toThrow();
});

test('the name in the address may be asked for where names are given', () => {
  const read = (environment: Record<string, string>) =>
    doorOf(readConfig(z.object(doorSettings), environment));
  expect(read({ API_URL: 'https://Margay.example.org:8443' }).hosts).toBeUndefined();
  expect(read({ API_URL: 'https://Margay.example.org:8443', API_HOSTS: 'localhost, a.b' }).hosts).toEqual([
    'localhost',
    'a.b',
    'margay.example.org',
  ]);
});

test('one process has the same rules', () => {
  const settings = readConfig(z.object(doorSettings), PROXY);
  expect(doorProblems(settings, 'kubernetes')).toEqual([]);
  expect(doorProblems(settings, 'none').map(([name]) => name)).toEqual(['TRUSTED_HEADERS']);
});
