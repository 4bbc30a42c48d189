import { compareTexts, fields, type KubernetesObject } from '@margay/ground';
import type { Direction, Policy } from './policy.ts';

/** A tier: its place, and what becomes of traffic that it takes part in and that no rule of it decides about. */
export interface Tier {
  /** Undefined is last among the tiers that are known to exist. */
  readonly order: number | undefined;
  /** Such traffic goes on to the next tier; it is denied otherwise. */
  readonly passes: boolean;
}

/** The tiers that are known to exist, by name. */
export type Tiers = ReadonlyMap<string, Tier>;

/** The tiers that Calico makes itself. A Tier object of the name, where there is one, counts instead. */
export const FIXED_TIERS: Tiers = new Map([
  ['kube-admin', { order: 1_000, passes: true }],
  ['adminnetworkpolicy', { order: 1_000, passes: true }],
  ['default', { order: 1_000_000, passes: false }],
  ['kube-baseline', { order: 10_000_000, passes: true }],
  ['baselineadminnetworkpolicy', { order: 10_000_000, passes: true }],
]);

/** Reads a Calico Tier. Any default action but Pass denies. */
export function readTier(tier: KubernetesObject): Tier {
  const { order, defaultAction } = fields(tier['spec']);
  return { order: typeof order === 'number' ? order : undefined, passes: defaultAction === 'Pass' };
}

/**
 * Whether a policy that applies protects the endpoint in a direction.
 *
 * What its rules do plays no part. Without any, in a tier that passes by default, it does nothing by being there; in
 * every other tier, unknown ones too, its presence denies.
 */
export function protects(
  { types, ruled, tier }: Pick<Policy, 'types' | 'ruled' | 'tier'>,
  direction: Direction,
  tiers: Tiers,
): boolean {
  return types[direction] && (ruled[direction] || tiers.get(tier)?.passes !== true);
}

/** What places a policy among others. */
export type Placed = Pick<Policy, 'tier' | 'order' | 'key' | 'sortKind'>;

/**
 * Compares two policies by their place in evaluation: tiers by order, then name, with tiers that do not exist behind
 * all others; within a tier by order; at last by the bytes of `name/namespace/kind`, as Calico does from v3.32.
 *
 * A missing order is last. `/` sorts behind `-` and `.`, so `a-b` comes before `a`.
 */
export function comparePolicies(a: Placed, b: Placed, tiers: Tiers): number {
  if (a.tier !== b.tier) {
    const missing = Number(!tiers.has(a.tier)) - Number(!tiers.has(b.tier));
    if (missing !== 0) return missing;
    return compareOrder(tiers.get(a.tier)?.order, tiers.get(b.tier)?.order) || compareTexts(a.tier, b.tier);
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
