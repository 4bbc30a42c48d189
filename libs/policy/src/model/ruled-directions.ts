import { list } from '@margay/ground';
import type { Direction } from './policy.ts';

/** The directions that a policy's spec has rules for, whatever these do. */
export function ruledDirections(spec: Readonly<Record<string, unknown>>): Record<Direction, boolean> {
  return { ingress: list(spec['ingress']).length > 0, egress: list(spec['egress']).length > 0 };
}
