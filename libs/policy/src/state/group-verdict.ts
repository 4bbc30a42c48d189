import { comparePolicies, protects, type Tiers } from '../model/order.ts';
import type { Direction } from '../model/policy.ts';
import type { Endpoint, EndpointFlags, GroupVerdict } from './endpoint.ts';
import type { EndpointGroup, PolicyRecord } from './policy-record.ts';
import type { CompiledScope } from './scope.ts';

/** The policies that are enforced on an endpoint, in the order of evaluation. */
export function appliedRecords(
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  tiers: Tiers,
): readonly PolicyRecord<Endpoint>[] {
  const records: PolicyRecord<Endpoint>[] = [];
  for (const { owner } of group.matches.others) {
    for (const record of owner.users) if (record?.appliesTo(isPod) === true) records.push(record);
  }
  return records.sort((a, b) => comparePolicies(a.policy, b.policy, tiers));
}

/** What an endpoint's policies make of it. */
export function verdictOfGroup(
  group: EndpointGroup<Endpoint>,
  isPod: boolean,
  tiers: Tiers,
  scope: CompiledScope,
): GroupVerdict {
  const records = appliedRecords(group, isPod, tiers);
  return {
    inScope: scope.includes(group, isPod),
    flags: flagsOf(records, isPod, group.item.namespace, tiers),
    applied: records.map((record) => record.applied),
  };
}

function flagsOf(
  records: readonly PolicyRecord<Endpoint>[],
  isPod: boolean,
  namespace: string,
  tiers: Tiers,
): EndpointFlags {
  const some = (direction: Direction, holds: (record: PolicyRecord<Endpoint>) => boolean) =>
    records.some((record) => record.policy.types[direction] && holds(record));
  const isProtected = (direction: Direction) =>
    records.some(({ policy }) => protects(policy, direction, tiers));
  const internet = (direction: Direction) => some(direction, ({ verdicts }) => verdicts[direction].internet);
  // A host endpoint has no namespace, so no other namespace either.
  const otherNamespace = (direction: Direction) =>
    isPod &&
    some(direction, ({ verdicts }) => {
      const { otherNamespace: other, serviceNamespaces } = verdicts[direction];
      return other || serviceNamespaces.some((name) => name !== namespace);
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
