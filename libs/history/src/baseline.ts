import {
  fields,
  formatInstant,
  type Fields,
  type Instant,
  isFields,
  keepsObject,
  KEPT_KINDS,
  type Kind,
  kindOfObject,
  type KubernetesObject,
  list,
  nonEmptyText,
  parseInstant,
  resourceName,
  STORAGE_GROUP,
  text,
} from '@margay/ground';
import { isFirstObject } from './birth.ts';
import type { Change } from './change.ts';
import { NEVER_SHOWN } from './object-doubt.ts';
import { project } from './project.ts';
import { birthOf } from './unseen-birth.ts';
import { validAt, type Version } from './version.ts';

/** The whole state of kinds at an instant, as lists of the cluster show it. */
export interface Baseline {
  /** Every object that was there, and the end of every one that the history has and the lists have not. */
  readonly changes: readonly Change[];
  /** The kinds that were listed. */
  readonly kinds: readonly Pick<Kind, 'group' | 'resource'>[];
}

/** What is asked of lists. */
export interface BaselineOptions {
  /** What the lists are called, in origins. */
  readonly source: string;
  /** When they were taken. */
  readonly at: Instant;
  /** Resources that were listed although nothing of them may be there. */
  readonly listed?: readonly string[];
  /** All that the history has without them. */
  readonly versions: readonly Version[];
  /** Whether what a version shows may have ended before they were taken without being told: never, unless given. */
  readonly isOpen?: (version: Version) => boolean;
}

/** How many objects a message names. */
const NAMED_MAX = 3;

/**
 * Lists of a cluster as its whole state at an instant. A kind counts as listed where the lists have something of it or `listed` names
 * it, and where they have the definitions of custom resources and none of its own, so that nothing can be of it.
 *
 * @param texts documents as `kubectl get … -o json` writes them.
 * @throws Error where the lists are no lists, or contradict the history: they are of another cluster or another time.
 */
export function baselineOf(texts: readonly unknown[], options: BaselineOptions): Baseline {
  const { source, at } = options;
  const objects = texts.flatMap(itemsOf);
  const changes = objects.flatMap((object, i) => presentChange(object, source, at, i + 1));
  refuseLater(objects, at);
  const seen = new Map(changes.map((change) => [placeOf(change), change]));
  const known = validAt(options.versions, at);
  const named = known.filter(({ name }) => name !== '');
  const { isOpen = () => false } = options;
  const wide = known.filter(({ name }) => name === '');
  const isKnown = (version: Version) =>
    version.doubt === undefined && !isOpen(version) && !wide.some((one) => isOver(one, version));
  refuseStrangers(named.filter(wasShown), isKnown, seen, at);
  const kinds = listedKinds(changes, options.listed ?? []);
  const isListed = new Set(kinds.map(resourceName));
  const gone = named.filter((version) => isListed.has(resourceName(version)) && !seen.has(placeOf(version)));
  refuseSurvivors(gone.filter(wasShown), options.versions, at);
  return {
    changes: [
      ...changes,
      ...objects.flatMap((object) => birthsIn(object, seen)),
      ...gone.map((version, i) =>
        goneChange(wasShown(version) ? version : { ...version, uid: '' }, source, at, objects.length + i + 1),
      ),
    ],
    kinds,
  };
}

/** False for what a later request found: it may have been made since the lists were taken, or another may have had the name. */
const wasShown = ({ doubt }: Version): boolean => doubt?.reason !== NEVER_SHOWN;

const placeOf = ({
  group,
  resource,
  namespace,
  name,
}: Pick<Change, 'group' | 'resource' | 'namespace' | 'name'>) =>
  `${resourceName({ group, resource })} ${namespace === '' ? '' : `${namespace}/`}${name}`;

function itemsOf(text: unknown): Fields[] {
  if (!isFields(text) || !Array.isArray(text['items']))
    throw new Error('it is no list of objects: write it with kubectl get … -A -o json');
  const listKind = nonEmptyText(text['kind']) ?? '';
  const kind = listKind === 'List' ? undefined : listKind.replace(/List$/, '');
  // Lists of one kind, as the API server gives them, say once what their items are.
  return list(text['items']).map((item) => ({
    ...(kind !== undefined && { apiVersion: text['apiVersion'], kind }),
    ...fields(item),
  }));
}

function presentChange(object: Fields, source: string, at: Instant, position: number): Change[] {
  const kind = kindOfObject(object as unknown as KubernetesObject);
  if (kind === undefined || kind.kept === 'nothing') return [];
  const metadata = fields(object['metadata']);
  if (!keepsObject(kind, text(metadata['namespace']), text(metadata['name']))) return [];
  const projected = project(kind, object);
  if ('lacks' in projected)
    throw new Error(
      `${kind.resource} ${nonEmptyText(metadata['name']) ?? ''} has no ${projected.lacks}: write it with kubectl get … -A -o json`,
    );
  const { uid, resourceVersion, namespace, name, content } = projected;
  const eventId = `baseline.${uid}.${resourceVersion}.${at}`;
  return [
    {
      id: eventId,
      eventId,
      group: kind.group,
      resource: kind.resource,
      namespace,
      name,
      what: 'present',
      uid,
      ...(resourceVersion !== undefined && { resourceVersion }),
      at,
      receivedAt: at,
      content,
      origin: { source, position },
    },
  ];
}

/** When objects of the lists were made, which the log may not show. */
function birthsIn(object: Fields, seen: ReadonlyMap<string, Change>): Change[] {
  const kind = kindOfObject(object as unknown as KubernetesObject);
  const metadata = fields(object['metadata']);
  if (kind === undefined) return [];
  const [namespace, name] = [text(metadata['namespace']), text(metadata['name'])];
  const change = seen.get(placeOf({ ...kind, namespace, name }));
  return change === undefined ? [] : birthOf(kind, change, metadata['creationTimestamp']);
}

function goneChange(
  { group, resource, namespace, name, uid }: Version,
  source: string,
  at: Instant,
  position: number,
): Change {
  const eventId = `baseline.${uid === '' ? placeOf({ group, resource, namespace, name }) : uid}.gone.${at}`;
  return {
    id: eventId,
    eventId,
    group,
    resource,
    namespace,
    name,
    what: 'gone',
    ...(uid !== '' && { uid, uidShown: false }),
    at,
    receivedAt: at,
    origin: { source, position },
  };
}

function listedKinds(changes: readonly Change[], listed: readonly string[]): Baseline['kinds'] {
  const found = new Set(changes.map(resourceName));
  const definitions = new Set(
    changes.filter(({ resource }) => resource === 'customresourcedefinitions').map(({ name }) => name),
  );
  const isUndefined = ({ group, resource, hasStorageForm }: Kind) =>
    definitions.size > 0 &&
    group.includes('.') &&
    !BUILT_IN.has(group) &&
    !definitions.has(`${resource}.${group}`) &&
    !(hasStorageForm && definitions.has(`${resource}.${STORAGE_GROUP}`));
  return KEPT_KINDS.filter(
    (kind) =>
      found.has(resourceName(kind)) ||
      listed.includes(kind.resource) ||
      listed.includes(resourceName(kind)) ||
      isUndefined(kind),
  ).map(({ group, resource }) => ({ group, resource }));
}

/** Groups that the API server serves without a definition. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'networking.k8s.io',
  'discovery.k8s.io',
  'apiextensions.k8s.io',
]);

const named = (names: readonly string[]): string =>
  `${names.slice(0, NAMED_MAX).join(', ')}${names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''}`;

function refuseLater(objects: readonly Fields[], at: Instant): void {
  const later = objects.filter((object) => {
    const metadata = fields(object['metadata']);
    const times = [
      metadata['creationTimestamp'],
      ...list(metadata['managedFields']).map((one) => fields(one)['time']),
    ];
    return times.some((time) => (parseInstant(time) ?? -Infinity) > at);
  });
  if (later.length === 0) return;
  const names = later.map(
    (object) => `${String(object['kind'])} ${nonEmptyText(fields(object['metadata'])['name']) ?? ''}`,
  );
  throw new Error(
    `it holds objects that were written after ${formatInstant(at)}, when it is said to have been taken: ${named(names)}. Give the time at which kubectl was run`,
  );
}

/** Whether a doubt about many, which has no name, is about what was seen. */
const isOver = ({ group, resource, namespace, doubt }: Version, seen: Version): boolean =>
  (resource === '' || (resource === seen.resource && group === seen.group)) &&
  (namespace === '' || namespace === seen.namespace) &&
  seen.validFrom < (doubt?.answeredAt ?? -Infinity);

function refuseStrangers(
  known: readonly Version[],
  isKnown: (version: Version) => boolean,
  seen: ReadonlyMap<string, Change>,
  at: Instant,
): void {
  const strange = known.filter((version) => {
    const uid = seen.get(placeOf(version))?.uid;
    return uid !== undefined && uid !== version.uid && (isFirstObject(version) || isKnown(version));
  });
  if (strange.length === 0) return;
  const isCluster = strange.some(isFirstObject);
  throw new Error(
    isCluster
      ? 'it is of another cluster: its namespace kube-system is not that of the log'
      : `it is of another cluster or another time: at ${formatInstant(at)} the log has other objects (by uid) of the names ${named(strange.map(placeOf))}`,
  );
}

function refuseSurvivors(gone: readonly Version[], versions: readonly Version[], at: Instant): void {
  const later = new Set(versions.filter(({ validFrom }) => validFrom > at).map(({ uid }) => uid));
  const survivors = gone.filter(({ uid }) => uid !== '' && later.has(uid));
  if (survivors.length === 0) return;
  throw new Error(
    `it contradicts the log: it lacks ${named(survivors.map(placeOf))}, which the log shows before and after ${formatInstant(at)}. Is it of another time, or were not all namespaces listed (-A)?`,
  );
}
