import { fields, type Fields, isFields, nonEmptyText, text } from '@margay/ground';
import { sortedTexts, withoutEmpty } from './json.ts';
import { CALICO_BACKING_GROUP, type Kind } from './kinds.ts';
import type { Resource } from './resource.ts';

/** What an object says of itself, and its projection. */
export interface Projected {
  readonly uid: string;
  /** Absent only where an end was asked for: the API server answers some deletions of pods without it. */
  readonly resourceVersion?: string;
  readonly namespace: string;
  readonly name: string;
  readonly content: Resource;
}

/** Set in a content of which the API server showed the metadata only. */
export const METADATA_ONLY = 'metadataOnly';

/**
 * The projection of an object that the API server served, or what it lacks.
 *
 * Objects of `crd.projectcalico.org` come out as the `projectcalico.org/v3` objects that they stand for: labels and name
 * from the annotation that holds the real metadata, the uid as Calico's API server shows it. So one policy has one
 * identity, whichever of its two faces a log shows.
 *
 * @param options `metadataOnly`: the object shows no more than its metadata. `gone`: it is an end, which needs no
 *   resourceVersion. `backing`: it is of `crd.projectcalico.org`, which an object that shows its metadata only does not
 *   say itself.
 * @throws TooDeep where the object is nested deeper than any real one.
 */
export function project(
  kind: Kind,
  object: Fields,
  { metadataOnly = false, gone = false, backing = isBacking(object) } = {},
): Projected | { readonly lacks: 'name' | 'uid' | 'resourceVersion' } {
  const metadata = fields(object['metadata']);
  const uid = nonEmptyText(metadata['uid']);
  const resourceVersion = nonEmptyText(metadata['resourceVersion']);
  const ownName = nonEmptyText(metadata['name']);
  if (ownName === undefined) return { lacks: 'name' };
  if (uid === undefined) return { lacks: 'uid' };
  if (!gone && (resourceVersion === undefined || !/^\d+$/.test(resourceVersion)))
    return { lacks: 'resourceVersion' };
  const real = backing ? realMetadata(kind, metadata, object) : { metadata, name: ownName };
  const namespace = kind.namespaced ? text(metadata['namespace']) : '';
  const isPod = kind.resource === 'pods';
  const content: Resource = {
    apiVersion: apiVersionOf(kind, metadataOnly ? {} : object),
    kind: kind.kind,
    metadata: withoutEmpty({
      name: real.name,
      namespace: namespace === '' ? undefined : namespace,
      labels: sortedTexts(real.metadata['labels']),
      annotations: sortedTexts(real.metadata['annotations'], kind.annotations),
      generateName: isPod ? nonEmptyText(metadata['generateName']) : undefined,
      deletionTimestamp: isPod ? nonEmptyText(metadata['deletionTimestamp']) : undefined,
    }) as unknown as Resource['metadata'],
    ...(metadataOnly ? { [METADATA_ONLY]: true } : kind.project(object)),
  };
  return {
    uid: backing ? flippedUid(uid) : uid,
    ...(resourceVersion !== undefined && { resourceVersion }),
    namespace,
    name: real.name,
    content,
  };
}

/** Objects of older API versions are projected alike, so a change of the client's version is no change. */
function apiVersionOf(kind: Kind, object: Fields): string {
  if (kind.group === 'projectcalico.org') return 'projectcalico.org/v3';
  if (kind.group === '') return 'v1';
  if (kind.group === 'policy.networking.k8s.io')
    return nonEmptyText(object['apiVersion']) ?? `${kind.group}/${kind.versions[0]}`;
  return `${kind.group}/${kind.versions[0]}`;
}

function realMetadata(kind: Kind, metadata: Fields, object: Fields): { metadata: Fields; name: string } {
  const kept = nonEmptyText(fields(metadata['annotations'])['projectcalico.org/metadata']);
  const ownName = text(metadata['name']);
  if (kept !== undefined) {
    try {
      const real: unknown = JSON.parse(kept);
      if (isFields(real)) return { metadata: real, name: nonEmptyText(real['name']) ?? ownName };
    } catch {
      // Not the annotation that Calico writes: the object's own metadata counts.
    }
  }
  const tier = nonEmptyText(fields(object['spec'])['tier']) ?? 'default';
  return { metadata, name: tier === 'default' ? nameOfBacking(kind, ownName) : ownName };
}

const isBacking = (object: Fields) =>
  nonEmptyText(object['apiVersion'])?.startsWith(`${CALICO_BACKING_GROUP}/`) ?? false;

/**
 * The name of what an object of the backing group stands for, as far as its own name says it: policies of the default
 * tier are kept with the tier in front.
 */
export function nameOfBacking(kind: Kind, name: string): string {
  return kind.isPolicy && name.startsWith('default.') ? name.slice('default.'.length) : name;
}

/**
 * The uid under which Calico's API server shows an object of the backing group, and the other way round: each byte with
 * its bits reversed, but for those two that hold a UUID's version and variant.
 */
export function flippedUid(uid: string): string {
  const digits = uid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(digits)) return uid;
  let flipped = '';
  for (let i = 0; i < 16; i++) {
    let byte = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
    if (i !== 6 && i !== 8) {
      let reversed = 0;
      for (let bit = 0; bit < 8; bit++, byte >>= 1) reversed = (reversed << 1) | (byte & 1);
      byte = reversed;
    }
    flipped += byte.toString(16).padStart(2, '0');
  }
  return flipped.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
