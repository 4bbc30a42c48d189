import {
  at as fieldAt,
  CALICO_GROUP,
  compareTexts,
  fields,
  type Instant,
  isFields,
  kindOf,
  nonEmptyText,
  parseInstant,
  SECOND,
  servedName,
  STORAGE_GROUP,
  text,
} from '@margay/ground';
import type { PolicyEvent } from '@margay/history';

/** How far the clocks of an API server and of Calico's API server may be apart. */
const SERVERS_APART = SECOND;
/** The same between the API servers of one cluster, one of which has the writes of Calico's API server in its log. */
const LOGS_APART = SECOND / 10;

/** The audit annotation with the ids of further events that tell of the same act, joined by commas. */
export const JOINED = 'margay.io/joined-audit-ids';

/** What somebody did, as one audit event or several tell it. Its time and its caller are those of the request of that somebody. */
export interface Act extends PolicyEvent {
  /** When the request came in. */
  readonly from: Instant;
  /** All events that tell of it. */
  readonly parts: readonly PolicyEvent[];
  /** Those of them that are writes of Calico's API server behind a request of which it is not known whose of several it was. */
  readonly ambiguous: readonly PolicyEvent[];
}

/**
 * What was done, of what audit logs tell. Where Calico's API server serves `projectcalico.org/v3`, one act is up to three
 * events: the request as kube-apiserver passed it on, without a body and, when it creates, without a name; the same in the log
 * of Calico's API server, with its body and the same audit ID; and the write to `crd.projectcalico.org` by which that server
 * kept it. They are one act, by the person, with the richest body.
 *
 * Pure, and the same whatever the order of the events, each of which counts once.
 */
export function actsOf(events: Iterable<PolicyEvent>): Act[] {
  const known = new Map<string, PolicyEvent>();
  for (const event of events) known.set(event.eventId, event);
  const all = withoutAnswered([...known.values()])
    .map(toldBy)
    .sort(inOrder);
  const of = Map.groupBy(all, ({ group }) =>
    group === STORAGE_GROUP || group === CALICO_GROUP ? group : '',
  );
  const served = joinTwins(of.get(CALICO_GROUP) ?? []);
  const unexplained = addBacking(served, of.get(STORAGE_GROUP) ?? []);
  return [...(of.get('') ?? []), ...unexplained].map(aloneOf).concat(served.map(actOf));
}

/** Without the events that a request was received, where another tells how it was answered. */
function withoutAnswered(events: readonly PolicyEvent[]): readonly PolicyEvent[] {
  const isAsked = ({ event }: PolicyEvent) => fields(event)['stage'] === 'RequestReceived';
  if (!events.some(isAsked)) return events;
  const requestOf = ({ event, verb, resource }: PolicyEvent) => {
    const { auditID, requestReceivedTimestamp } = fields(event);
    return JSON.stringify([auditID, requestReceivedTimestamp, verb, resource]);
  };
  const answered = new Set(events.filter((event) => !isAsked(event)).map(requestOf));
  return events.filter((event) => !isAsked(event) || !answered.has(requestOf(event)));
}

const aloneOf = ({ write, from }: Told): Act => ({ ...write, from, parts: [write], ambiguous: [] });

/** An event, and what joining looks at. */
interface Told {
  readonly write: PolicyEvent;
  /** The group in which it was asked for. */
  readonly group: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly hasBody: boolean;
}

/** A request to Calico's API server, and what else tells of it. */
interface Served {
  readonly told: Told;
  /** The same in the log of Calico's API server. */
  twin?: Told;
  readonly backing: Told[];
  readonly ambiguous: Told[];
}

/** When the request of an event came in. */
export function receivedAt({ event, at }: PolicyEvent): Instant {
  const received = parseInstant(fields(event)['requestReceivedTimestamp']) ?? at;
  return Math.min(received, at);
}

function toldBy(write: PolicyEvent): Told {
  const event = fields(write.event);
  return {
    write,
    group: text(fieldAt(event, 'objectRef', 'apiGroup')),
    from: receivedAt(write),
    to: write.at,
    hasBody: isFields(event['requestObject']) || isFields(event['responseObject']),
  };
}

const inOrder = (a: Told, b: Told): number =>
  a.from - b.from || a.to - b.to || compareTexts(a.write.eventId, b.write.eventId);

/** Whether the second happened while the first did, by clocks that are that far apart. */
const isWithin = (outer: Told, inner: Told, apart: number): boolean =>
  outer.from - apart <= inner.from && inner.to <= outer.to + apart;

const callerOf = ({ write: { actor } }: Told): string => JSON.stringify([actor?.user, actor?.impersonated]);

/**
 * Joins each event without a body with the one of Calico's API server that has it: of the same audit ID, which callers may
 * choose, and therefore of the same caller, object and time too. Two with bodies are two acts, and so are two without.
 */
function joinTwins(told: readonly Told[]): Served[] {
  const idOf = (one: Told) => {
    const { verb, resource, namespace } = one.write;
    return JSON.stringify([fieldAt(one.write.event, 'auditID'), callerOf(one), verb, resource, namespace]);
  };
  const withBody = Map.groupBy(
    told.filter(({ hasBody }) => hasBody),
    idOf,
  );
  const taken = new Set<Told>();
  const joined = told
    .filter(({ hasBody }) => !hasBody)
    .map((one): Served => {
      const twin = withBody
        .get(idOf(one))
        ?.find(
          (other) =>
            !taken.has(other) && isWithin(one, other, SERVERS_APART) && fitsName(one, other.write.name),
        );
      if (twin !== undefined) taken.add(twin);
      return { told: one, ...(twin && { twin }), backing: [], ambiguous: [] };
    });
  const rest = told.filter((one) => one.hasBody && !taken.has(one));
  return [...joined, ...rest.map((one): Served => ({ told: one, backing: [], ambiguous: [] }))].sort((a, b) =>
    inOrder(a.told, b.told),
  );
}

const fitsName = ({ write: { name } }: Told, wanted: string): boolean => name === '' || isSame(name, wanted);

/** Calico takes a policy of the default tier with the tier in front of its name and without. */
const isSame = (a: string, b: string): boolean => servedName(a, true) === servedName(b, true);

/** The name that a request is about, as far as it or its twin says it. */
const nameOf = ({ told, twin }: Served): string => told.write.name || (twin?.write.name ?? '');

/** How Calico's API server carries out a request. */
const CARRIED_OUT_BY: Readonly<Record<string, readonly string[]>> = {
  create: ['create'],
  update: ['update', 'create', 'patch'],
  patch: ['update', 'create', 'patch'],
  delete: ['delete', 'update'],
  deletecollection: ['delete', 'update', 'deletecollection'],
};

/** Adds the writes of Calico's API server to the requests that they carried out; gives those that belong to none. */
function addBacking(served: readonly Served[], stored: readonly Told[]): Told[] {
  const byFolder = Map.groupBy(served, ({ told }) => folderOf(told));
  return stored.filter((write) => {
    if (!isCalicoServer(write)) return true;
    const fitting = (byFolder.get(folderOf(write)) ?? []).filter((one) => carriesOut(one, write));
    const candidates = preferring(
      preferring(fitting, ({ told }) => isWithin(told, write, 0)),
      (one) => nameOf(one) !== '',
    );
    const isCertain = new Set(candidates.map(({ told }) => callerOf(told))).size === 1;
    // A request makes one object.
    const one = candidates.find((candidate) => write.write.verb !== 'create' || !isMade(candidate));
    if (one === undefined) return true;
    (isCertain ? one.backing : one.ambiguous).push(write);
    return false;
  });
}

/** Those that are the better candidates, where there are any. */
function preferring<T>(candidates: readonly T[], isBetter: (candidate: T) => boolean): readonly T[] {
  const better = candidates.filter(isBetter);
  return better.length > 0 ? better : candidates;
}

const folderOf = ({ write: { resource, namespace } }: Told): string => `${resource}/${namespace}`;

/** Calico's API server acts under an account of its own, which has its name. */
const isCalicoServer = ({ write: { actor } }: Told): boolean => /apiserver/i.test(actor?.user ?? '');

function carriesOut(one: Served, { write, from, to }: Told): boolean {
  const { told } = one;
  const name = nameOf(one);
  return (
    (CARRIED_OUT_BY[told.write.verb] ?? []).includes(write.verb) &&
    (name === '' || told.write.verb === 'deletecollection' || isSame(name, write.name)) &&
    told.from - LOGS_APART <= from &&
    to <= told.to + LOGS_APART
  );
}

const isMade = ({ backing, ambiguous }: Served): boolean =>
  [...backing, ...ambiguous].some(({ write }) => write.verb === 'create' && write.outcome === 'done');

function actOf(one: Served): Act {
  const { told, twin, backing, ambiguous } = one;
  const { write } = told;
  const others = [...(twin ? [twin] : []), ...backing];
  const parts = [told, ...others, ...ambiguous].map((part) => part.write);
  const [own, kept] = [nameOf(one), nameOfOnly(backing)];
  // Where something was deleted, it is not shown what users see of the name under which it was kept.
  const isShown = write.verb !== 'delete' && write.outcome !== 'refused';
  const name = write.verb === 'deletecollection' ? '' : isShown ? kept || own : own || kept;
  const isDone = write.outcome === 'unsettled' && others.some((other) => other.write.outcome === 'done');
  return {
    ...write,
    name,
    ...(isDone && { outcome: 'done' }),
    event: eventOf(one, name),
    from: told.from,
    parts,
    ambiguous: ambiguous.map((part) => part.write),
  };
}

/**
 * The names that the object of an act may have: Calico takes a policy of the default tier with the tier in front of its name
 * and without, and keeps it under one of them.
 */
export function namesOf({
  group,
  resource,
  name,
}: Pick<Act, 'group' | 'resource' | 'name'>): readonly string[] {
  if (group !== CALICO_GROUP || kindOf({ group, resource })?.role !== 'policy') return [name];
  const short = servedName(name, true);
  return [name, name === short ? `default.${name}` : short];
}

const nameOfOnly = (backing: readonly Told[]): string => {
  const names = new Set(backing.map(({ write }) => write.name));
  return names.size === 1 ? ([...names][0] ?? '') : '';
};

/** The event of the person, with the bodies of the one that has the richest, and the ids of all others. */
function eventOf({ told, twin, backing, ambiguous }: Served, name: string): unknown {
  const others = [...(twin ? [twin] : []), ...backing, ...ambiguous];
  if (others.length === 0) return told.write.event;
  const event = fields(told.write.event);
  const reference = fields(event['objectRef']);
  const rich = told.hasBody
    ? undefined
    : (twin ??
      (told.write.verb === 'deletecollection' ? undefined : backing.findLast(({ hasBody }) => hasBody)));
  const bodies = fields(rich?.write.event);
  const ids = others.flatMap(({ write }) => nonEmptyText(fieldAt(write.event, 'auditID')) ?? []);
  return {
    ...event,
    objectRef: { ...reference, ...(name !== '' && { name }) },
    ...(isFields(bodies['requestObject']) && { requestObject: bodies['requestObject'] }),
    ...(isFields(bodies['responseObject']) && { responseObject: bodies['responseObject'] }),
    annotations: { ...fields(event['annotations']), [JOINED]: [...new Set(ids)].join(',') },
  };
}
