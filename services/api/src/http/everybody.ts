import ipaddr from 'ipaddr.js';
import { readNetwork, type Network } from './address.ts';

/** Addresses as numbers: from the first up to, and without, the end. */
interface Stretch {
  readonly first: bigint;
  readonly end: bigint;
}

/** IPv4 as sockets of both families write it; as it is written in settings it would be read as IPv4. */
const MAPPED: Network = { address: '::ffff:0:0', bits: 96, family: 'ipv6' };

const cidrs = (...texts: string[]): Network[] => texts.map((text) => readNetwork(text)!);

/** Where anybody may be, by what it is called: these, but for what lies in a place of its own. */
const ANYBODY: readonly {
  readonly called: string;
  readonly of: readonly Network[];
  readonly but: readonly Network[];
}[] = [
  {
    called: 'IPv4',
    of: cidrs('0.0.0.0/0'),
    // Source: https://www.iana.org/assignments/iana-ipv4-special-registry
    but: cidrs(
      '0.0.0.0/8',
      '10.0.0.0/8',
      '100.64.0.0/10',
      '127.0.0.0/8',
      '169.254.0.0/16',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '224.0.0.0/3',
    ),
  },
  // Source: https://www.iana.org/assignments/ipv6-address-space
  { called: 'IPv6', of: cidrs('2000::/3'), but: [] },
  // Source: RFC 6052, 2.1
  { called: 'IPv4 that is translated to IPv6', of: cidrs('64:ff9b::/96'), but: [] },
];

/** Why networks, all of them together, are everybody, in words; undefined where they are not. More than half of the internet is. */
export function everybodyIn(networks: readonly Network[]): string | undefined {
  for (const { called, of, but } of ANYBODY) {
    const own = networks.filter(({ family }) => family === of[0]!.family);
    const everywhere = sizeOf(union([...of, ...but])) - sizeOf(union(but));
    const outside = sizeOf(union([...of, ...but, ...own])) - sizeOf(union([...own, ...but]));
    if (outside * 2n < everywhere) return `most addresses of ${called}`;
  }
  const [mapped] = union([MAPPED]);
  const isOver = ({ first, end }: Stretch) => first < mapped!.end && mapped!.first < end;
  return union(networks.filter(({ family }) => family === 'ipv6')).some(isOver)
    ? 'IPv4 written as IPv6 (::ffff:0:0/96)'
    : undefined;
}

/** What lies in any of them, in order, each address once. */
function union(networks: readonly Network[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const inOrder = networks.map(stretchOf).toSorted((a, b) => (a.first < b.first ? -1 : 1));
  for (const { first, end } of inOrder) {
    const last = stretches.at(-1);
    if (last === undefined || last.end < first) stretches.push({ first, end });
    else if (last.end < end) stretches[stretches.length - 1] = { first: last.first, end };
  }
  return stretches;
}

const sizeOf = (stretches: readonly Stretch[]): bigint =>
  stretches.reduce((sum, { first, end }) => sum + end - first, 0n);

function stretchOf({ address, bits }: Network): Stretch {
  const bytes = ipaddr.parse(address).toByteArray();
  const rest = BigInt(bytes.length * 8 - bits);
  const number = bytes.reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  const first = (number >> rest) << rest;
  return { first, end: first + (1n << rest) };
}
