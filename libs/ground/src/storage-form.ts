import { fields, isFields, nonEmptyText, text, type Fields } from './fields.ts';

/**
 * Calico's API server keeps the objects of `projectcalico.org/v3` in another form, as custom resources of
 * `crd.projectcalico.org/v1`: under a name that may have the tier in front, with the metadata that users see as JSON
 * in an annotation, and under another uid. Both forms are one object, which is known by what is served.
 */
export const STORAGE_GROUP = 'crd.projectcalico.org';

/** The group that Calico serves. */
export const CALICO_GROUP = 'projectcalico.org';

const METADATA_ANNOTATION = 'projectcalico.org/metadata';

/** The group under which users know a group's objects. */
export function servedGroup(group: string): string {
  return group === STORAGE_GROUP ? CALICO_GROUP : group;
}

/** Whether an apiVersion is that of the storage form. */
export function isStorageForm(apiVersion: unknown): boolean {
  return text(apiVersion).startsWith(`${STORAGE_GROUP}/`);
}

/** The apiVersion that users know an object by: `projectcalico.org/v3` for the storage form. */
export function servedApiVersion(apiVersion: string): string {
  return isStorageForm(apiVersion) ? `${CALICO_GROUP}/v3` : apiVersion;
}

/** What users see of an object's metadata. Labels and annotations may be amiss, as in any object. */
export interface ServedMetadata {
  readonly name: string;
  readonly labels: unknown;
  readonly annotations: unknown;
}

/**
 * The metadata that users see of an object in the storage form: that of its annotation, and where that says nothing of
 * labels, there are none. Without the annotation, or where it is damaged, the object's own counts.
 *
 * @param isPolicy whether it is of a kind of policies: see `servedName`.
 */
export function servedMetadata(object: Fields, isPolicy: boolean): ServedMetadata {
  const metadata = fields(object['metadata']);
  const name = text(metadata['name']);
  const kept = keptMetadata(metadata);
  if (kept !== undefined) {
    const { labels, annotations } = kept;
    return { name: nonEmptyText(kept['name']) ?? name, labels, annotations };
  }
  const { labels, annotations } = metadata;
  const tier = nonEmptyText(fields(object['spec'])['tier']) ?? 'default';
  return { name: tier === 'default' ? servedName(name, isPolicy) : name, labels, annotations };
}

function keptMetadata(metadata: Fields): Fields | undefined {
  const json = nonEmptyText(fields(metadata['annotations'])[METADATA_ANNOTATION]);
  if (json === undefined) return undefined;
  try {
    const kept: unknown = JSON.parse(json);
    return isFields(kept) ? kept : undefined;
  } catch {
    // Not the annotation that Calico writes.
    return undefined;
  }
}

/**
 * The name that users see, as far as the name in storage says it: policies of the default tier are kept with the tier in
 * front.
 */
export function servedName(name: string, isPolicy: boolean): string {
  return isPolicy && name.startsWith('default.') ? name.slice('default.'.length) : name;
}

/**
 * The uid that users see, and the other way round: each byte with its bits reversed, but for those two that hold a
 * UUID's version and variant. What is no UUID stays as it is.
 */
export function servedUid(uid: string): string {
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
