import {
  at,
  fields,
  type Fields,
  isFields,
  type Kind,
  kindOfObject,
  nonEmptyText,
  text,
} from '@margay/ground';
import { DEPTH_MAX, pick, setOwn } from './json.ts';

/** Bookkeeping of the API server and of kubectl: it repeats the object and says nothing of its own. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);

/** The same, in the paths of a JSON patch. */
const LEFT_OUT_PATH =
  /^\/metadata\/(managedFields|annotations\/kubectl\.kubernetes\.io~1last-applied-configuration)(\/|$)/;

/** What the trail has of bodies where it has their metadata: which objects, with which labels, and whose. */
const METADATA = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'labels', 'ownerReferences'];

/** What a Status says without quoting what was asked for. */
const STATUS = ['kind', 'apiVersion', 'metadata', 'status', 'reason', 'code'];

/**
 * An audit event as the trail keeps it: which of its fields stands below, and nothing that a forwarder put beside them. Of a body there is
 * what the kind's trail keeps, without bookkeeping that repeats what stands in it anyway, and without what is nested deeper than any
 * real object, which a client can send in a patch; of a body of another kind, which may be a Secret, there is nothing.
 */
export function trailOf(event: Fields, kind: Kind): unknown {
  const told: Record<string, unknown> = {};
  for (const name of Object.keys(event)) {
    const keep = EVENT[name];
    const shown = keep?.(event[name], event, kind);
    if (shown !== undefined) told[name] = kept(shown, 0);
  }
  return told;
}

/** What is kept of one field of an event; undefined where nothing is. */
type Keep = (value: unknown, event: Fields, kind: Kind) => unknown;

const whole: Keep = (value) => value;

/** The fields of an audit event that are kept, each with what is. Source: Kubernetes, `audit.k8s.io/v1`. */
const EVENT: Readonly<Record<string, Keep | undefined>> = Object.assign(
  Object.create(null) as Record<string, Keep>,
  {
    ...Object.fromEntries(
      [
        ['kind', 'apiVersion', 'level', 'auditID', 'stage', 'verb', 'sourceIPs', 'objectRef'],
        ['requestReceivedTimestamp', 'stageTimestamp'],
      ]
        .flat()
        .map((name) => [name, whole]),
    ),
    requestURI: uriOf,
    user: userOf,
    impersonatedUser: userOf,
    userAgent: agentOf,
    annotations: (value) => ofKubernetes(value, /^([a-z0-9-]+\.)*k8s\.io\/|^([a-z0-9-]+\.)*kubernetes\.io\//),
    responseStatus: (value, _, kind) => (kind.trail === 'whole' ? value : quoteless(fields(value))),
    requestObject: (value, event, kind) => bodyOf(value, event, kind, 'asked'),
    responseObject: (value, event, kind) => bodyOf(value, event, kind, 'answered'),
  } satisfies Record<string, Keep>,
);

/** What a query may ask the API server for. Others are of no API, as a token would be that a client put there. */
const QUERY = new Set(
  [
    [
      'allowWatchBookmarks',
      'continue',
      'dryRun',
      'fieldManager',
      'fieldSelector',
      'fieldValidation',
      'force',
    ],
    ['gracePeriodSeconds', 'labelSelector', 'limit', 'orphanDependents', 'pretty', 'propagationPolicy'],
    ['resourceVersion', 'resourceVersionMatch', 'sendInitialEvents', 'timeout', 'timeoutSeconds', 'watch'],
  ].flat(),
);

/** A request's address with what of its query the API knows. */
function uriOf(value: unknown): string | undefined {
  const uri = nonEmptyText(value);
  const begin = uri?.indexOf('?') ?? -1;
  if (uri === undefined || begin === -1) return uri;
  const known = uri
    .slice(begin + 1)
    .split('&')
    .filter((pair) => QUERY.has(pair.split('=', 1)[0]!));
  return known.length === 0 ? uri.slice(0, begin) : `${uri.slice(0, begin)}?${known.join('&')}`;
}

/** Who somebody is: of what an authenticator adds, what Kubernetes itself does. */
function userOf(value: unknown): unknown {
  if (!isFields(value)) return undefined;
  const { extra, ...user } = value;
  const told = ofKubernetes(extra, /^authentication\.kubernetes\.io\//);
  return { ...pick(user, ['username', 'uid', 'groups']), ...(told !== undefined && { extra: told }) };
}

/** Products, versions and platforms, as clients give them; undefined for any other words. */
function agentOf(value: unknown): string | undefined {
  return typeof value === 'string' && AGENT.test(value) ? value : undefined;
}

const AGENT = /^[\w.$-]{1,64}\/[\w.$+-]{1,64}( \([\w/;. -]{1,64}\))?( [\w.-]{1,64}\/[\w.$+:/-]{1,160})*$/;

function ofKubernetes(value: unknown, known: RegExp): Fields | undefined {
  if (!isFields(value)) return undefined;
  const names = Object.keys(value).filter((name) => known.test(name));
  return names.length === 0 ? undefined : pick(value, names);
}

const quoteless = (status: Fields): Fields => {
  const details = pick(status['details'], ['name', 'group', 'kind', 'uid']);
  return { ...pick(status, STATUS), ...(Object.keys(details).length > 0 && { details }) };
};

/** What stands in the place of a body that is no object of the kind. */
const OF_ANOTHER_KIND = '(left out: an object of another kind)';

/** What is kept of a body. @param side what was asked for may be a patch, or say how to delete. */
function bodyOf(body: unknown, event: Fields, kind: Kind, side: 'asked' | 'answered'): unknown {
  const isAsked = side === 'asked';
  if (kind.trail !== 'whole') {
    // What was asked for when something was created stands in the answer.
    const isRepeated = isAsked && event['verb'] === 'create' && isFields(event['responseObject']);
    if (!isFields(body) || isRepeated) return undefined;
  }
  if (isAsked && event['verb'] === 'patch' && !(isFields(body) && isStranger(body, kind)))
    return kind.trail === 'whole' ? patchOf(body) : isFields(body) ? thinBody(body) : undefined;
  if (!isFields(body)) return undefined;
  const { kind: name } = body;
  if (name === 'Status') return kind.trail === 'whole' ? body : quoteless(body);
  if (isAsked && name === 'DeleteOptions') return body;
  if (isAsked && DELETIONS.has(text(event['verb']))) return pick(body, DELETE_OPTIONS);
  if (isStranger(body, kind)) return OF_ANOTHER_KIND;
  return kind.trail === 'whole' ? body : thinBody(body);
}

const DELETIONS = new Set(['delete', 'deletecollection']);
const DELETE_OPTIONS = [
  'kind',
  'apiVersion',
  'gracePeriodSeconds',
  'preconditions',
  'orphanDependents',
  'propagationPolicy',
  'dryRun',
];

/** Whether a body says that it is neither an object of the kind, or its metadata, nor a list of such. */
function isStranger({ kind: name, apiVersion }: Fields, kind: Kind): boolean {
  if (name === undefined || name === 'PartialObjectMetadata' || name === 'PartialObjectMetadataList')
    return false;
  // What is no version may be anything.
  if (!VERSION.test(text(apiVersion))) return true;
  const one = text(name).replace(/List$/, '');
  return kindOfObject({ apiVersion: text(apiVersion), kind: one }) !== kind;
}

const VERSION = /^([a-z0-9.-]+\/)?v\d{1,3}((alpha|beta)\d{1,3})?$/;

/** A JSON patch without what it does to bookkeeping; any other patch as it is. */
const patchOf = (body: unknown): unknown =>
  Array.isArray(body)
    ? body.filter((step) => !LEFT_OUT_PATH.test(text(fields(step)['path'])))
    : isFields(body)
      ? body
      : undefined;

/** An object without all but its metadata, or a list with its items so. */
function thinBody(body: Fields): Fields {
  const { apiVersion, kind, items } = body;
  return {
    apiVersion,
    kind,
    metadata: Object.fromEntries(
      METADATA.flatMap((name) => {
        const field = at(body, 'metadata', name);
        return field === undefined ? [] : [[name, field]];
      }),
    ),
    ...(Array.isArray(items) && { items: items.map((item) => thinBody(fields(item))) }),
  };
}

function kept(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '(left out: nested too deeply)';
  if (Array.isArray(value)) return value.map((element) => kept(element, depth + 1));
  if (!isFields(value)) return value;
  const into: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (!LEFT_OUT.has(name)) setOwn(into, name, kept(value[name], depth + 1));
  }
  return into;
}
