import { fields, list, text, texts } from '@margay/ground';
import type { Selector } from '../selector/selector.ts';
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_PREFIX } from './items.ts';
import type { Peer } from './policy.ts';
import { type Problems, RULE_ALLOWS_NOTHING } from './problems.ts';
import { noNetwork, parseNetwork } from './networks.ts';
import { parseSelector } from '../selector/selector.ts';
import { prefixedText } from './subject.ts';

/** The selectors of one side of a rule; '' and empty where not given. Each selector can be read by itself. */
export interface PeerSelectors {
  readonly selector: string;
  readonly notSelector: string;
  readonly namespaceSelector: string;
  readonly serviceAccountNames: readonly string[];
  readonly serviceAccountSelector: string;
}

/** Nothing given: any address. */
export const NO_SELECTORS: PeerSelectors = {
  selector: '',
  notSelector: '',
  namespaceSelector: '',
  serviceAccountNames: [],
  serviceAccountSelector: '',
};

/**
 * The text of the one selector that a peer's selectors amount to in a policy of `namespace` (empty: cluster-wide);
 * '' where any address will do. The negative selector is not in it.
 *
 * A namespaced policy's peers are of its own namespace unless a namespace selector is given, also where only a
 * negative selector is given.
 */
export function positivePeerText(peer: PeerSelectors, namespace: string): string {
  const account = conjunction([
    peer.serviceAccountSelector && prefixedText(peer.serviceAccountSelector, SERVICE_ACCOUNT_PREFIX),
    peer.serviceAccountNames.length > 0 &&
      `${SERVICE_ACCOUNT_LABEL} in {${peer.serviceAccountNames.map(quoted).join(', ')}}`,
  ]);
  const body = conjunction([account, peer.selector]);
  const where = namespacePart(peer.namespaceSelector, namespace);
  const restricted = body !== '' || peer.notSelector !== '' || peer.namespaceSelector !== '';
  return restricted ? conjunction([where, body]) : '';
}

function namespacePart(namespaceSelector: string, namespace: string): string {
  if (namespaceSelector !== '') {
    return prefixedText(namespaceSelector, NAMESPACE_PREFIX)
      .replaceAll('all()', `has(${NAMESPACE_LABEL})`)
      .replaceAll('global()', `!has(${NAMESPACE_LABEL})`);
  }
  return namespace === '' ? '' : `${NAMESPACE_LABEL} == '${namespace}'`;
}

function conjunction(parts: readonly (string | false)[]): string {
  const given = parts.filter((part) => part !== '' && part !== false);
  return given.length === 1 ? String(given[0]) : given.map((part) => `(${part})`).join(' && ');
}

function quoted(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/**
 * The one selector of a peer, negative selector folded in. Undefined where any address will do: a negative selector
 * alone in a cluster-wide policy excludes some known addresses from all the world's. Null, and a problem, where the
 * combination cannot be read.
 */
export function peerSelector(
  peer: PeerSelectors,
  namespace: string,
  field: string,
  problems: Problems,
): Selector | undefined | null {
  const positive = positivePeerText(peer, namespace);
  if (positive === '') return undefined;
  const combined = peer.notSelector === '' ? positive : `(${positive}) && (!(${peer.notSelector}))`;
  return problems.combined(combined, field, RULE_ALLOWS_NOTHING) ?? null;
}

const DROPPED = 'it is left out, so the rule allows more than it says';

/**
 * Reads one side of a Calico rule. Undefined, and a problem, where its selectors cannot be read.
 *
 * A namespace or service account selector that cannot be read is left out and reported, as the dataplane's conversion
 * does; the peer is then not limited to any namespace.
 */
export function calicoPeer(
  side: Readonly<Record<string, unknown>>,
  namespace: string,
  field: string,
  problems: Problems,
): Peer | undefined {
  const accounts = fields(side['serviceAccounts']);
  const selector = problems.selectorText(side['selector'], `${field}.selector`, RULE_ALLOWS_NOTHING);
  const notSelector = problems.selectorText(side['notSelector'], `${field}.notSelector`, RULE_ALLOWS_NOTHING);
  const namespaceSelector = problems.selectorText(
    side['namespaceSelector'],
    `${field}.namespaceSelector`,
    DROPPED,
  );
  const accountSelector = problems.selectorText(
    accounts['selector'],
    `${field}.serviceAccounts.selector`,
    DROPPED,
  );
  if (selector === undefined || notSelector === undefined) return undefined;

  const selectors: PeerSelectors = {
    selector,
    notSelector,
    namespaceSelector: namespaceSelector ?? '',
    serviceAccountNames: texts(accounts['names']),
    serviceAccountSelector: accountSelector ?? '',
  };
  const whereDropped = namespaceSelector === undefined;
  const effective = peerSelector(selectors, whereDropped ? '' : namespace, `${field}.selector`, problems);
  if (effective === null) return undefined;
  return {
    selector: effective,
    nets: readNets(side['nets'], `${field}.nets`, problems),
    domains: texts(side['domains']),
    serviceNamespaces: servicesOf(side['services'], namespace),
    hasNamespaceSelector: whereDropped || namespaceSelector !== '',
    namesNamespaces: whereDropped || (namespaceSelector !== '' && !isGlobal(namespaceSelector)),
  };
}

function isGlobal(selector: string): boolean {
  return parseSelector(selector).canonical === 'global()';
}

/** The networks of a list that can be read; the others are reported and skipped, as the dataplane does. */
function readNets(value: unknown, field: string, problems: Problems): readonly string[] {
  return list(value).filter((net, i): net is string => {
    if (typeof net === 'string' && parseNetwork(net) !== undefined) return true;
    problems.add(`${field}[${i}]`, noNetwork(net), 'it is skipped');
    return false;
  });
}

/** The namespace of a service that is named without one is the policy's own, as documented. */
function servicesOf(value: unknown, namespace: string): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return [text(fields(value)['namespace']) || namespace];
}
