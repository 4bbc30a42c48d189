import { type Key, kindOf } from '@margay/ground';
import type { Unseen } from '../model/doubted.ts';
import type { AppliedPolicy } from './policy-record.ts';

/** A policy of which no more than kind and place is known; without one, any number of such that nobody saw. */
export interface Wild {
  /** Of the doubt. */
  readonly id: string;
  readonly policy: AppliedPolicy | undefined;
}

/** Whom a policy could select, whatever stands in it: a namespace's pods, all pods, all endpoints. */
export interface Reach {
  readonly namespace: string | undefined;
  readonly podsOnly: boolean;
}

/** Whom the policies of a kind can reach at all; undefined for objects that restrict nobody. */
export function reachOf({ group, resource, namespace }: Unseen | Key): Reach | undefined {
  const kind = kindOf({ group, resource });
  const where = namespace === '' ? undefined : namespace;
  // What is not understood may do whatever policies do.
  if (kind === undefined) return { namespace: where, podsOnly: where !== undefined };
  if (kind.role !== 'policy' || resource.startsWith('staged')) return undefined;
  return { namespace: where, podsOnly: kind.namespaced || kind.form === 'clusterWide' };
}

const NONE: readonly Wild[] = [];

/** The policies that may select everybody whom they can reach, and allow everything. */
export class WildPolicies {
  readonly #byReach = new Map<string, Map<string, Wild>>();
  /** What was put together for an answer, until something changes. */
  #answers = new Map<string, readonly Wild[]>();

  /** @param key whose it is: the key text of a policy, the id of a doubt. */
  set(key: string, reach: Reach, wild: Wild): void {
    const text = reachText(reach);
    const known = this.#byReach.get(text);
    if (known === undefined) this.#byReach.set(text, new Map([[key, wild]]));
    else known.set(key, wild);
    this.#answers.clear();
  }

  delete(key: string, reach: Reach): void {
    const text = reachText(reach);
    const known = this.#byReach.get(text);
    if (known?.delete(key) === true && known.size === 0) this.#byReach.delete(text);
    this.#answers.clear();
  }

  /** Those that reach an endpoint of the namespace, in no particular order. */
  over(namespace: string, isPod: boolean): readonly Wild[] {
    if (this.#byReach.size === 0) return NONE;
    const question = `${isPod} ${namespace}`;
    let answer = this.#answers.get(question);
    if (answer === undefined) {
      const reaches: Reach[] = [{ namespace: undefined, podsOnly: false }];
      if (isPod) reaches.push({ namespace: undefined, podsOnly: true }, { namespace, podsOnly: true });
      answer = reaches.flatMap((reach) => [...(this.#byReach.get(reachText(reach))?.values() ?? [])]);
      this.#answers.set(question, answer);
    }
    return answer;
  }
}

function reachText({ namespace, podsOnly }: Reach): string {
  if (namespace !== undefined) return `in ${namespace}`;
  return podsOnly ? 'pods' : 'all';
}
