import { kindOf, type Key, type KubernetesObject, type PolicyForm } from '@margay/ground';
import { calicoPolicy } from './calico-policy.ts';
import { clusterPolicy } from './cluster-policy.ts';
import { foreignPolicy } from './foreign-policy.ts';
import { kubernetesPolicy } from './kubernetes-policy.ts';
import type { Policy } from './policy.ts';

type Reader = (object: KubernetesObject, key: Key) => Policy;

const READERS: Readonly<Record<PolicyForm, Reader>> = {
  calico: calicoPolicy,
  kubernetes: kubernetesPolicy,
  clusterWide: clusterPolicy,
  foreign: foreignPolicy,
};

/** The policy that an object (as served) is, or undefined if its kind is no policy. Never throws: see `problems`. */
export function readPolicy(object: KubernetesObject, key: Key): Policy | undefined {
  const form = kindOf(key)?.form;
  return form && READERS[form](object, key);
}
