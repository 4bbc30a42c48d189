import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { margay, ownFolder, startUp } from './testing/margay.ts';
import { logOf, namespace, networkPolicy, pod } from './testing/own-log.ts';

/** A pod that may send to a partner's network and to nothing else. */
const PARTNER = '203.0.113.0/24';
const LOG = logOf([
  namespace('shop'),
  networkPolicy('shop', 'partner', {
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: PARTNER } }] }],
  }),
  pod('shop', 'web'),
]);

/** A folder with the log in it. */
function logIn(folder: string): string {
  const log = join(folder, 'audit.log');
  writeFileSync(log, LOG);
  return log;
}

interface Printed {
  readonly endpoints: readonly { readonly egressToInternet: boolean }[];
  readonly evidence: { readonly privateNetworks: readonly string[] };
}

const AS_OPTION = ['--private-networks', `10.0.0.0/8, ${PARTNER}`];

test.each([
  ['by default', [], {}, true],
  ['as an option', AS_OPTION, {}, false],
  ['as a variable', [], { PRIVATE_NETWORKS: PARTNER }, false],
  ['an empty variable is none', [], { PRIVATE_NETWORKS: '' }, true],
  ['the option wins', ['--private-networks', '10.0.0.0/8'], { PRIVATE_NETWORKS: PARTNER }, true],
])('a network is private if it is said to be: %s', (_, options, environment, isInternet) => {
  const log = logIn(ownFolder());
  const report = margay(
    ['report', '--type', 'network-access', '--audit-log', log, ...options],
    '',
    environment,
  );
  const { endpoints, evidence } = JSON.parse(report.out) as Printed;
  expect(endpoints).toMatchObject([{ egressToInternet: isInternet }]);
  expect(evidence.privateNetworks.includes(PARTNER)).toBe(!isInternet);

  const at = '2026-03-01T08:00:03Z';
  const explained = margay(
    ['explain', 'shop/web', '--at', at, '--audit-log', log, '-o', 'json', ...options],
    '',
    environment,
  );
  const { flags } = JSON.parse(explained.out) as { flags: { flag: string; holds: boolean }[] };
  expect(flags.find(({ flag }) => flag === 'egressToInternet')?.holds).toBe(isInternet);
});

test('margay up computes, explains and shows with the networks that it was given', async () => {
  const folder = ownFolder();
  const where = ['--cluster', 'own', '--data', join(folder, 'data'), '--audit-log', logIn(folder)];
  const { url } = await startUp([...where, ...AS_OPTION]);
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}/api/v1/${path}`)).json()) as T;
  const { items } = await get<{ items: { id: string }[] }>('runs?type=network-access');
  const id = items[0]?.id ?? '';
  expect(await get<Printed>(`runs/${id}/downloads/report.json`)).toMatchObject({
    endpoints: [{ egressToInternet: false }],
    evidence: { privateNetworks: ['10.0.0.0/8', PARTNER] },
  });
  expect(await get('state?at=2026-03-01T08:00:03Z')).toMatchObject({
    endpoints: [{ endpoint: 'Pod.v1(shop/web)', egressToInternet: false }],
  });
  const endpoint = encodeURIComponent('Pod.v1(shop/web)');
  expect(await get(`runs/${id}/timeline?endpoint=${endpoint}`)).toMatchObject({
    spans: [{ flags: { egressToInternet: false } }],
  });
});

test.each([
  ['report', ['report', '--type', 'inventory', '--audit-log', 'x']],
  ['up', ['up']],
  ['explain', ['explain', 'a/b', '--at', '2026-03-01T08:00:03Z', '--audit-log', 'x']],
])('margay %s names a private network that is none', (_, args) => {
  const { code, err } = margay([...args, '--private-networks', '10.0.0.0/8,8.8.8.0/33']);
  expect(err).toContain('"8.8.8.0/33" is not a network such as 10.0.0.0/8');
  expect(code).toBe(2);
});

test('the version is the package’s', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(margay(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});
