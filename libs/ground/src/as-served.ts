import { fields } from './fields.ts';
import { kindOfObject } from './kinds.ts';
import type { KubernetesObject } from './object.ts';
import { isStorageForm, servedApiVersion, servedMetadata } from './storage-form.ts';

/** An object with the apiVersion, name, labels and annotations that Calico's API would show; others are as they are. */
export function asServed(object: KubernetesObject): KubernetesObject {
  if (!isStorageForm(object.apiVersion)) return object;
  const { name, labels, annotations } = servedMetadata(object, kindOfObject(object)?.role === 'policy');
  return {
    ...object,
    apiVersion: servedApiVersion(object.apiVersion),
    metadata: {
      ...object.metadata,
      name,
      labels: fields(labels) as Record<string, string>,
      annotations: fields(annotations) as Record<string, string>,
    },
  };
}
