import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { ownFolder } from '../testing/margay.ts';
import { apply, kubectl } from './cluster.ts';

/** The APIService by which Calico's API server takes the group. */
const API_SERVICE = 'v3.projectcalico.org';
const GROUP = 'projectcalico.org';

/**
 * A stand-in for Calico's aggregated API server, which serves tiers and no GlobalReports, until the test ends. It is in the cluster's discovery when
 * `install` was called, by an APIService and a Service like those of Calico's manifests.
 */
export async function calicoApiServer(): Promise<{ install: () => void; uninstall: () => void }> {
  const folder = ownFolder();
  const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  );
  const program = fileURLToPath(new URL('calico-stand-in.ts', import.meta.url));
  const server = spawn(process.execPath, [program, cert, key], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = (await once(server.stdout, 'data')) as [Buffer];
  const port = Number(printed.toString());
  const namespace = 'calico-apiserver';
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'calico-api', namespace },
      // Nothing routes cluster addresses here: API servers resolve it by its name.
      spec: { type: 'ExternalName', externalName: 'localhost' },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: API_SERVICE },
      spec: {
        group: GROUP,
        version: 'v3',
        groupPriorityMinimum: 1500,
        versionPriority: 200,
        insecureSkipTLSVerify: true,
        service: { name: 'calico-api', namespace, port },
      },
    },
  ];
  const uninstall = () => void kubectl(['delete', 'apiservice', API_SERVICE, '--ignore-not-found']);
  onTestFinished(() => {
    uninstall();
    kubectl(['delete', 'service', 'calico-api', '-n', namespace, '--ignore-not-found']);
    server.kill();
  });
  return { install: () => void apply(...objects), uninstall };
}
