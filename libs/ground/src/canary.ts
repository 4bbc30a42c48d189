/** The object that is written through each API server to see whether what it tells arrives: a Lease of this name. */
export const CANARY_OBJECT = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  namespaced: true,
  name: 'margay-canary',
} as const;

/** One canary: a write of that object through one API server. */
export interface CanaryName {
  /** Whose: the beginning of the object's uid, so that one that was deleted and made again is another. */
  readonly writer: string;
  /** Through which API server: `10.0.0.1:6443`. */
  readonly server: string;
  /** How many API servers there were. */
  readonly servers: number;
  /** Of all API servers in one round the same; one more from round to round, written or not, across restarts. */
  readonly sequence: number;
}

const PREFIX = 'margay-canary';

/**
 * The `fieldManager` of a canary's request: it stands in the request's URI, so that a log without bodies has it too.
 *
 * ```
 * margay-canary/5f0c1a2b3d4e/10.0.0.1:6443/3/1741
 * ```
 */
export const canaryManager = ({ writer, server, servers, sequence }: CanaryName): string =>
  [PREFIX, writer, server, servers, sequence].join('/');

/** The canary of a `fieldManager`; undefined for any other. */
export function canaryOfManager(manager: string): CanaryName | undefined {
  const [prefix, writer = '', server = '', servers, sequence, ...rest] = manager.split('/');
  const [n, i] = [Number(servers), Number(sequence)];
  const isWhole = Number.isSafeInteger(n) && n > 0 && Number.isSafeInteger(i) && i >= 0;
  if (prefix !== PREFIX || writer === '' || server === '' || !isWhole || rest.length > 0) return undefined;
  return { writer, server, servers: n, sequence: i };
}
