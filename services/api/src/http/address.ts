import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Of IPv6 whoever has one address has all of its network of so many bits. */
const NETWORK_BITS = 64;

/**
 * The one spelling of an address, which has many: IPv4 as IPv4, also where a socket of both families writes it as IPv6; IPv6 short
 * and in lower case, without the zone of a link. Undefined for what is no address.
 */
export function addressOf(text: string): string | undefined {
  if (isIP(text) === 0) return undefined;
  return read(text).toString();
}

/** Whom an address counts as: of IPv6 its network; what is no address as it is. */
export function networkOf(address: string): string {
  if (isIP(address) === 0) return address;
  const known = read(address);
  return known instanceof ipaddr.IPv4
    ? known.toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${known.toString()}/${NETWORK_BITS}`).toString();
}

/** An address or a network, as it is written in settings. */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads `10.0.0.0/8`, `fd00::/8` or an address; of IPv4 that is written as IPv6 the IPv4. Undefined for anything else. */
export function readNetwork(text: string): Network | undefined {
  const [address = '', length, more] = text.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (family === 0 || more !== undefined || address.includes('%') || !(bits <= most)) return undefined;
  const mapped = family === 6 && bits >= 96 ? read(address) : undefined;
  return mapped instanceof ipaddr.IPv4
    ? { address: mapped.toString(), bits: bits - 96, family: 'ipv4' }
    : { address, bits, family: family === 6 ? 'ipv6' : 'ipv4' };
}

/**
 * Tells whether an address, in its one spelling, lies in any of these networks. IPv4 lies in networks of IPv4 alone: Node's lists would find
 * it in those of IPv6 that hold `::ffff:0:0/96` as well.
 */
export function networksOf(networks: readonly Network[]): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const { address, bits, family } of networks) lists[family].addSubnet(address, bits, family);
  return (address) => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return isIP(address) !== 0 && lists[family].check(address, family);
  };
}

/**
 * What Node takes for an address. IPv6 is spelled in groups by Node first: the library takes the old `::1.2.3.4`, which is an address of
 * IPv6 like others (RFC 4291, 2.5.5.1), for IPv4.
 */
function read(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const text = address.replace(/%.*$/, '');
  return ipaddr.process(isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
}
