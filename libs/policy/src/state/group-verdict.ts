import { comparePolicies, type Tiers } from '../model/order.ts';
import type { Direction } from '../model/policy.ts';
import type { PartlyKnownLabels } from '../selector/partly-known.ts';
import { type Endpoint, type EndpointFlags, FLAG_NAMES, type GroupVerdict } from './endpoint.ts';
import { partlyKnownLabels } from './partly-known-group.ts';
import type { AppliedPolicy, EndpointGroup, PolicyRecord } from './policy-record.ts';
import type { CompiledScope } from './scope.ts';
import type { Uncertainty } from './uncertainty.ts';
import type { Wild } from './wild-policies.ts';

/** What a verdict rests on besides the group. */
export interface VerdictContext {
  readonly tiers: Tiers;
  readonly scope: CompiledScope;
  readonly uncertainty: Uncertainty;
}

/** The policies that are enforced on an endpoint, and those that may be, each in the order of evaluation. */
export interface Governing {
  readonly certain: readonly PolicyRecord<Endpoint>[];
  readonly possible: readonly PolicyRecord<Endpoint>[];
}

/** The labels of a group of which some are not known; undefined where all are. */
export function openLabels(
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  uncertainty: Uncertainty,
): PartlyKnownLabels | undefined {
  const isOpen = (parent: EndpointGroup<Endpoint>['parents'][number]) => uncertainty.isOpen(parent);
  if (group.item.partlyKnown !== true && !group.parents.some(isOpen)) return undefined;
  return partlyKnownLabels(group, isPod, isOpen);
}

/** Which policies are enforced on the endpoints of a group. */
export function governingRecords(
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  { tiers, uncertainty }: VerdictContext,
  labels: PartlyKnownLabels | undefined,
): Governing {
  const certain: PolicyRecord<Endpoint>[] = [];
  const possible: PolicyRecord<Endpoint>[] = [];
  const add = (record: PolicyRecord<Endpoint>, selects: boolean | undefined) => {
    if (selects === false || !record.appliesTo(isPod)) return;
    (selects === true && record.doubt === undefined ? certain : possible).push(record);
  };
  // The index knows the labels as they are; whoever looks at those that are not known is tried one by one.
  const isTried = (record: PolicyRecord<Endpoint>) =>
    labels !== undefined && (group.item.partlyKnown === true || record.restsOnParents);
  for (const { owner } of group.matches.others) {
    for (const record of owner.users) if (record !== undefined && !isTried(record)) add(record, true);
  }
  if (labels !== undefined) {
    for (const record of uncertainty.policiesAbout(group.item.namespace)) {
      if (isTried(record)) add(record, record.selects(labels));
    }
  }
  const inOrder = (a: PolicyRecord<Endpoint>, b: PolicyRecord<Endpoint>) =>
    comparePolicies(a.policy, b.policy, tiers);
  return { certain: certain.sort(inOrder), possible: possible.sort(inOrder) };
}

const NO_POLICIES: readonly AppliedPolicy[] = [];
const NO_DOUBTS: readonly string[] = [];

/** What an endpoint's policies make of it. */
export function verdictOfGroup(
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  context: VerdictContext,
): GroupVerdict {
  const { uncertainty, scope } = context;
  const { namespace } = group.item;
  const labels = openLabels(group, isPod, uncertainty);
  const { certain, possible } = governingRecords(group, isPod, context, labels);
  const wild = uncertainty.wildPolicies.over(namespace, isPod);
  const flags = flagsOf(certain, isPod, namespace, 'certain', context);
  const inScope = scope.includes(group, isPod, labels);
  const applied = certain.map((record) => record.applied);
  const isClosed =
    labels === undefined &&
    possible.length === 0 &&
    wild.length === 0 &&
    !certain.some((one) => one.isOpen || openByTier(one.policy.tier, context).length > 0);
  if (isClosed)
    return { inScope, flags, may: flags, applied, mayApply: NO_POLICIES, doubts: NO_DOUBTS, isIndexed: true };
  const may =
    wild.length > 0
      ? everything(isPod)
      : flagsOf([...certain, ...possible], isPod, namespace, 'possible', context);
  const isOpen = FLAG_NAMES.some((flag) => may[flag] !== flags[flag]) || inScope === undefined;
  return {
    inScope,
    flags,
    may: isOpen ? may : flags,
    applied,
    mayApply: [...possible.map((record) => record.applied), ...wild.flatMap(({ policy }) => policy ?? [])],
    doubts: isOpen ? doubtsOf(group, certain, possible, wild, context) : NO_DOUBTS,
    isIndexed: labels === undefined,
  };
}

/** The ids of the doubts that leave a verdict open, each once. */
function doubtsOf(
  group: EndpointGroup<Endpoint>,
  certain: readonly PolicyRecord<Endpoint>[],
  possible: readonly PolicyRecord<Endpoint>[],
  wild: readonly Wild[],
  context: VerdictContext,
): readonly string[] {
  return [
    ...new Set([
      ...group.parents.flatMap((parent) => context.uncertainty.doubtsOf(parent)),
      ...certain.flatMap((record) => [...record.openBy, ...openByTier(record.policy.tier, context)]),
      ...possible.flatMap(({ doubt }) => doubt?.id ?? []),
      ...wild.map(({ id }) => id),
    ]),
  ];
}

/** Ids of the doubts for which it is not known what a tier does by default. */
function openByTier(tier: string, { tiers, uncertainty }: VerdictContext): readonly string[] {
  return uncertainty.tierDoubts(tier, tiers.has(tier));
}

/** What a policy of unknown content may make of an endpoint. A host endpoint has no namespace, so no other one either. */
function everything(isPod: boolean): EndpointFlags {
  return {
    ingressProtected: true,
    egressProtected: true,
    ingressFromInternet: true,
    egressToInternet: true,
    ingressFromOtherNamespace: isPod,
    egressToOtherNamespace: isPod,
  };
}

function flagsOf(
  records: readonly PolicyRecord<Endpoint>[],
  isPod: boolean,
  namespace: string,
  bound: 'certain' | 'possible',
  context: VerdictContext,
): EndpointFlags {
  const some = (direction: Direction, holds: (record: PolicyRecord<Endpoint>) => boolean) =>
    records.some((record) => record.policy.types[direction] && holds(record));
  const isProtected = (direction: Direction) =>
    some(direction, ({ policy: { ruled, tier } }) => {
      if (ruled[direction]) return true;
      // Without rules it protects by being there, unless its tier passes by default.
      if (openByTier(tier, context).length > 0) return bound === 'possible';
      return context.tiers.get(tier)?.passes !== true;
    });
  const internet = (direction: Direction) =>
    some(direction, ({ verdicts }) => {
      const { internet: certain, mayInternet } = verdicts[direction];
      return certain || (bound === 'possible' && mayInternet);
    });
  const otherNamespace = (direction: Direction) =>
    isPod &&
    some(direction, ({ verdicts }) => {
      const { otherNamespace: other, mayOtherNamespace, serviceNamespaces } = verdicts[direction];
      if (other || (bound === 'possible' && mayOtherNamespace)) return true;
      return serviceNamespaces.some((name) => name !== namespace);
    });
  return {
    ingressProtected: isProtected('ingress'),
    egressProtected: isProtected('egress'),
    ingressFromInternet: internet('ingress'),
    egressToInternet: internet('egress'),
    ingressFromOtherNamespace: otherNamespace('ingress'),
    egressToOtherNamespace: otherNamespace('egress'),
  };
}
