import {
  fields,
  type Fields,
  isFields,
  type KubernetesObject,
  list,
  nonEmptyText,
  text,
} from '@margay/ground';
import type { Change } from './change.ts';
import { setOwn, withoutEmpty } from './json.ts';
import { projectionOf } from './projections.ts';
import type { Reading } from './reading.ts';
import { factsOf, placeOf, type Write } from './write.ts';

const NODE_USER = 'system:node:';
const STATUS_FIELDS = ['phase', 'podIP', 'podIPs', '$setElementOrder/podIPs'];

/**
 * Reads a patch of a pod's status that a log shows without its answer, as kubelets' patches at level Request: what it
 * changed of what reports read. Undefined where the event is none, and where it is not known by which rules it is a patch: of these
 * the event says nothing, and the body may mean several things by them.
 *
 * A kubelet writes the pods of its own node alone, so that its name says which that is.
 */
export function readStatusPatch(write: Write): Reading | undefined {
  const { event, verb, kind, reference, at, eventId, actor } = write;
  const patch = event['requestObject'];
  const isStatus = kind.resource === 'pods' && reference['subresource'] === 'status';
  const name = nonEmptyText(reference['name']);
  if (verb !== 'patch' || !isStatus || !isFields(patch) || name === undefined) return undefined;
  const node = actor?.user.startsWith(NODE_USER) === true ? actor.user.slice(NODE_USER.length) : '';
  if (!isPlain(patch, node !== '')) return undefined;
  const metadata = fields(patch['metadata']);
  const status = present(patch['status'], STATUS_FIELDS);
  const { labels, annotations } = metadata;
  const shown = withoutEmpty({
    labels: present(labels, Object.keys(fields(labels))),
    annotations: present(annotations, [...projectionOf(kind).annotations]),
  });
  const changed = { ...shown, ...status };
  if (Object.keys(changed).length === 0) return { kind: 'ignored', at, reason: 'no-version' };
  const uid = nonEmptyText(metadata['uid']);
  const namespace = text(reference['namespace']);
  const change: Change = {
    ...factsOf(write),
    id: eventId,
    namespace,
    name,
    what: 'patched',
    ...(uid !== undefined && { uid }),
    content: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, ...shown },
      ...(node !== '' && { spec: { nodeName: node } }),
      status,
    },
    doubt: {
      reason: 'no-content',
      may: 'differ',
      message: `${placeOf(event)}: the event shows what was changed of it alone, and what else the pod was, its node among it, was not seen before: audit pods at level RequestResponse.`,
    },
  };
  return { kind: 'changes', at, changes: [change] };
}

const ORDER = '$setElementOrder/';
/** It takes away from a list of texts, of which reports read none. */
const FROM_TEXTS = '$deleteFromPrimitiveList/';

/**
 * Whether a body means the same by whatever rules it may be a patch: no apply, which takes away what it does not name; no map that is
 * taken away or replaced as a whole; and no list but by the rules that kubelets' patches have.
 */
function isPlain(patch: Fields, isOfKubelet: boolean): boolean {
  if (patch['apiVersion'] !== undefined || patch['kind'] !== undefined) return false;
  const { metadata = {}, status = {} } = patch;
  const { labels = {}, annotations = {} } = fields(metadata);
  const isMap = (value: unknown) =>
    isFields(value) &&
    Object.keys(value).every(
      (key) => !key.startsWith('$') || key.startsWith(ORDER) || key.startsWith(FROM_TEXTS),
    );
  if (![patch, metadata, status, labels, annotations].every(isMap)) return false;
  const { podIPs, [`${ORDER}podIPs`]: order } = fields(status);
  return isOfKubelet || !Array.isArray(podIPs) || order !== undefined;
}

/** Whether a pod that is so has a node: only one that has gets an address, or runs. */
export const needsNode = (content: KubernetesObject | undefined): boolean => {
  const { phase, podIP, podIPs } = fields(content?.['status']);
  return phase === 'Running' || nonEmptyText(podIP) !== undefined || list(podIPs).length > 0;
};

export const nodeOf = (content: KubernetesObject | undefined): string | undefined =>
  nonEmptyText(fields(content?.['spec'])['nodeName']);

/** The named fields that are there; null takes a field away. */
function present(value: unknown, names: readonly string[]): Record<string, unknown> {
  const from = fields(value);
  const found: Record<string, unknown> = {};
  for (const name of names) if (from[name] !== undefined) found[name] = from[name];
  return found;
}

/** What a pod is after a patch that `readStatusPatch` gave. */
export function patched(content: KubernetesObject, patch: KubernetesObject): KubernetesObject {
  const { podIPs, ['$setElementOrder/podIPs']: order, ...plain } = fields(patch['status']);
  const before = fields(content['status']);
  const addresses = Array.isArray(podIPs) ? mergedByIp(before['podIPs'], podIPs, order) : podIPs;
  const status = merged(before, { ...plain, ...(addresses !== undefined && { podIPs: addresses }) });
  return {
    ...content,
    metadata: {
      ...content.metadata,
      ...withoutEmpty({
        labels: mergedTexts(content.metadata.labels, patch.metadata.labels),
        annotations: mergedTexts(content.metadata.annotations, patch.metadata.annotations),
      }),
    },
    ...(patch['spec'] !== undefined && { spec: merged(fields(content['spec']), fields(patch['spec'])) }),
    ...(Object.keys(status).length > 0 && { status }),
  };
}

function merged(before: Fields, patch: Fields): Fields {
  const into: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete into[name];
    else setOwn(into, name, value);
  }
  return into;
}

function mergedTexts(before: unknown, patch: unknown): Fields | undefined {
  return isFields(patch) ? merged(fields(before), patch) : undefined;
}

/** By the rules of a strategic merge: elements are told apart by their `ip`, and the patch says their order. */
function mergedByIp(before: unknown, patch: unknown, order: unknown): Fields[] {
  const byIp = new Map(
    list(before).map((element) => [text(fields(element)['ip']), { ip: fields(element)['ip'] }]),
  );
  for (const element of list(patch).map(fields)) {
    const ip = text(element['ip']);
    if (element['$patch'] === 'delete') byIp.delete(ip);
    else if (element['$patch'] === 'replace') byIp.clear();
    else byIp.set(ip, { ip });
  }
  const places = list(order).map((element) => text(fields(element)['ip']));
  const placeOf = (ip: string) => (places.includes(ip) ? places.indexOf(ip) : places.length);
  return [...byIp].sort(([a], [b]) => placeOf(a) - placeOf(b)).map(([, element]) => element);
}
