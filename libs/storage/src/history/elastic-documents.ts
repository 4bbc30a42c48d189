import type { Instant, Key, KubernetesObject } from '@margay/ground';
import { numberedSight, type Change, type DoubtSince, type Version } from '@margay/history';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import {
  DATE,
  FLAG,
  INSTANT,
  KEYWORD,
  NUMBER,
  STORED,
  type IndexTemplate,
} from '../elasticsearch/templates.ts';

const KEY_FIELDS = { cluster: KEYWORD, key: KEYWORD, group: KEYWORD, resource: KEYWORD };

/**
 * The indices of the history.
 *
 * - `changes-<month of at>`, `repeats-<month of at>`: created once, never written again.
 * - `versions-current`, `versions-<month of validTo>`: a version moves when it ends, so that old months can be deleted
 *   without losing what is still valid.
 * - `keys`: for each name what must be known to go on with its next change, so that its past need not be read.
 */
export const HISTORY_TEMPLATES: readonly IndexTemplate[] = [
  {
    pattern: 'changes-*',
    properties: {
      ...KEY_FIELDS,
      '@timestamp': DATE,
      namespace: KEYWORD,
      name: KEYWORD,
      uid: KEYWORD,
      at: INSTANT,
      receivedAt: INSTANT,
      publishedAt: INSTANT,
      isSight: FLAG,
      number: NUMBER,
      isBirth: FLAG,
      eventId: KEYWORD,
      source: KEYWORD,
      position: NUMBER,
      change: STORED,
    },
  },
  {
    pattern: 'repeats-*',
    properties: {
      '@timestamp': DATE,
      cluster: KEYWORD,
      eventId: KEYWORD,
      at: INSTANT,
      source: KEYWORD,
      position: NUMBER,
    },
  },
  {
    pattern: 'versions-*',
    properties: {
      ...KEY_FIELDS,
      '@timestamp': DATE,
      namespace: KEYWORD,
      name: KEYWORD,
      uid: KEYWORD,
      resourceVersion: KEYWORD,
      validFrom: INSTANT,
      validTo: INSTANT,
      seenMidLife: FLAG,
      endedBy: KEYWORD,
      doubt: STORED,
      restoredAfter: INSTANT,
      restoredBefore: INSTANT,
      user: KEYWORD,
      impersonated: KEYWORD,
      content: STORED,
    },
  },
  { pattern: 'keys', properties: { ...KEY_FIELDS, changes: NUMBER, fold: NUMBER, tail: STORED } },
];

/** A change as it is kept. */
export interface ChangeDocument {
  readonly key: string;
  readonly source: string;
  readonly position: number;
  readonly change: string;
}

/** A version as it is kept. */
export interface VersionDocument extends Key {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly validFrom: number;
  readonly validTo?: number;
  readonly seenMidLife?: boolean;
  readonly endedBy?: NonNullable<Version['endedBy']>;
  readonly doubt?: string;
  readonly restoredAfter?: number;
  readonly restoredBefore?: number;
  readonly user?: string;
  readonly impersonated?: string;
  readonly content: string;
}

/** Where a document is. */
export interface DocumentPlace {
  readonly index: string;
  readonly id: string;
}

/** The id of a key, which its changes and versions carry. */
export function keyIdOf({ cluster }: Elastic, { group, resource, namespace, name }: Key): string {
  return documentId(cluster, group, resource, namespace, name);
}

/** Where a change is kept. */
export function placeOfChange(elastic: Elastic, { id, at }: Change): DocumentPlace {
  return { index: elastic.index(`changes-${monthOf(at)}`), id: documentId(elastic.cluster, id) };
}

/** Where a version is kept: among the current ones, or in the month in which it ended. */
export function placeOfVersion(elastic: Elastic, key: string, version: Version): DocumentPlace {
  const { uid, resourceVersion, validFrom, validTo } = version;
  return {
    index: elastic.index(`versions-${validTo === undefined ? 'current' : monthOf(validTo)}`),
    id: documentId(key, uid, resourceVersion, validFrom),
  };
}

/** The document of a change. */
export function documentOfChange(
  { cluster }: Elastic,
  key: string,
  change: Change,
  publishedAt?: Instant,
): object {
  const { id, eventId, what, group, resource, namespace, name, uid, resourceVersion, at, receivedAt } =
    change;
  const { content, created, doubt, generation, basedOn, actor, origin } = change;
  const { source, position } = origin;
  const known = { id, eventId, what, group, resource, namespace, name, uid, resourceVersion, at, receivedAt };
  const more = { content, created, generation, basedOn, doubt, actor, origin: { source, position } };
  const text = JSON.stringify({ ...known, ...more });
  const named = { key, group, resource, namespace, name, uid };
  const isSight = what === 'present' && uid !== undefined && content?.['metadataOnly'] !== true;
  const when = { '@timestamp': dateOf(at), at, receivedAt, publishedAt };
  return {
    ...when,
    cluster,
    ...named,
    isSight,
    ...numberOf(change),
    eventId,
    source,
    position,
    change: text,
  };
}

/** Whether a resourceVersion is in the field of numbers: more digits than etcd counts with are no number of its counter. */
export const isCounted = (resourceVersion: string): boolean => resourceVersion.length <= 18;

function numberOf(change: Change): { readonly number?: string; readonly isBirth?: boolean } {
  const sight = numberedSight(change);
  if (sight === undefined || !isCounted(sight.resourceVersion)) return {};
  return { number: sight.resourceVersion, isBirth: sight.created === true };
}

/** The document of a version. */
export function documentOfVersion({ cluster }: Elastic, key: string, version: Version): object {
  const { group, resource, namespace, name, uid, resourceVersion, validFrom, validTo } = version;
  const { seenMidLife, endedBy, doubt, restored, actor, content } = version;
  return {
    '@timestamp': dateOf(validFrom),
    cluster,
    key,
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion,
    validFrom,
    validTo,
    seenMidLife,
    endedBy,
    doubt: doubt === undefined ? undefined : JSON.stringify(doubt),
    restoredAfter: restored?.start,
    restoredBefore: restored?.end,
    user: actor?.user,
    impersonated: actor?.impersonated,
    content: JSON.stringify(content),
  };
}

/** The change of its document. */
export function changeOfDocument({ change }: Pick<ChangeDocument, 'change'>): Change {
  return JSON.parse(change) as Change;
}

/** The version of its document. */
export function versionOfDocument(document: VersionDocument): Version {
  const { group, resource, namespace, name, uid, resourceVersion, validFrom, validTo } = document;
  const { seenMidLife, endedBy, doubt, user, impersonated, content } = document;
  const { restoredAfter: start, restoredBefore: end } = document;
  return {
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion,
    validFrom,
    ...(validTo !== undefined && { validTo }),
    content: JSON.parse(content) as KubernetesObject,
    ...(seenMidLife !== undefined && { seenMidLife }),
    ...(endedBy !== undefined && { endedBy }),
    ...(doubt !== undefined && { doubt: JSON.parse(doubt) as DoubtSince }),
    ...(start !== undefined && end !== undefined && { restored: { start, end } }),
    ...(user !== undefined && { actor: { user, ...(impersonated !== undefined && { impersonated }) } }),
  };
}
