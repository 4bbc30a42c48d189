import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseInstant } from '@margay/ground';
import { changesIn, memoryHistory, readLine } from '@margay/history';
import { NetworkState, printName } from '@margay/policy';
import { computeReport } from '@margay/reports';
import { expect, test } from 'vitest';
import { AUDIT_LOG } from './testing/margay.ts';

/**
 * A report of one instant, computed from the log, must say what follows from the whole objects that the API server
 * listed then: nothing that matters may be lost on the way through changes, projections, versions and the replay.
 */
const history = memoryHistory();
for (const [i, line] of gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').split('\n').entries()) {
  for (const reading of readLine(line, { source: 'log', position: i })) {
    history.add(changesIn(reading));
  }
}
const versions = history.versions();

interface Listed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
  readonly [field: string]: unknown;
}

const folder = new URL('clusters/cluster-a/truth/', import.meta.url);
const truths = readdirSync(folder)
  .sort()
  .map((file) => {
    const { from, to, lists } = JSON.parse(gunzipSync(readFileSync(new URL(file, folder))).toString()) as {
      from: string;
      to: string;
      lists: Record<
        string,
        { kind: string; apiVersion: string; items: Omit<Listed, 'apiVersion' | 'kind'>[] }
      >;
    };
    const objects = Object.values(lists).flatMap(({ kind, apiVersion, items }) =>
      items.map((item) => ({ ...item, apiVersion, kind: kind.replace(/List$/, '') }) as Listed),
    );
    return { file, at: Math.floor((parseInstant(from)! + parseInstant(to)!) / 2), objects };
  });

test.each(truths)(
  '$file: endpoints, flags, policies and services follow from the lists',
  ({ at, objects }) => {
    const state = new NetworkState();
    for (const object of objects) state.upsert(object);
    const expected = [...state.endpoints()].map((endpoint) => ({
      endpoint: printName({
        kind: endpoint.key.resource === 'pods' ? 'Pod' : 'HostEndpoint',
        apiVersion: endpoint.key.resource === 'pods' ? 'v1' : 'projectcalico.org/v3',
        namespace: endpoint.key.namespace,
        name: endpoint.key.name,
      }),
      ...endpoint.flags,
      appliedPolicies: endpoint
        .applied()
        .map(({ key, kind, apiVersion, tier }) =>
          printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier }),
        )
        .sort(),
      services: servicesOf(endpoint.key.namespace, endpoint.key.name, objects),
    }));
    const report = computeReport({
      name: 'instant',
      spec: { reportType: 'inventory' },
      window: { start: at, end: at + 1 },
      versions,
    });
    const rows = report.endpoints.map(
      ({
        endpoint,
        ingressProtected,
        egressProtected,
        ingressFromInternet,
        egressToInternet,
        ingressFromOtherNamespace,
        egressToOtherNamespace,
        appliedPolicies,
        services,
      }) => ({
        endpoint,
        ingressProtected,
        egressProtected,
        ingressFromInternet,
        egressToInternet,
        ingressFromOtherNamespace,
        egressToOtherNamespace,
        appliedPolicies,
        services,
      }),
    );
    const byName = (a: { endpoint: string }, b: { endpoint: string }) => (a.endpoint < b.endpoint ? -1 : 1);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.sort(byName)).toEqual(expected.sort(byName));
  },
);

/** The services one of whose EndpointSlices holds the pod as ready, read from the lists. */
function servicesOf(namespace: string, name: string, objects: readonly Listed[]): string[] {
  const found = objects
    .filter(({ kind, metadata }) => kind === 'EndpointSlice' && metadata.namespace === namespace)
    .filter(({ endpoints }) =>
      (
        (endpoints ?? []) as {
          conditions?: { ready?: boolean };
          targetRef?: { kind: string; name: string };
        }[]
      ).some(
        ({ conditions, targetRef }) =>
          conditions?.ready !== false && targetRef?.kind === 'Pod' && targetRef.name === name,
      ),
    )
    .map(
      ({ metadata }) =>
        (metadata as unknown as { labels: Record<string, string> }).labels['kubernetes.io/service-name'],
    );
  return [...new Set(found)].map((service) => `Service.v1(${namespace}/${service})`).sort();
}
