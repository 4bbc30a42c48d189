import {
  fields,
  isStorageForm,
  list,
  nonEmptyText,
  servedMetadata,
  servedUid,
  shownApiVersion,
  text,
  type Fields,
  type Kind,
  type KubernetesObject,
} from '@margay/ground';
import { pick, sortedTexts, withoutEmpty } from './json.ts';
import { projectionOf } from './projections.ts';

/** What an object says of itself, and its projection. */
export interface Projected {
  readonly uid: string;
  /** Absent only where an end was asked for: the API server answers some deletions of pods without it. */
  readonly resourceVersion?: string;
  readonly namespace: string;
  readonly name: string;
  readonly content: KubernetesObject;
  /** How often its spec was changed, where that is counted. */
  readonly generation?: number;
}

/** Set in a content of which the API server showed the metadata only. */
export const METADATA_ONLY = 'metadataOnly';

/**
 * The projection of an object that the API server served, or what it lacks.
 *
 * Objects in Calico's storage form come out as they are served, so that one policy has one identity, whichever of its
 * forms a log shows.
 *
 * @param options `metadataOnly`: the object shows no more than its metadata. `gone`: it is an end, which needs no
 *   resourceVersion. `storageForm`: it is in Calico's storage form, which an object that shows its metadata only does not
 *   say itself.
 * @throws TooDeep where the object is nested deeper than any real one.
 */
export function project(
  kind: Kind,
  object: Fields,
  { metadataOnly = false, gone = false, storageForm = isStorageForm(object['apiVersion']) } = {},
): Projected | { readonly lacks: 'name' | 'uid' | 'resourceVersion' } {
  const metadata = fields(object['metadata']);
  const uid = nonEmptyText(metadata['uid']);
  const resourceVersion = nonEmptyText(metadata['resourceVersion']);
  const ownName = nonEmptyText(metadata['name']);
  if (ownName === undefined) return { lacks: 'name' };
  if (uid === undefined) return { lacks: 'uid' };
  if (!gone && (resourceVersion === undefined || !/^\d+$/.test(resourceVersion)))
    return { lacks: 'resourceVersion' };
  const shown = storageForm
    ? servedMetadata(object, kind.role === 'policy')
    : { name: ownName, labels: metadata['labels'], annotations: metadata['annotations'] };
  const projection = projectionOf(kind);
  const namespace = kind.namespaced ? text(metadata['namespace']) : '';
  const isPod = kind.resource === 'pods';
  const content: KubernetesObject = {
    apiVersion: shownApiVersion(kind, metadataOnly ? undefined : object['apiVersion']),
    kind: kind.kind,
    metadata: withoutEmpty({
      name: shown.name,
      namespace: namespace === '' ? undefined : namespace,
      labels: sortedTexts(shown.labels),
      annotations: sortedTexts(shown.annotations, projection.annotations),
      generateName: isPod ? nonEmptyText(metadata['generateName']) : undefined,
      deletionTimestamp: isPod ? nonEmptyText(metadata['deletionTimestamp']) : undefined,
      finalizers: finalizersOf(metadata),
      ownerReferences: isPod ? ownersOf(metadata) : undefined,
    }) as unknown as KubernetesObject['metadata'],
    ...(metadataOnly ? { [METADATA_ONLY]: true } : projection.fields(object)),
  };
  return {
    uid: storageForm ? servedUid(uid) : uid,
    ...(resourceVersion !== undefined && { resourceVersion }),
    namespace,
    name: shown.name,
    content,
    // That of pods goes up by their binding and their deletion, too, which no event shows.
    ...(typeof metadata['generation'] === 'number' && !isPod && { generation: metadata['generation'] }),
  };
}

/** Whom an object goes with: they existed, seen or not. */
function ownersOf(metadata: Fields): unknown[] | undefined {
  const owners = list(metadata['ownerReferences']);
  return owners.length > 0 ? owners.map((owner) => pick(owner, ['apiVersion', 'kind', 'name'])) : undefined;
}

/** What keeps an object that is deleted: whether a deletion that nobody saw the answer of ended it depends on that. */
function finalizersOf(metadata: Fields): string[] | undefined {
  const finalizers = list(metadata['finalizers']).filter((one) => typeof one === 'string');
  return finalizers.length > 0 ? finalizers.sort() : undefined;
}
