import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { nameIn, proxiesProblem, readOrigin } from './origin.ts';

const NETWORKS = ['10.0.0.0/8', '192.168.1.1', 'fd00::/8'];

const from = (remoteAddress: string, headers: Record<string, string>, encrypted = false) =>
  ({
    socket: { remoteAddress, encrypted },
    headers: { host: 'Margay.Example:8080', ...headers },
  }) as unknown as IncomingMessage;

const LIE = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  forwarded: 'for=203.0.113.9;proto=https;host=evil.example',
};

test.each<[string, string, Record<string, string>, string, boolean, string]>([
  ['nobody in between', '198.51.100.7', {}, '198.51.100.7', false, 'margay.example:8080'],
  ['a sender that lies', '198.51.100.7', LIE, '198.51.100.7', false, 'margay.example:8080'],
  [
    'one next to the networks',
    '11.0.0.1',
    { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' },
    '11.0.0.1',
    false,
    'margay.example:8080',
  ],
  [
    'a proxy',
    '10.1.2.3',
    { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'Margay' },
    '198.51.100.7',
    true,
    'margay',
  ],
  [
    'a proxy, seen by a socket of both families',
    '::ffff:10.1.2.3',
    { 'x-forwarded-for': '198.51.100.7' },
    '198.51.100.7',
    false,
    'margay.example:8080',
  ],
  [
    'a proxy by IPv6',
    'fd00::1',
    { 'x-forwarded-for': '2001:db8::1' },
    '2001:db8::1',
    false,
    'margay.example:8080',
  ],
  [
    'two proxies, and one who claims to be another',
    '10.1.2.3',
    { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 192.168.1.1' },
    '198.51.100.7',
    false,
    'margay.example:8080',
  ],
  [
    'one proxy next to a declared one that is not',
    '10.1.2.3',
    { 'x-forwarded-for': '203.0.113.9, 192.168.1.2' },
    '192.168.1.2',
    false,
    'margay.example:8080',
  ],
  [
    'what is no address',
    '10.1.2.3',
    { 'x-forwarded-for': '203.0.113.9, unknown, 10.0.0.9' },
    '10.0.0.9',
    false,
    'margay.example:8080',
  ],
  [
    'a proxy that adds to what the sender claimed',
    '10.1.2.3',
    { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'evil.example, margay' },
    '10.1.2.3',
    false,
    'margay',
  ],
  [
    'the other way of saying it, which is not the one',
    '10.1.2.3',
    { forwarded: LIE.forwarded },
    '10.1.2.3',
    false,
    'margay.example:8080',
  ],
  [
    'empty values',
    '10.1.2.3',
    { 'x-forwarded-for': '', 'x-forwarded-proto': '' },
    '10.1.2.3',
    false,
    'margay.example:8080',
  ],
])('%s', (_, remote, headers, address, secure, host) => {
  const found = readOrigin({ networks: NETWORKS, headers: 'x-forwarded' })(from(remote, headers));
  expect([found.address, found.secure, found.host]).toEqual([address, secure, host]);
});

test.each<[string, string, boolean, string]>([
  ['for=198.51.100.7;proto=https;host=margay', '198.51.100.7', true, 'margay'],
  ['For="[2001:db8::1]:4711";Proto=HTTP', '2001:db8::1', false, 'margay.example:8080'],
  [
    'for=203.0.113.9;proto=https, for=198.51.100.7:99;proto=http',
    '198.51.100.7',
    false,
    'margay.example:8080',
  ],
  ['for="[2001:db8::1]:4711";proto=https;host="a:1"', '2001:db8::1', true, 'a:1'],
  ['for=198.51.100.7;proto="https"; host="margay, the one"', '198.51.100.7', true, 'margay, the one'],
  ['for=198.51.100.7;ext=", for=203.0.113.9";proto=https', '198.51.100.7', true, 'margay.example:8080'],
  ['for=198.51.100.7;ext="\\", for=203.0.113.9;"', '198.51.100.7', false, 'margay.example:8080'],
  ['for = 198.51.100.7', '10.1.2.3', false, 'margay.example:8080'],
  // A client that begins a quotation: what its proxy adds stands in it.
  ['for="203.0.113.9, for=198.51.100.7;proto=https', '10.1.2.3', false, 'margay.example:8080'],
  [
    'for=203.0.113.9;proto=https;by=", for="198.51.100.7";proto=http',
    '10.1.2.3',
    false,
    'margay.example:8080',
  ],
  ['for=203.0.113.9;for=198.51.100.7', '10.1.2.3', false, 'margay.example:8080'],
  ['for=198.51.100.7, for=192.168.1.1', '198.51.100.7', false, 'margay.example:8080'],
  ['for="[::ffff:c633:6407]"', '198.51.100.7', false, 'margay.example:8080'],
  ['for="[198.51.100.7]"', '10.1.2.3', false, 'margay.example:8080'],
  ['', '10.1.2.3', false, 'margay.example:8080'],
  ['for=_hidden', '10.1.2.3', false, 'margay.example:8080'],
  [';;=,', '10.1.2.3', false, 'margay.example:8080'],
])('Forwarded: %s', (forwarded, address, secure, host) => {
  const found = readOrigin({ networks: NETWORKS, headers: 'forwarded' })(
    from('10.1.2.3', { ...LIE, forwarded }),
  );
  expect([found.address, found.secure, found.host]).toEqual([address, secure, host]);
});

test.each(['::ffff:10.0.0.0/104', '::ffff:a00:0/104', '10.0.0.0/8'])(
  'a proxy of %s is one however its address is written',
  (network) => {
    const read = readOrigin({ networks: [network], headers: 'x-forwarded' });
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '::FFFF:0A01:0203', '0:0:0:0:0:ffff:a01:203'])
      expect([address, read(from(address, {})).isProxied]).toEqual([address, true]);
    expect(read(from('::ffff:11.1.2.3', {})).isProxied).toBe(false);
  },
);

test('by TLS to here is secure without any proxy', () => {
  expect(readOrigin({ networks: [], headers: 'x-forwarded' })(from('10.1.2.3', {}, true)).secure).toBe(true);
});

test.each([
  [[], undefined],
  [NETWORKS, undefined],
  [['10.0.0.0/33'], '10.0.0.0/33'],
  [['10.0.0.0/'], '10.0.0.0/'],
  [['10.0.0.0/8/8'], '10.0.0.0/8/8'],
  [['ingress.example'], 'ingress.example'],
  [['::/129'], '::/129'],
  [['fe80::1%eth0'], 'fe80::1%eth0'],
  [['::ffff:10.0.0.0/104'], undefined],
  // All of IPv4, written as IPv6.
  [['::ffff:0:0/96'], '::ffff:0:0/96'],
])('networks %o: %s is wrong', (networks, wrong) => {
  const problem = proxiesProblem(networks);
  if (wrong === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(`"${wrong}"`);
});

test.each([
  ['margay:8080', 'margay'],
  ['margay.', 'margay'],
  ['[::1]:80', '[::1]'],
  ['[::1]', '[::1]'],
  ['', ''],
])('the name in %s is %s', (host, name) => {
  expect(nameIn(host)).toBe(name);
});
