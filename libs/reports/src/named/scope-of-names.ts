import type { Version } from '@margay/history';
import type { MayHold } from '../scope-homes.ts';
import type { Mention } from './mentions.ts';

/** Where an endpoint is, and what it is called. */
export interface Place {
  /** Empty for host endpoints. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * What endpoints name matters where these are in scope, what others name where there are endpoints in scope beside them.
 *
 * @param endpoints in scope; undefined where the report has none.
 */
export function scopeOfNames(
  mayHold: MayHold,
  endpoints: readonly Place[] | undefined,
): (mention: Mention, by?: Version) => boolean {
  const rows = endpoints && new Set(endpoints.map(({ namespace, name }) => `${namespace}/${name}`));
  const homes = endpoints && new Set(endpoints.map(({ namespace }) => namespace));
  const isOurs = ({ resource, namespace, name }: Version): boolean => {
    const isEndpoint = resource === 'pods' || resource === 'hostendpoints';
    if (isEndpoint) return rows?.has(`${namespace}/${name}`) ?? mayHold(namespace);
    return namespace === '' || (homes?.has(namespace) ?? mayHold(namespace));
  };
  return ({ of: { kind }, namespace }, by) => {
    const isEndpoint = kind === 'Pod' || kind === 'HostEndpoint';
    if (by === undefined) return (namespace === '' && !isEndpoint) || mayHold(namespace);
    return (isEndpoint && by.namespace === namespace && mayHold(namespace)) || isOurs(by);
  };
}
