import { compareTexts } from '@margay/ground';
import type { Policy } from './policy.ts';

/** Orders of the tiers that are known to exist; undefined for a tier without one, which is last among them. */
export type TierOrders = ReadonlyMap<string, number | undefined>;

/** The tiers that Calico makes itself. A Tier object of the name, where there is one, counts instead. */
export const FIXED_TIERS: TierOrders = new Map([
  ['kube-admin', 1_000],
  ['adminnetworkpolicy', 1_000],
  ['default', 1_000_000],
  ['kube-baseline', 10_000_000],
  ['baselineadminnetworkpolicy', 10_000_000],
]);

/** What places a policy among others. */
export type Placed = Pick<Policy, 'tier' | 'order' | 'key' | 'sortKind'>;

/**
 * Compares two policies by their place in evaluation: tiers by order, then name, with tiers that do not exist behind
 * all others; within a tier by order; at last by the bytes of `name/namespace/kind`, as Calico does from v3.32.
 *
 * A missing order is last. `/` sorts behind `-` and `.`, so `a-b` comes before `a`.
 */
export function comparePolicies(a: Placed, b: Placed, tiers: TierOrders): number {
  if (a.tier !== b.tier) {
    const missing = Number(!tiers.has(a.tier)) - Number(!tiers.has(b.tier));
    if (missing !== 0) return missing;
    return compareOrder(tiers.get(a.tier), tiers.get(b.tier)) || compareTexts(a.tier, b.tier);
  }
  return compareOrder(a.order, b.order) || compareTexts(tieText(a), tieText(b));
}

function tieText({ key, sortKind }: Placed): string {
  return `${key.name}/${key.namespace}/${sortKind}`;
}

function compareOrder(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a - b;
}
