import type { Change } from '@margay/history';

/** How many changes each pod has: its creation, four updates, of which two change what reports read, and its end. */
export const CHANGES_OF_POD = 6;

/** The same changes in every run: pods that come, change and go, interleaved as in a log. */
export function generatedChanges(count: number): Change[] {
  const changes: Change[] = [];
  const pods = Math.ceil(count / CHANGES_OF_POD);
  // In waves, so that a pod's changes lie among those of a hundred others.
  for (let wave = 0; wave < pods; wave += 100) {
    for (let step = 0; step < CHANGES_OF_POD; step++) {
      for (let pod = wave; pod < Math.min(wave + 100, pods) && changes.length < count; pod++) {
        changes.push(changeOf(pod, step, changes.length + 1));
      }
    }
  }
  return changes;
}

/** One change of one pod, the `n`th of all. */
export function changeOf(pod: number, step: number, n: number): Change {
  const id = `a${n}`;
  const at = 1_700_000_000_000_000 + n * 1_000;
  const about = {
    group: '',
    resource: 'pods',
    namespace: `ns-${pod % 50}`,
    name: `pod-${pod}`,
    uid: `uid-${pod}`,
  };
  const origin = { source: 'log', position: n };
  const facts = { id, eventId: id, ...about, at, receivedAt: at - 500, origin, actor: { user: 'kubelet' } };
  if (step === CHANGES_OF_POD - 1) return { ...facts, what: 'gone' };
  const isRunning = step >= 2;
  return {
    ...facts,
    what: 'present',
    resourceVersion: String(n),
    content: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: about.name,
        namespace: about.namespace,
        labels: { app: `app-${pod % 7}`, tier: 'web' },
      },
      spec: { nodeName: `node-${pod % 9}`, serviceAccountName: 'default', containers: [{ name: 'app' }] },
      status: {
        phase: isRunning ? 'Running' : 'Pending',
        ...(isRunning && { podIP: `10.0.0.${pod % 250}` }),
      },
    },
    ...(step === 0 && { created: true }),
  };
}
