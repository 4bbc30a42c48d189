import { readFileSync } from 'node:fs';
import { memoryHistory, project, readLine, type Change, type MemoryHistory } from '@margay/history';
import { apiVersionOf, watchableKinds, type KubernetesClient } from '@margay/kubernetes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  admin,
  applyDefinitions,
  auditLogs,
  kubeconfig,
  kubectl,
  resource,
  serverContexts,
  until,
} from './cluster.ts';
import { Ingestor } from './ingestor.ts';
import { Scenario } from './scenario.ts';
import { restartApiServer } from './servers.ts';

/** One line for each object: what it is, which one, and what reports see of it. */
type State = string[];

const contexts = serverContexts();
/** What is lost on the way is seen through two API servers, one of which a test kills: the assembled cluster has them. */
const hasTwoServers = contexts.length > 1;
const clients = [admin(contexts[0]), admin(contexts[1])];
const steady = new Ingestor(clients[0]!, false);
const late = new Ingestor(clients[1]!, true);

beforeAll(() => {
  applyDefinitions();
  // Those of files before this one that wait for a node which nobody plays: their namespaces deleted them all at once, and no audit event says of each that it ends.
  kubectl(['delete', 'pods', '--all', '--all-namespaces', '--force', '--grace-period=0']);
});
afterAll(async () => {
  await Promise.all([steady.kill(), late.kill()]);
  for (const client of clients) client.close();
});

/** What the API server lists, and the same without what never matters to a report. */
async function listed(client: KubernetesClient): Promise<{ state: State; writes: string }> {
  const state: State = [];
  const writes: string[] = [];
  for (const { kind, resource } of await watchableKinds(client)) {
    for (const object of await client.listAll(resource)) {
      const seen = project(kind, { ...object, apiVersion: apiVersionOf(resource) });
      if ('lacks' in seen) throw new Error(`${kind.resource} ${object.metadata.name} lacks ${seen.lacks}`);
      state.push(line(kind, seen));
      writes.push(`${seen.uid} ${seen.resourceVersion}`);
    }
  }
  return { state: state.sort(), writes: writes.sort().join() };
}

const line = (
  { group, resource }: { group: string; resource: string },
  { namespace, name, uid, content }: { namespace: string; name: string; uid: string; content: unknown },
): string => `${resource} ${group} ${namespace}/${name} ${uid} ${JSON.stringify(content)}`;

/** The state of the cluster when nothing has been written for a second. */
async function quiet(): Promise<State> {
  for (let before = ''; ;) {
    const { state, writes } = await listed(clients[0]!);
    if (writes === before) return state;
    before = writes;
    await new Promise((later) => setTimeout(later, 1_000));
  }
}

const present = (history: MemoryHistory): State =>
  history
    .versions()
    .filter(({ validTo }) => validTo === undefined)
    .map((version) => line(version, version))
    .sort();

/** Both reach the state, or the test shows how they differ. A watch whose API server starts anew asks again after half a minute at most. */
async function expectEqual(ingestors: readonly Ingestor[]): Promise<void> {
  const truth = await quiet();
  for (const { history } of ingestors)
    await expect.poll(() => present(history), { timeout: 60_000 }).toEqual(truth);
}

const write = ({ uid, resourceVersion }: Change): string => `${uid} ${resourceVersion}`;

/** What the audit logs of all API servers tell. */
function auditChanges(): Change[] {
  return auditLogs().flatMap((log) =>
    readFileSync(log, 'utf8')
      .split('\n')
      .flatMap((text, position) => readLine(text, { source: log, position }))
      .flatMap((reading) => (reading.kind === 'changes' ? reading.changes : [])),
  );
}

test.runIf(hasTwoServers)(
  'the history of list and watch equals a list whenever the cluster is quiet',
  async () => {
    const scenario = new Scenario(clients, Date.now().toString(36));
    await Promise.all([steady.start(), late.start()]);
    await scenario.begin();
    await expectEqual([steady, late]);

    // One is killed and begun again in the middle of it, the other stays away for too long.
    const changing = scenario.change();
    await new Promise((later) => setTimeout(later, 300));
    await Promise.all([steady.kill(), late.kill()]);
    await new Promise((later) => setTimeout(later, 500));
    await steady.start();
    await changing;
    await expectEqual([steady]);
    expect(steady.gaps).toEqual([]);
    expect(steady.changes.filter(({ correction }) => correction)).toEqual([]);

    await restartApiServer(kubeconfig, 1);
    await until(
      () => watchableKinds(clients[1]!).catch(() => []),
      (kinds) => kinds.length > 0,
    );
    await late.start();
    await expectEqual([steady, late]);
    expect(late.gaps.length).toBeGreaterThan(0);
    expect(late.gaps[0]?.reason).toMatch(/no longer has the changes after \d+: /);
    const corrections = late.changes.filter(({ correction }) => correction);
    expect(new Set(corrections.map(({ what }) => what))).toEqual(new Set(['present', 'gone']));

    await scenario.end();
    await expectEqual([steady, late]);
    expect(steady.changes.length).toBeGreaterThan(300);

    // One loses its API server while it reads, and what happens meanwhile.
    await restartApiServer(kubeconfig, 1);
    const name = `while-away-${Date.now().toString(36)}`;
    await clients[0]!.create(resource('namespaces', false), { metadata: { name } });
    await clients[0]!.patch(
      resource('namespaces', false),
      { name },
      { metadata: { labels: { away: 'yes' } } },
    );
    await expectEqual([steady, late]);
    expect(late.interruptions).toBeGreaterThan(0);
  },
);

test.runIf(hasTwoServers)(
  'what two ingestors saw of the same writes has the same ids, and together they give the same state',
  async () => {
    const both = memoryHistory();
    both.add(late.changes);
    both.add(steady.changes);
    expect(present(both)).toEqual(await quiet());
    const ids = new Set(steady.changes.map(({ id }) => id));
    expect(late.changes.filter(({ id }) => ids.has(id)).length).toBeGreaterThan(100);
  },
);

test.runIf(auditLogs().length > 0)(
  'so do the audit logs, alone and with list and watch, and they know who did what the watch saw',
  async () => {
    const truth = await quiet();
    const audit = auditChanges();
    const alone = memoryHistory();
    alone.add(audit);
    await expect.poll(() => present(alone), { timeout: 5_000 }).toEqual(truth);
    const together = memoryHistory();
    together.add(steady.changes);
    together.add(late.changes);
    together.add(audit);
    expect(present(together)).toEqual(truth);
    const writes = audit.filter(({ what }) => what === 'present');
    const actors = new Map(writes.map((change) => [write(change), change.actor?.user]));
    const policies = steady.changes.filter(({ what, created, resource }) => {
      return resource === 'networkpolicies' && what === 'present' && created;
    });
    expect(policies).toHaveLength(20);
    expect(new Set(policies.map((change) => actors.get(write(change))))).toEqual(new Set(['admin']));
  },
);
