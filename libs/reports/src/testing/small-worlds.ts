import type { Fields, Instant } from '@margay/ground';

/**
 * A cluster that is small enough to list everything that may have happened in it: one pod and two policies, to each of which one thing
 * after another is done, and a way of telling of it that leaves things out. What it means for the pod is told by the definitions
 * of the flags themselves, instant by instant, and shares nothing with the replay.
 */
export const OBJECTS = ['web', 'p', 'q'] as const;
export type ObjectName = (typeof OBJECTS)[number];

/** Of the pod its label; of a policy whom it selects, and what it allows. */
const POLICIES = ['all', 'allnet', 'x', 'xnet', 'none'] as const;
const CONTENTS = { web: ['x', 'y'], p: POLICIES, q: POLICIES } as const;

/** `all` and `allnet` select every pod in both directions, `x` and `xnet` those labelled x for ingress; those with net let the internet in. */
const selects = (policy: string | undefined, label: string | undefined): boolean =>
  policy?.startsWith('all') === true || (policy?.startsWith('x') === true && label === 'x');

/** Something that is done to an object, if it is done. */
export interface Act {
  readonly object: ObjectName;
  readonly verb: 'create' | 'update' | 'delete';
  readonly content: string;
  readonly done: boolean;
}

/** How a slot of time is told of; in a `gap` nothing is. */
export type Telling =
  'whole' | 'body lost' | 'outcome lost' | 'gap' | `read ${ObjectName}` | `taken ${ObjectName}`;

/** What is done in each slot; in a gap it may be several things, elsewhere at most one. */
export type World = readonly (readonly Act[])[];

/** Everything that may be done to any object. */
export const ALL_ACTS: readonly Act[] = OBJECTS.flatMap((object) => [
  { object, verb: 'delete', content: '', done: true },
  ...CONTENTS[object].flatMap((content): Act[] => [
    { object, verb: 'create', content, done: true },
    { object, verb: 'update', content, done: true },
  ]),
]);

/** How long a slot is. In it, acts are a tenth of it apart. */
export const SLOT = 10_000_000;
const STEP = SLOT / 10;

interface Life {
  readonly uid: string;
  readonly content: string;
  readonly resourceVersion: number;
  readonly generation: number;
}
type State = Readonly<Partial<Record<ObjectName, Life>>>;

/** The state after each act, from its instant on; undefined where an act cannot have been done. */
export function statesOf(world: World): { readonly at: Instant; readonly state: State }[] | undefined {
  const states: { at: Instant; state: State }[] = [{ at: -Infinity, state: {} }];
  let state: State = {};
  for (const [slot, acts] of world.entries()) {
    for (const [nth, act] of acts.entries()) {
      if (!act.done) continue;
      const life = state[act.object];
      if ((act.verb === 'create') === (life !== undefined)) return undefined;
      const at = slot * SLOT + nth * STEP;
      state = { ...state, [act.object]: after(act, life, slot * 10 + nth) };
      states.push({ at, state });
    }
  }
  return states;
}

function after({ object, verb, content }: Act, life: Life | undefined, n: number): Life | undefined {
  const resourceVersion = 1_000 + n;
  if (verb === 'delete') return undefined;
  if (life === undefined) return { uid: `${object}-${n}`, content, resourceVersion, generation: 1 };
  if (life.content === content) return life;
  return { ...life, content, resourceVersion, generation: life.generation + 1 };
}

const stateAt = (states: NonNullable<ReturnType<typeof statesOf>>, instant: Instant): State =>
  states.findLast(({ at }) => at <= instant)?.state ?? {};

/** The audit events of a world, as it is told. Two worlds with the same events cannot be told apart. */
export function eventsOf(world: World, tellings: readonly Telling[]): Fields[] {
  const states = statesOf(world);
  if (states === undefined) throw new Error('this cannot have happened');
  return tellings.flatMap((telling, slot) => {
    const at = slot * SLOT;
    const before = stateAt(states, at - 1);
    if (telling === 'gap') return [];
    if (telling.startsWith('read '))
      return [readEvent(telling.slice(5) as ObjectName, stateAt(states, at), at)];
    if (telling.startsWith('taken '))
      return [takenEvent(telling.slice(6) as ObjectName, stateAt(states, at), at)];
    return (world[slot] ?? []).map((act) => {
      const now = stateAt(states, at)[act.object] ?? before[act.object];
      return writeEvent(act, now, at, telling);
    });
  });
}

function writeEvent(act: Act, life: Life | undefined, at: Instant, telling: Telling): Fields {
  const { object, verb } = act;
  const base = eventAbout(object, verb, at);
  if (telling === 'body lost') return { ...base, level: 'Metadata', responseStatus: { code: codeOf(act) } };
  if (telling === 'outcome lost') return { ...base, responseStatus: { code: 504 } };
  const details = { name: object, uid: life?.uid };
  const success = { kind: 'Status', apiVersion: 'v1', status: 'Success', details };
  const responseObject = verb === 'delete' && object !== 'web' ? success : life && bodyOf(object, life);
  return { ...base, responseStatus: { code: codeOf(act) }, responseObject };
}

const codeOf = ({ verb }: Act) => (verb === 'create' ? 201 : 200);

function readEvent(object: ObjectName, state: State, at: Instant): Fields {
  const base = eventAbout(object, 'get', at);
  const life = state[object];
  if (life !== undefined)
    return { ...base, responseStatus: { code: 200 }, responseObject: bodyOf(object, life) };
  const details = { name: object, kind: resourceOf(object) };
  return { ...base, responseStatus: { code: 404, status: 'Failure', reason: 'NotFound', details } };
}

function takenEvent(object: ObjectName, state: State, at: Instant): Fields {
  // Nobody tells of this: a name that is free is taken by whoever asks for it.
  if (state[object] === undefined) return {};
  const details = { name: object, kind: resourceOf(object) };
  const responseStatus = { code: 409, status: 'Failure', reason: 'AlreadyExists', details };
  return { ...eventAbout(object, 'create', at), responseStatus };
}

const resourceOf = (object: ObjectName) => (object === 'web' ? 'pods' : 'networkpolicies');
const timeOf = (at: Instant) => new Date(at / 1000).toISOString();

function eventAbout(object: ObjectName, verb: string, at: Instant): Fields {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `${verb}-${object}-${at}`,
    stage: 'ResponseComplete',
    verb,
    user: { username: 'ana' },
    objectRef: {
      resource: resourceOf(object),
      namespace: 's',
      name: object,
      apiVersion: 'v1',
      ...(object !== 'web' && { apiGroup: 'networking.k8s.io' }),
    },
    requestReceivedTimestamp: timeOf(at - 5_000),
    stageTimestamp: timeOf(at),
  };
}

function bodyOf(object: ObjectName, { uid, content, resourceVersion, generation }: Life): Fields {
  const metadata = { name: object, namespace: 's', uid, resourceVersion: String(resourceVersion) };
  if (object === 'web')
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { app: content } },
      spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'app:1' }] },
      status: { phase: 'Running', podIP: '10.0.0.1' },
    };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...metadata, generation },
    spec: {
      podSelector: content.startsWith('all') ? {} : { matchLabels: { app: content === 'none' ? 'z' : 'x' } },
      policyTypes: content.startsWith('all') ? ['Ingress', 'Egress'] : ['Ingress'],
      ...(content.endsWith('net') && { ingress: [{ from: [{ ipBlock: { cidr: '8.8.8.0/24' } }] }] }),
    },
  };
}

/** What is so of the pod in a window, by the words of the flags; undefined where it was not there. */
export interface Flags {
  readonly ingressProtected: boolean;
  readonly egressProtected: boolean;
  readonly ingressFromInternet: boolean;
}

export function flagsOf(world: World, start: Instant, end: Instant): Flags | undefined {
  const states = statesOf(world) ?? [];
  const seen = states.filter(
    ({ at, state }, i) => at < end && (states[i + 1]?.at ?? Infinity) > start && state.web !== undefined,
  );
  if (seen.length === 0) return undefined;
  const applied = seen.map(({ state: { web, p, q } }) =>
    [p?.content ?? '', q?.content ?? ''].filter((policy) => selects(policy, web?.content)),
  );
  return {
    ingressProtected: applied.every((policies) => policies.length > 0),
    egressProtected: applied.every((policies) => policies.some((policy) => policy.startsWith('all'))),
    ingressFromInternet: applied.some((policies) => policies.some((policy) => policy.endsWith('net'))),
  };
}

/**
 * Every world that is told of in the same words.
 *
 * @param tellings one for each slot. In a gap up to two things happened; a write whose outcome is lost was done or not; one whose
 *   body is lost may have made anything of its object.
 */
export function completionsOf(world: World, tellings: readonly Telling[]): World[] {
  const told = JSON.stringify(eventsOf(world, tellings));
  const choices = tellings.map((telling, slot) => choicesOf(telling, world[slot] ?? []));
  let worlds: World[] = [[]];
  for (const some of choices) {
    worlds = worlds.flatMap((before) =>
      some.map((acts) => [...before, acts]).filter((longer) => statesOf(longer) !== undefined),
    );
  }
  return worlds.filter((one) => JSON.stringify(eventsOf(one, tellings)) === told);
}

function choicesOf(telling: Telling, acts: readonly Act[]): (readonly Act[])[] {
  const [act] = acts;
  if (telling === 'gap')
    return [
      [],
      ...ALL_ACTS.map((one) => [one]),
      ...ALL_ACTS.flatMap((one) => ALL_ACTS.map((two) => [one, two])),
    ];
  if (act === undefined || (telling !== 'body lost' && telling !== 'outcome lost')) return [acts];
  const like = ALL_ACTS.filter(({ object, verb }) => object === act.object && verb === act.verb);
  const done = like.map((one) => [one]);
  return telling === 'body lost' ? done : [...done, [{ ...act, done: false }]];
}
