import { calicoPolicy } from './calico-policy.ts';
import { clusterPolicy } from './cluster-policy.ts';
import { kubernetesPolicy } from './kubernetes-policy.ts';
import type { Policy } from './policy.ts';
import type { Key, ResourceObject } from './resource.ts';

type Reader = (resource: ResourceObject, key: Key) => Policy;

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['networkpolicies.projectcalico.org', calicoPolicy],
  ['globalnetworkpolicies.projectcalico.org', calicoPolicy],
  ['stagednetworkpolicies.projectcalico.org', calicoPolicy],
  ['stagedglobalnetworkpolicies.projectcalico.org', calicoPolicy],
  ['stagedkubernetesnetworkpolicies.projectcalico.org', kubernetesPolicy],
  ['networkpolicies.networking.k8s.io', kubernetesPolicy],
  ['adminnetworkpolicies.policy.networking.k8s.io', clusterPolicy],
  ['baselineadminnetworkpolicies.policy.networking.k8s.io', clusterPolicy],
  ['clusternetworkpolicies.policy.networking.k8s.io', clusterPolicy],
]);

/** The policy that an object (as served) is, or undefined if its kind is no policy. Never throws: see `problems`. */
export function readPolicy(resource: ResourceObject, key: Key): Policy | undefined {
  return READERS.get(`${key.resource}.${key.group}`)?.(resource, key);
}
