import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { addressOf, networksOf, readNetwork, type Network } from './address.ts';
import { everybodyIn } from './everybody.ts';
import { readForwarded } from './forwarded.ts';

/** Where a request came from. */
export interface Origin {
  /** The address of whoever sent it, in its one spelling; of several the last before the declared proxies. */
  readonly address: string;
  /** It came by TLS, to here or to the first declared proxy. */
  readonly secure: boolean;
  /** The name that was asked for, as it stands in `Host`: in lower case, with its port. */
  readonly host: string;
  /** It came through a declared proxy. */
  readonly isProxied: boolean;
}

/** Which proxies stand in front, and in which of the two ways they say for whom they ask. */
export interface Proxies {
  /** Addresses and networks (CIDR); nobody else is believed. */
  readonly networks: readonly string[];
  /** `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239); the other way is not looked at. */
  readonly headers: 'x-forwarded' | 'forwarded';
}

/** What is wrong with networks of proxies, in words; undefined where nothing is. */
export function proxiesProblem(networks: readonly string[]): string | undefined {
  const read = networks.map(readNetwork);
  const wrong = read.indexOf(undefined);
  if (wrong >= 0)
    return `"${networks[wrong]}" is no address or network: write it like 10.0.0.0/8 or fd00::/8`;
  const known = read as Network[];
  for (const [i, network] of known.entries()) {
    const everybody = everybodyIn([network]);
    if (everybody !== undefined) return `"${networks[i]}" is everybody, ${everybody}: name the proxies alone`;
  }
  const together = everybodyIn(known);
  return together && `these networks together are everybody, ${together}: name the proxies alone`;
}

/**
 * Reads where requests came from. Whatever a sender says of itself counts only where a declared proxy is the one who sends. A request is
 * read once, however often it is asked about.
 */
export function readOrigin({ networks, headers: way }: Proxies): (request: IncomingMessage) => Origin {
  const isProxy = networksOf(networks.map((network) => readNetwork(network)!));
  const read = (request: IncomingMessage): Origin => {
    const { socket, headers } = request;
    const peer = addressOf(socket.remoteAddress ?? '') ?? '';
    const own: Origin = {
      address: peer,
      secure: (socket as TLSSocket).encrypted === true,
      host: (headers.host ?? '').toLowerCase(),
      isProxied: false,
    };
    if (networks.length === 0 || !isProxy(peer)) return own;
    const said = way === 'forwarded' ? forwarded(request) : xForwarded(request);
    return {
      address: nearest(said.addresses, peer, isProxy),
      secure: said.proto === undefined ? own.secure : said.proto === 'https',
      host: said.host ?? own.host,
      isProxied: true,
    };
  };
  const known = new WeakMap<IncomingMessage, Origin>();
  return (request) => {
    const origin = known.get(request) ?? read(request);
    known.set(request, origin);
    return origin;
  };
}

/** The name without its port. */
export const nameIn = (host: string): string => host.replace(/:\d*$/, '').replace(/\.$/, '');

/** From the nearest on, the first who is none of the proxies; what is no address ends the search: nobody vouches for what is before it. */
function nearest(
  addresses: readonly (string | undefined)[],
  peer: string,
  isProxy: (address: string) => boolean,
): string {
  let last = peer;
  for (const address of addresses.toReversed()) {
    if (address === undefined) return last;
    last = address;
    if (!isProxy(address)) return last;
  }
  return last;
}

interface Said {
  /** Undefined where it is none. */
  readonly addresses: readonly (string | undefined)[];
  readonly proto?: string;
  readonly host?: string;
}

/** Each proxy adds to the end: of one value the last is that of the nearest. */
const lastOf = (values: readonly string[]): string | undefined => {
  const last = values.at(-1)?.toLowerCase();
  return last === '' ? undefined : last;
};

function xForwarded({ headers }: IncomingMessage): Said {
  const values = (name: string) => piecesOf(headers[`x-forwarded-${name}`]);
  const proto = lastOf(values('proto'));
  const host = lastOf(values('host'));
  return { addresses: values('for').map(addressIn), ...(proto && { proto }), ...(host && { host }) };
}

function forwarded({ headers }: IncomingMessage): Said {
  const hops = readForwarded(headers['forwarded'] ?? '');
  const proto = lastOf([hops.at(-1)?.get('proto') ?? '']);
  const host = lastOf([hops.at(-1)?.get('host') ?? '']);
  return {
    addresses: hops.map((hop) => addressIn(hop.get('for') ?? '')),
    ...(proto && { proto }),
    ...(host && { host }),
  };
}

/** The values of a header that has many; Node joins its lines by commas. */
const piecesOf = (value: string | readonly string[] | undefined): string[] =>
  value === undefined
    ? []
    : [value]
        .flat()
        .flatMap((line) => line.split(','))
        .map((piece) => piece.trim());

/** An address without brackets and port; undefined where it is none. */
function addressIn(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed) ? addressOf(bracketed) : undefined;
  return addressOf(isIPv6(text) ? text : text.replace(/:\d+$/, ''));
}
