import type { Doubt } from '@margay/coverage';
import { type Instant, type Key, keyText, kindOf, type KubernetesObject } from '@margay/ground';
import type { Change } from '@margay/history';
import fc from 'fast-check';
import { type Fact, keyOfObject, uidOf } from './history.ts';

/** How many instants one instant of a story is: what it tells of it happens one after the other. */
export const TICKS = 1_000;

/** One write that was done, as its event tells of it. */
export interface Write {
  readonly key: Key;
  readonly verb: 'create' | 'update' | 'delete';
  readonly at: Instant;
  readonly uid: string;
  readonly object: KubernetesObject;
}

/**
 * The writes of a story. With a namespace all goes that is in it, and nothing is made in one that is gone. A fact that tells of an object what it is already is an
 * update that changes nothing.
 */
export function writesOf(facts: readonly Fact[]): Write[] {
  const writes: Write[] = [];
  const live = new Map<string, { readonly uid: string; readonly object: KubernetesObject }>();
  const born = new Map<string, number>();
  /** Namespaces in which nothing can be made. */
  const gone = new Set<string>();
  let at = -Infinity;
  const write = (verb: Write['verb'], object: KubernetesObject, uid: string) => {
    const key = keyOfObject(object);
    at += 2;
    writes.push({ key, verb, at, uid, object });
    if (verb === 'delete') live.delete(keyText(key));
    else live.set(keyText(key), { uid, object });
  };
  const end = (object: KubernetesObject) => {
    const known = live.get(keyText(keyOfObject(object)));
    if (known === undefined) return;
    if (object.kind === 'Namespace') {
      gone.add(object.metadata.name);
      const all = Array.from(live.values());
      for (const one of all.filter((some) => some.object.metadata.namespace === object.metadata.name))
        write('delete', one.object, one.uid);
    }
    write('delete', known.object, known.uid);
  };
  for (const fact of facts.toSorted((a, b) => a.at - b.at)) {
    const { what = 'present' } = fact;
    const object = inOwnNetwork(fact.object);
    at = Math.max(at, fact.at * TICKS);
    if (what !== 'present') end(object);
    if (what === 'gone' || gone.has(object.metadata.namespace ?? '')) continue;
    if (object.kind === 'Namespace') gone.delete(object.metadata.name);
    const text = keyText(keyOfObject(object));
    if (!canBecome(live.get(text)?.object, object)) end(object);
    const known = live.get(text);
    if (known !== undefined) write('update', object, known.uid);
    else {
      const nth = (born.get(text) ?? 0) + 1;
      born.set(text, nth);
      write('create', object, uidOf(object, nth));
    }
  }
  return writes;
}

/** The object with addresses and targets of its own namespace alone: services hold no pods of others. */
function inOwnNetwork(object: KubernetesObject): KubernetesObject {
  const { namespace } = object.metadata;
  if (namespace === undefined) return object;
  const text = JSON.stringify(object)
    .replaceAll('"10.0.0.', `"10.0.${namespace.slice(1)}.`)
    .replaceAll(/"namespace":"n\d"/g, `"namespace":"${namespace}"`);
  return /^(Pod|Endpoints|EndpointSlice)$/.test(object.kind)
    ? (JSON.parse(text) as KubernetesObject)
    : object;
}

/** Whether an update can make the second of the first: a pod keeps its spec, and never runs again once it has finished. */
function canBecome(before: KubernetesObject | undefined, after: KubernetesObject): boolean {
  if (before === undefined || before.kind !== 'Pod') return true;
  const phase = (pod: KubernetesObject) => (pod['status'] as { readonly phase?: string }).phase;
  return (
    JSON.stringify(before['spec']) === JSON.stringify(after['spec']) &&
    (phase(before) === phase(after) || phase(before) === 'Running')
  );
}

/** What became of the event of a write: it is whole, lost its body, or the end of the request is not known. */
export type Loss = 'none' | 'body' | 'outcome' | 'name';

/** The change that the event of a write tells. */
export function changeOf(write: Write, i: number, loss: Loss = 'none', saysUid = true): Change {
  const { key, verb, at, uid, object } = write;
  const told = {
    ...key,
    id: `e${i}`,
    eventId: `e${i}`,
    at,
    receivedAt: at,
    origin: { source: 'log', position: i },
  };
  if (loss !== 'none') return doubtful(told, verb, loss, saysUid && verb !== 'create' ? { uid } : {});
  const seen = { ...told, uid, resourceVersion: String(1_000 + i) };
  // Requests take time: an end shows what was there when it was asked for.
  if (verb === 'delete') return { ...told, receivedAt: at - 1, what: 'gone', uid, content: object };
  return { ...seen, what: 'present', content: object, ...(verb === 'create' && { created: true }) };
}

function doubtful(
  told: Omit<Change, 'what'>,
  verb: Write['verb'],
  loss: Loss,
  known: { readonly uid?: string },
): Change {
  const isUnknown = loss === 'outcome';
  const may = verb === 'delete' ? 'be-gone' : isUnknown ? 'be-anything' : 'differ';
  const endsAtOnce = told.resource !== 'pods' && told.resource !== 'namespaces';
  // A name that the API server makes is only in the answer.
  const isNameless = loss === 'name' && verb === 'create';
  return {
    ...told,
    ...known,
    ...(isNameless && { name: '' }),
    what: 'doubtful',
    ...(verb === 'create' && { created: true }),
    doubt: {
      reason: isUnknown ? 'outcome-unknown' : 'no-content',
      may,
      message: `${verb} of ${told.name}: ${loss}`,
      ...(verb === 'delete' && !isUnknown && endsAtOnce && { ends: true }),
    },
  };
}

/** What is told of a story, and what is known to be missing of it. */
export interface Told {
  readonly changes: readonly Change[];
  readonly doubts: readonly Doubt[];
}

/** How a story is lost in part. */
export interface Losses {
  /** By write, again from the first where there are more writes. */
  readonly events: readonly Loss[];
  /** Writes that are told of with an outcome that is not known, and that were not done. */
  readonly notDone: readonly { readonly at: number; readonly of: number; readonly verb: Write['verb'] }[];
  /** Times of which nothing is told, in instants of the story. */
  readonly gaps: readonly { readonly since: number; readonly until: number }[];
  /** Nothing is told of what was before. */
  readonly beginning: number | undefined;
  readonly saysUid: boolean;
}

const instant = fc.integer({ min: 0, max: 24 });
const NO_LOSSES: Losses = { events: ['none'], notDone: [], gaps: [], beginning: undefined, saysUid: true };
const events = fc.array(fc.constantFrom<Loss>(...Array<Loss>(12).fill('none'), 'body', 'outcome', 'name'), {
  minLength: 5,
  maxLength: 40,
  size: 'max',
});
const gaps = fc.array(
  fc
    .tuple(instant, fc.integer({ min: 1, max: 8 }))
    .map(([since, length]) => ({ since, until: since + length })),
  { minLength: 1, maxLength: 2 },
);
const notDone = fc.array(
  fc.record({
    at: instant,
    of: fc.nat(40),
    verb: fc.constantFrom<Write['verb']>('create', 'update', 'delete'),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Losses of one kind, or of several at once. */
export const losses: fc.Arbitrary<Losses> = fc
  .oneof(
    fc.record({ events, saysUid: fc.boolean() }),
    fc.record({ notDone, saysUid: fc.boolean() }),
    fc.record({ gaps }),
    fc.record({ beginning: instant }),
    fc.record({
      events,
      notDone,
      gaps,
      beginning: fc.option(instant, { nil: undefined }),
      saysUid: fc.boolean(),
    }),
  )
  .map((some) => ({ ...NO_LOSSES, ...some }));

/** What is left of the writes. */
export function toldOf(writes: readonly Write[], { events: lost, saysUid, ...rest }: Losses): Told {
  const doubts: Doubt[] = rest.gaps.map(({ since, until }, i) => ({
    id: `gap-${i}`,
    about: 'everything',
    since: since * TICKS,
    until: until * TICKS,
    reason: 'gap',
    message: 'nothing was told',
    source: 'log',
  }));
  const from = rest.beginning === undefined ? -Infinity : rest.beginning * TICKS;
  if (rest.beginning !== undefined) {
    const message = 'the log begins here';
    doubts.push({
      id: 'beginning',
      about: 'everything',
      since: -Infinity,
      until: from,
      reason: 'beginning',
      message,
      source: 'log',
    });
  }
  const isTold = ({ at }: { readonly at: Instant }) =>
    at >= from && !doubts.some(({ since, until = Infinity }) => since <= at && at < until);
  // Of an object from before the beginning of which nothing is told but an end without a body, nobody knows anything.
  const isOnlyEnd = ({ verb, uid, at: end }: Write) =>
    verb === 'delete' && !writes.some((one) => one.uid === uid && from <= one.at && one.at < end);
  const done = writes.map((write, i) =>
    changeOf(
      write,
      i,
      rest.beginning !== undefined && isOnlyEnd(write) ? 'none' : lost[i % lost.length],
      saysUid,
    ),
  );
  const undone = rest.notDone.flatMap(({ at, of, verb }, i) => {
    const like = writes[of % Math.max(1, writes.length)];
    if (like === undefined) return [];
    const asked = { ...like, verb, at: at * TICKS + 500 + i };
    return [changeOf(asked, 10_000 + i, 'outcome', saysUid && isLivingAt(writes, asked))];
  });
  return { changes: [...done, ...undone].filter(isTold), doubts };
}

/** Whether the object, by its uid, is there at the instant: nobody can name one that is not. */
function isLivingAt(writes: readonly Write[], { at, uid }: Write): boolean {
  const before = writes.filter((write) => write.uid === uid && write.at < at);
  return before.length > 0 && before.at(-1)?.verb !== 'delete';
}

/** Whether an object may be there that is not told of, by the doubts of a report's evidence. */
export function mayBeUnseen(
  key: Pick<Key, 'group' | 'resource' | 'namespace'>,
  doubts: readonly { readonly about: string }[],
): boolean {
  const kind = kindOf(key);
  const name = kind === undefined || kind.group === '' ? key.resource : `${key.resource}.${key.group}`;
  return doubts.some(
    ({ about }) => about === 'everything' || about === name || about === `${name} in ${key.namespace}`,
  );
}
