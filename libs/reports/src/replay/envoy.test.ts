import { expect, test } from 'vitest';
import type { KubernetesObject } from '@margay/ground';
import { hasEnvoy } from './envoy.ts';

const pod = (containers: string[], inits: object[] = [], status?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...(status && { annotations: { 'sidecar.istio.io/status': status } }) },
  spec: { containers: containers.map((name) => ({ name })), initContainers: inits },
});
const init = (name: string) => ({ name });
const sidecar = (name: string) => ({ name, restartPolicy: 'Always' });

test.each<[why: string, pod: KubernetesObject, envoy: boolean]>([
  ['no mesh', pod(['main']), false],
  ['proxy and init container', pod(['main', 'istio-proxy'], [init('istio-init')]), true],
  ['proxy and the init container of the CNI plugin', pod(['istio-proxy'], [init('istio-validation')]), true],
  ['a container that is only named like the proxy', pod(['main', 'istio-proxy']), false],
  ['init container without proxy', pod(['main'], [init('istio-init')]), false],
  ['native sidecar', pod(['main'], [init('istio-init'), sidecar('istio-proxy')]), true],
  [
    'the proxy as an init container that ends',
    pod(['main'], [init('istio-init'), init('istio-proxy')]),
    false,
  ],
  ['the annotation names a running container', pod(['main', 'envoy'], [], '{"containers":["envoy"]}'), true],
  [
    'the annotation names a native sidecar',
    pod(['main'], [sidecar('mesh')], '{"initContainers":["mesh"]}'),
    true,
  ],
  ['the annotation names what is not there', pod(['main'], [], '{"containers":["envoy"]}'), false],
  [
    'the annotation names an init container that ends',
    pod(['main'], [init('i')], '{"initContainers":["i"]}'),
    false,
  ],
  ['the annotation is no JSON', pod(['main', 'istio-proxy'], [init('istio-init')], '{'), true],
  ['the annotation is JSON of another shape', pod(['main'], [], '["main"]'), false],
  ['a pod without spec', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }, false],
])('%s', (_, object, envoy) => expect(hasEnvoy(object)).toBe(envoy));
