import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { podsOf, type Rendered } from './chart-rendering.ts';

/** What lies in Secrets, by their names. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The variables of a hub's container, with its volumes below a folder, as a node gives them to it. */
export function containerEnvironment(
  folder: string,
  objects: readonly Rendered[],
  secrets: Secrets = {},
): Record<string, string> {
  const { volumes, containers } = podsOf(objects).get('hub')!.spec as {
    volumes: { name: string; configMap?: { name: string }; secret?: { secretName: string } }[];
    containers: {
      args: string[];
      env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
      volumeMounts: { name: string; mountPath: string }[];
    }[];
  };
  const [{ args, env, volumeMounts } = { args: [], env: [], volumeMounts: [] }] = containers;
  expect(args).toEqual(['api']);
  for (const { name, mountPath } of volumeMounts) {
    const { configMap, secret } = volumes.find((volume) => volume.name === name)!;
    const files =
      configMap === undefined
        ? secrets[secret?.secretName ?? '']
        : objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name)![
            'data'
          ];
    mkdirSync(join(folder, mountPath), { recursive: true });
    for (const [file, text] of Object.entries((files ?? {}) as Record<string, string>)) {
      const path = join(folder, mountPath, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  const given = env.map(({ name, value = '', valueFrom }): [string, string] => {
    if (valueFrom !== undefined) {
      const { name: secret, key } = valueFrom.secretKeyRef;
      return [name, secrets[secret]![key]!];
    }
    return [name, /_FILE$|_DIRECTORY$/.test(name) ? join(folder, value) : value];
  });
  // On this machine alone, and at a port that is free.
  return { ...Object.fromEntries(given), HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' };
}
