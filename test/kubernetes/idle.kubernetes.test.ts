import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { endsWithThisProcess } from '../servers/reap.ts';
import { assemble } from '../servers/server.ts';
import { freePort } from '../testing/free-port.ts';
import { ownFolder, startMargay } from '../testing/margay.ts';
import { CRDS, kubectlOf, serverContexts, until } from './cluster.ts';

/** An API server of its own, since its audit policy leaves nothing out. */
const hasServers = serverContexts().length > 1;
const EVERYTHING = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{ level: Metadata }]
`;
const USER = 'candice';
const BEGINNING_MILLISECONDS = 20_000;
const IDLE_MILLISECONDS = 60_000;

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const CANARY = `patch ${LEASES}/margay-canary`;
/**
 * What may be asked in a minute beside watches, and how often. A look at the counters of audit events stands in the place of a
 * canary; the lease is renewed each quarter of a minute.
 */
const ALLOWED: ReadonlyMap<string, number> = new Map([
  [CANARY, 3],
  ['get /metrics', 1],
  [`get ${LEASES}/globalreports.projectcalico.org`, 5],
  [`patch ${LEASES}/globalreports.projectcalico.org`, 5],
]);

interface Request {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly auditID: string;
}

/** What somebody asked of the API server between two instants, as `verb path`, each request once. */
function requestsIn(log: string, user: string, begin: number, end: number): string[] {
  const asked = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Request)
    .filter(({ requestReceivedTimestamp, user: { username } }) => {
      const at = Date.parse(requestReceivedTimestamp);
      return username === user && at >= begin && at < end;
    });
  const byId = new Map(asked.map((request) => [request.auditID, request]));
  return [...byId.values()].map(({ verb, requestURI }) => `${verb} ${requestURI.split('?')[0]}`);
}

test.runIf(hasServers)(
  'an idle installation leaves its API server alone: watches, two canaries a minute, and the lease of who schedules reports',
  { timeout: 240_000 },
  async () => {
    const policy = join(mkdtempSync(join(tmpdir(), 'margay-idle-')), 'policy.yaml');
    writeFileSync(policy, EVERYTHING);
    const port = await freePort(1, 2);
    const { printed } = await assemble('kubernetes.sh', [port, 1], { MARGAY_AUDIT_POLICY: policy });
    const kubeconfig = printed.at(-1)!;
    endsWithThisProcess(`processes:${join(dirname(kubeconfig), 'pids')}`);
    kubectlOf(kubeconfig, ['apply', '-f', CRDS]);
    kubectlOf(kubeconfig, [
      'create',
      'clusterrolebinding',
      USER,
      '--clusterrole=cluster-admin',
      `--user=${USER}`,
    ]);
    const yearly = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalReport',
      metadata: { name: 'yearly' },
      spec: { reportType: 'inventory', schedule: '0 0 29 2 *' },
    };
    await until(
      () => {
        try {
          return kubectlOf(kubeconfig, ['apply', '-f', '-'], { input: JSON.stringify(yearly) });
        } catch {
          return '';
        }
      },
      (said) => said !== '',
    );
    const whole = load(readFileSync(kubeconfig, 'utf8')) as { contexts: { context: object }[] };
    const contexts = [{ name: USER, context: { ...whole.contexts[0]!.context, user: USER } }];
    const own = join(dirname(kubeconfig), 'own-kubeconfig');
    writeFileSync(own, JSON.stringify({ ...whole, contexts, 'current-context': USER }));
    const canaries = ['--canary', '--canary-servers', `127.0.0.1:${port}`];
    const place = ['--cluster', 'c', '--data', ownFolder(), '--port', '0'];
    const up = startMargay(['up', '--watch', '--kubeconfig', own, ...canaries, ...place]);
    await expect.poll(() => up.said(), { timeout: 60_000 }).toContain('Serving');
    await sleep(BEGINNING_MILLISECONDS);
    const begun = Date.now();
    await sleep(IDLE_MILLISECONDS);
    const log = join(dirname(kubeconfig), 'audit.jsonl');
    // What is written a little later was asked before.
    await sleep(1_000);
    const asked = requestsIn(log, USER, begun, begun + IDLE_MILLISECONDS);
    const counts = Map.groupBy(
      asked.filter((one) => !one.startsWith('watch ')),
      (one) => one,
    );
    const tooMany = [...counts].filter(([what, all]) => all.length > (ALLOWED.get(what) ?? 0));
    expect(tooMany.map(([what, all]) => `${all.length} ${what}`)).toEqual([]);
    expect(counts.get(CANARY)?.length).toBeGreaterThanOrEqual(1);
    // Some are open, and what is asked was looked for under the right name.
    const before = requestsIn(log, USER, 0, begun);
    expect(before.filter((one) => one.startsWith('watch ')).length).toBeGreaterThan(10);
  },
);
