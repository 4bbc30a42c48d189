import type { Change } from '@margay/history';

/** Numbers in `[0, 1)` that look random and are the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The items in another order. */
export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, place: next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** How a story of changes is told. */
export interface StoryOptions {
  readonly seed: number;
  readonly changes: number;
  readonly keys: number;
  /** Characters that make each content bigger. */
  readonly padding?: number;
}

/** The first instant of every story. */
export const STORY_START = 1_764_000_000_000_000;

/**
 * Pods that are created, relabelled, end and come back under the same name, in the order of time: `changes` changes of
 * `keys` names, one second apart.
 */
export function story({ seed, changes, keys, padding = 0 }: StoryOptions): Change[] {
  const next = random(seed);
  const lives = Array.from({ length: keys }, () => 0);
  const alive = Array.from({ length: keys }, () => false);
  return Array.from({ length: changes }, (_, i) => {
    const key = Math.floor(next() * keys);
    const was = alive[key] === true;
    const gone = was && next() < 0.2;
    if (!was) lives[key] = (lives[key] ?? 0) + 1;
    alive[key] = !gone;
    const uid = `${lives[key]}-${key}-uid`;
    const namespace = `ns-${key % 3}`;
    const name = `pod-${key}`;
    const at = STORY_START + i * 1_000_000;
    return {
      id: `event-${seed}-${i}#0`,
      eventId: `event-${seed}-${i}`,
      what: gone ? 'gone' : 'present',
      group: '',
      resource: 'pods',
      namespace,
      name,
      uid,
      resourceVersion: String(1_000 + i),
      at,
      receivedAt: at - 1_000,
      ...(!gone && {
        content: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace, uid, labels: { app: `app-${Math.floor(next() * 3)}` } },
          ...(padding > 0 && { spec: { padding: 'x'.repeat(padding) } }),
        },
      }),
      ...(!was && { created: true }),
      actor: { user: `user-${i % 4}`, ...(i % 5 === 0 && { impersonated: 'somebody' }) },
      origin: { source: 'audit.log', position: i },
    } satisfies Change;
  });
}

/** The namespaces in which a story's pods are, as they were created before it. */
export function namespaces(): Change[] {
  return [0, 1, 2].map((i) => ({
    id: `namespace-${i}#0`,
    eventId: `namespace-${i}`,
    what: 'present',
    group: '',
    resource: 'namespaces',
    namespace: '',
    name: `ns-${i}`,
    uid: `uid-ns-${i}`,
    resourceVersion: String(10 + i),
    at: STORY_START - 1_000_000,
    receivedAt: STORY_START - 1_001_000,
    content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${i}`, uid: `uid-ns-${i}` } },
    created: true,
    origin: { source: 'audit.log', position: -1 - i },
  }));
}

/** The ends of two of the story's namespaces, `seconds` after its start: nothing in them may live on. */
export function namespaceEnds(seconds: number): Change[] {
  return [1, 2].map((i) => {
    const at = STORY_START + seconds * 1_000_000 + i;
    return {
      id: `namespace-${i}-end#0`,
      eventId: `namespace-${i}-end`,
      what: 'gone',
      group: '',
      resource: 'namespaces',
      namespace: '',
      name: `ns-${i}`,
      uid: `uid-ns-${i}`,
      at,
      receivedAt: at - 500,
      origin: { source: 'audit.log', position: 1_000_000 + i },
    };
  });
}

/**
 * What is not known of a story's pods: every so many seconds somebody may have deleted or changed one, and once in a
 * namespace all of them. Some are settled by the story, others last.
 */
export function doubts({ seed, changes, keys }: StoryOptions): Change[] {
  const next = random(seed + 1_000);
  const kinds = [
    { reason: 'outcome-unknown', may: 'be-anything' },
    { reason: 'no-content', may: 'differ' },
    { reason: 'no-content', may: 'be-gone', ends: true },
  ] as const;
  return Array.from({ length: Math.floor(changes / 10) }, (_, i) => {
    const key = Math.floor(next() * keys);
    const at = STORY_START + Math.floor(next() * changes) * 1_000_000 + 500;
    const doubt = kinds[i % kinds.length] ?? kinds[0];
    return {
      id: `doubt-${seed}-${i}#doubt`,
      eventId: `doubt-${seed}-${i}`,
      what: 'doubtful',
      group: '',
      resource: 'pods',
      namespace: `ns-${key % 3}`,
      name: i % 7 === 6 ? '' : i % 7 === 5 ? `never-seen-${key}` : `pod-${key}`,
      at,
      receivedAt: at - 400,
      doubt: { ...doubt, message: `update pods ns-${key % 3}/pod-${key}: nobody knows.` },
      origin: { source: 'audit.log', position: 2_000_000 + i },
    } satisfies Change;
  });
}
