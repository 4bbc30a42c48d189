import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { readForwarded } from './forwarded.ts';
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
  [['0.0.0.0/0'], '0.0.0.0/0'],
  [['::/0'], '::/0'],
  [['10.0.0.0/8', '::/1'], '::/1'],
  [['::/80'], '::/80'],
  [['::ffff:0:0/95'], '::ffff:0:0/95'],
  [['2000::/3'], '2000::/3'],
  [['64:ff9b::/96'], '64:ff9b::/96'],
  // Wide ones that proxies have.
  [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fe80::/10'], undefined],
  [['104.16.0.0/12', '2606:4700::/32', '127.0.0.1', '::1'], undefined],
])('networks %o: %s is wrong', (networks, wrong) => {
  const problem = proxiesProblem(networks);
  if (wrong === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(`"${wrong}"`);
});

test.each([
  [['0.0.0.0/1', '128.0.0.0/1']],
  [['::/1', '8000::/1']],
  [['::ffff:0:0/97', '::ffff:128.0.0.0/97']],
  [['0.0.0.0/1', '::ffff:128.0.0.0/98', '192.0.0.0/2']],
  [['2000::/4', '10.0.0.1', '3000::/4']],
  [['64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/3']],
])('%j are everybody together', (networks) => {
  expect(proxiesProblem(networks)).toMatch(/everybody.*name the proxies alone/);
});

test('IPv4 lies in no network of IPv6, but in those of IPv4 that are written so', () => {
  const isProxied = (network: string, address: string) =>
    readOrigin({ networks: [network], headers: 'x-forwarded' })(from(address, {})).isProxied;
  for (const address of ['198.51.100.7', '::ffff:198.51.100.7'])
    expect([isProxied('::/64', address), isProxied('::ffff:198.51.100.0/120', address)]).toEqual([
      false,
      true,
    ]);
});

test.each([
  ['blanks', ' '.repeat(100_000)],
  ['blanks before what is wrong', `${' '.repeat(15_000)}"`],
  ['a name that has no value', `${'a'.repeat(15_000)}"`],
  ['a quotation without end', `for="${'\\a'.repeat(7_500)}`],
  ['blanks behind each value', `for=a${' '.repeat(1_500)}x;`.repeat(10)],
  ['more hops than there are proxies', 'for=1.1.1.1,'.repeat(1_300)],
])('a long Forwarded of %s costs no time and says nothing', (_, forwarded) => {
  const read = readOrigin({ networks: NETWORKS, headers: 'forwarded' });
  const start = process.cpuUsage();
  for (let i = 0; i < 100; i++) expect(read(from('10.1.2.3', { forwarded })).address).toBe('10.1.2.3');
  expect(process.cpuUsage(start).user).toBeLessThan(500_000);
});

test('up to the bound of its length reading takes as many steps as there are characters', () => {
  const shorter = [`${' '.repeat(4_090)}"`, `for=a${' '.repeat(4_000)}x`, `${'a'.repeat(4_090)}"`];
  const start = process.cpuUsage();
  for (let i = 0; i < 200; i++) for (const header of shorter) expect(readForwarded(header)).toEqual([]);
  expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  expect(readForwarded(`for=198.51.100.7;ext="${'a'.repeat(4_000)}"`)).toHaveLength(1);
});

test('a request is read once', () => {
  let reads = 0;
  const request = from('10.1.2.3', {});
  Object.defineProperty(request.headers, 'forwarded', { get: () => (reads++, 'for=198.51.100.7') });
  const read = readOrigin({ networks: NETWORKS, headers: 'forwarded' });
  expect([read(request), read(request), reads]).toEqual([read(request), read(request), 1]);
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
