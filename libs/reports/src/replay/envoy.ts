import type { Doubted } from '@margay/policy';
import { isFields, type KubernetesObject, list } from '@margay/ground';

/** The containers that Istio injects. */
const PROXY = 'istio-proxy';
const INITS: readonly string[] = ['istio-init', 'istio-validation'];
/** JSON with the names of what was injected. */
const STATUS_ANNOTATION = 'sidecar.istio.io/status';

/**
 * Whether an Envoy sidecar runs in the pod, by its spec and annotations.
 *
 * Either Istio's status annotation names a running container of the spec, or the spec has Istio's proxy and one of its
 * init containers. Native sidecars are init containers that restart always. Ambient mesh has no sidecar: false.
 */
export function hasEnvoy(pod: KubernetesObject): boolean {
  const spec = isFields(pod['spec']) ? pod['spec'] : {};
  const inits = list(spec['initContainers']).filter(isFields);
  const running = new Set([
    ...names(list(spec['containers'])),
    ...names(inits.filter(({ restartPolicy }) => restartPolicy === 'Always')),
  ]);
  if (injected(pod).some((name) => running.has(name))) return true;
  return running.has(PROXY) && names(inits).some((name) => INITS.includes(name));
}

/**
 * Whether a sidecar runs in a pod, and whether one may.
 *
 * @param may what is not known of the pod: of one that changed its annotations may say otherwise now, of another one nothing
 *   is known.
 */
export function envoyOf(
  pod: KubernetesObject,
  may: Doubted['may'] | undefined,
): { is: boolean; may: boolean } {
  if (may === undefined || may === 'be-gone') {
    const is = hasEnvoy(pod);
    return { is, may: is };
  }
  const { annotations: _, ...metadata } = pod.metadata;
  return { is: may === 'differ' && hasEnvoy({ ...pod, metadata }), may: true };
}

function names(containers: readonly unknown[]): string[] {
  return containers.flatMap((container) =>
    isFields(container) && typeof container['name'] === 'string' ? [container['name']] : [],
  );
}

function injected(pod: KubernetesObject): string[] {
  const text = pod.metadata.annotations?.[STATUS_ANNOTATION];
  if (text === undefined) return [];
  try {
    const status: unknown = JSON.parse(text);
    if (!isFields(status)) return [];
    return [...list(status['containers']), ...list(status['initContainers'])].filter(
      (name) => typeof name === 'string',
    );
  } catch {
    // An annotation that is no JSON says nothing about the pod.
    return [];
  }
}
