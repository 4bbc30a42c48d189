import { compareTexts, sortedOnce } from '@margay/ground';
import {
  NAMESPACE_LABEL,
  NAMESPACE_PREFIX,
  ORCHESTRATOR_LABEL,
  SERVICE_ACCOUNT_LABEL,
  SERVICE_ACCOUNT_PREFIX,
} from '../model/items.ts';
import type { PublicNetworks } from '../model/networks.ts';
import { comparePolicies, protects, type Tiers } from '../model/order.ts';
import type { Direction } from '../model/policy.ts';
import { printName } from '../model/print-name.ts';
import { internetReason, otherNamespaceReason, type SetContent } from '../model/verdict.ts';
import type { Endpoint, EndpointFlags } from '../state/endpoint.ts';
import { governingRecords, openLabels, type VerdictContext } from '../state/group-verdict.ts';
import type { AppliedPolicy, EndpointGroup, PolicyRecord } from '../state/policy-record.ts';
import type {
  ExplainedFlag,
  ExplainedLabel,
  ExplainedPolicy,
  Explanation,
  FlagCause,
  LabelOrigin,
} from './explanation.ts';
import { whyMatches } from './why-matches.ts';

/** Explains an endpoint whose matches are up to date. */
export function explainEndpoint(
  endpoint: Endpoint,
  context: VerdictContext,
  networks: PublicNetworks,
): Explanation {
  const { group, isPod, key } = endpoint;
  const selecting = group.matches.others
    .flatMap(({ owner }) => [...owner.users].filter((record) => record !== undefined))
    .sort((a, b) => comparePolicies(a.policy, b.policy, context.tiers));
  const labels = openLabels(group, isPod, context.uncertainty);
  const { certain: enforced } = governingRecords(group, isPod, context, labels);
  const explained = (records: readonly PolicyRecord<Endpoint>[]) =>
    records.map((record) => explainPolicy(record, group, isPod, context.tiers));
  return {
    key,
    name: isPod
      ? printName({ kind: 'Pod', apiVersion: 'v1', ...key })
      : printName({ kind: 'HostEndpoint', apiVersion: 'projectcalico.org/v3', ...key }),
    inScope: endpoint.inScope,
    serviceAccount: endpoint.serviceAccount,
    labels: explainLabels(group, isPod),
    applied: explained(enforced),
    mayApply: sortedOnce(endpoint.mayApply().map(printedApplied)),
    isCertain: endpoint.isCertain,
    notEnforced: explained(selecting.filter((record) => !record.appliesTo(isPod))),
    flags: explainFlags(endpoint, enforced, networks, context.tiers),
  };
}

function explainLabels(group: EndpointGroup<Endpoint>, isPod: boolean): readonly ExplainedLabel[] {
  const names = new Set(group.item.own.keys());
  for (const parent of group.parents) for (const name of parent.labels.keys()) names.add(name);
  return [...names].sort(compareTexts).flatMap((name) => {
    const value = group.get(name);
    const from = originOf(name, group, isPod);
    return value === undefined || from === undefined ? [] : [{ name, value, from }];
  });
}

function originOf(name: string, group: EndpointGroup<Endpoint>, isPod: boolean): LabelOrigin | undefined {
  const { own, namespace, serviceAccount } = group.item;
  if (own.has(name)) {
    const forced =
      name === NAMESPACE_LABEL ||
      name === ORCHESTRATOR_LABEL ||
      (name === SERVICE_ACCOUNT_LABEL && serviceAccount !== '');
    return { kind: isPod && forced ? 'forced' : 'own' };
  }
  const parent = group.parents.find(({ labels }) => labels.has(name));
  if (parent === undefined) return undefined;
  if (isPod && name.startsWith(NAMESPACE_PREFIX)) return { kind: 'namespace', name: namespace };
  if (isPod && name.startsWith(SERVICE_ACCOUNT_PREFIX)) {
    return { kind: 'service-account', namespace, name: serviceAccount };
  }
  return { kind: 'profile', name: parent.name };
}

function explainPolicy(
  record: PolicyRecord<Endpoint>,
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  tiers: Tiers,
): ExplainedPolicy {
  const { policy } = record;
  const { tests } = whyMatches(policy.subject?.expression ?? [], group);
  return {
    ...record.applied,
    types: {
      ingress: protects(policy, 'ingress', tiers),
      egress: protects(policy, 'egress', tiers),
    },
    name: printedPolicy(record),
    notEnforced: record.appliesTo(isPod) ? undefined : policy.staged ? 'staged' : 'host endpoints only',
    selector: policy.subject?.canonical ?? '',
    because: tests.map((test) => ({
      ...test,
      from: test.label === undefined ? undefined : originOf(test.label, group, isPod),
    })),
  };
}

const printedPolicy = ({ applied }: PolicyRecord<Endpoint>): string => printedApplied(applied);

/** The sets of which it is not open whether they are there. */
const certainOf = (sets: Iterable<SetContent>): SetContent[] =>
  [...sets].filter(({ doubt }) => doubt === undefined);

function printedApplied({ kind, apiVersion, key, tier }: AppliedPolicy): string {
  return printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier });
}

const FLAGS: readonly (readonly [
  keyof EndpointFlags,
  Direction,
  'protected' | 'internet' | 'other-namespace',
])[] = [
  ['ingressProtected', 'ingress', 'protected'],
  ['egressProtected', 'egress', 'protected'],
  ['ingressFromInternet', 'ingress', 'internet'],
  ['egressToInternet', 'egress', 'internet'],
  ['ingressFromOtherNamespace', 'ingress', 'other-namespace'],
  ['egressToOtherNamespace', 'egress', 'other-namespace'],
];

function explainFlags(
  endpoint: Endpoint,
  enforced: readonly PolicyRecord<Endpoint>[],
  networks: PublicNetworks,
  tiers: Tiers,
): readonly ExplainedFlag[] {
  const { isPod, key } = endpoint;
  return FLAGS.map(([flag, direction, about]) => {
    const governing = enforced.filter(({ policy }) => protects(policy, direction, tiers));
    const causes = governing.flatMap((record): FlagCause[] => {
      const policy = printedPolicy(record);
      if (about === 'protected') return [{ policy }];
      return record.policy.allows[direction].flatMap((rule) => {
        const reason =
          about === 'internet'
            ? internetReason(rule.peer, direction, networks, () => certainOf(record.setsOf(rule)))
            : isPod
              ? otherNamespaceReason(record.policy, rule.peer, key.namespace)
              : undefined;
        return reason === undefined ? [] : [{ policy, rule: rule.field, reason }];
      });
    });
    const holds = endpoint.flags[flag];
    const notKnown = !holds && endpoint.mayFlags[flag];
    return { flag, direction, holds, notKnown, causes: holds ? causes : [] };
  });
}
