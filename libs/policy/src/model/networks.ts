import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network: an address and how many of its leading bits count. */
export interface Network {
  readonly address: Address;
  readonly prefix: number;
}

/**
 * The networks taken as private unless set otherwise: RFC 1918, shared address space (RFC 6598), link-local and loopback
 * of both families, IPv6 unique local.
 *
 * The vendor's list was RFC 1918 alone, which makes every IPv6 address public, and a node's own DNS cache at
 * 169.254.20.10. No router of the internet carries any of these.
 */
export const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

/** Reads `10.0.0.0/8` or a lone address, which is a network of one; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const longest = address.kind() === 'ipv4' ? 32 : 128;
  if (slash < 0) return { address, prefix: longest };
  const bits = text.slice(slash + 1);
  // No sign, no leading zero, as Go's parser has it.
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > longest) return undefined;
  return { address, prefix: Number(bits) };
}

/** What is wrong with a list of networks, in words; undefined if nothing. */
export function networksProblem(given: readonly string[]): string | undefined {
  const wrong = given.filter((text) => parseNetwork(text) === undefined);
  return wrong.length === 0 ? undefined : wrong.map(noNetwork).join('; ');
}

/** What is said of something that stands where a network should. */
export function noNetwork(value: unknown): string {
  return `${JSON.stringify(value)} is not a network such as 10.0.0.0/8`;
}

/** No zones, no octal or short IPv4 forms. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}

/** Tells public networks from private ones: public is what is not wholly inside one private network. */
export class PublicNetworks {
  readonly #private: readonly Network[];

  /** Throws `RangeError` naming an entry that is no network. */
  constructor(privateNetworks: readonly string[] = PRIVATE_NETWORKS) {
    this.#private = privateNetworks.map((text) => {
      const network = parseNetwork(text);
      if (network === undefined) throw new RangeError(`private networks: ${noNetwork(text)}`);
      return network;
    });
  }

  /** The first public one of the networks. Entries that are no network are skipped. */
  firstPublic(networks: readonly string[]): string | undefined {
    return networks.find((text) => {
      const network = parseNetwork(text);
      return network !== undefined && !this.#private.some((range) => isInside(network, range));
    });
  }
}

function isInside(network: Network, range: Network): boolean {
  if (network.address.kind() !== range.address.kind() || network.prefix < range.prefix) return false;
  return network.address instanceof ipaddr.IPv4
    ? network.address.match(range.address as ipaddr.IPv4, range.prefix)
    : network.address.match(range.address as ipaddr.IPv6, range.prefix);
}
