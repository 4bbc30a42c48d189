import { compareResourceVersions, type Instant } from '@margay/ground';
import { NEVER_SHOWN, NOT_LISTED, TOLD_LATE } from './object-doubt.ts';
import { isOnly } from './stretches.ts';
import { isOfOwnCounter } from './two-clusters.ts';
import type { EndedBy, Version } from './version.ts';
import { TOLD_AT_ONCE } from './watched.ts';

/** The end of an object that other objects end with. */
export interface End {
  readonly resource: 'namespaces' | 'customresourcedefinitions' | 'services';
  readonly namespace: string;
  readonly name: string;
  readonly at: Instant;
  /** What began before this ended with it. Where the end was concluded from a successor, or told late, it was some time from here to `at`. */
  readonly since: Instant;
  /**
   * The resourceVersion that the next object of the name began with, where that came so soon that clocks do not tell what belongs to which
   * of the two: each kind is told by a watch of its own, and each API server has a clock of its own, but one counter runs through
   * all that the cluster keeps itself.
   */
  readonly next?: string;
}

/** The resources whose ends end others: what `endsOf` looks for. */
export const ENDING_RESOURCES: readonly End['resource'][] = [
  'namespaces',
  'customresourcedefinitions',
  'services',
];

/** What a version says of its end, and of what came after another one. */
export type EndedVersion = Pick<
  Version,
  | 'resource'
  | 'namespace'
  | 'name'
  | 'uid'
  | 'resourceVersion'
  | 'validFrom'
  | 'validTo'
  | 'endedBy'
  | 'doubt'
>;

/**
 * The ends among versions, of the objects that other objects end with.
 *
 * @param versions all of `ENDING_RESOURCES`, those of a name in the order of time; others do not matter.
 */
export function endsOf(versions: Iterable<EndedVersion>): End[] {
  const ends: { -readonly [field in keyof End]: End[field] }[] = [];
  const lastOf = new Map<string, { readonly uid: string; readonly end: (typeof ends)[number] }>();
  for (const version of versions) {
    const { resource, namespace, name, uid, resourceVersion, validFrom } = version;
    if (!isEnding(resource)) continue;
    const key = nameOf({ resource, namespace, name });
    const last = lastOf.get(key);
    if (last !== undefined && last.uid !== uid && resourceVersion !== '') {
      lastOf.delete(key);
      if (validFrom <= last.end.at + TOLD_AT_ONCE) last.end.next = resourceVersion;
    }
    const ended = endOf(version);
    if (ended === undefined) continue;
    const end = { resource, namespace, name, ...ended };
    ends.push(end);
    lastOf.set(key, { uid, end });
  }
  return ends;
}

const isEnding = (resource: string): resource is End['resource'] =>
  (ENDING_RESOURCES as readonly string[]).includes(resource);

/** An end by its object; see `enders`. */
const nameOf = ({ resource, namespace, name }: Pick<End, 'resource' | 'namespace' | 'name'>): string =>
  `${resource}/${namespace}/${name}`;

function endOf({ validFrom, validTo, endedBy, doubt }: EndedVersion): Pick<End, 'at' | 'since'> | undefined {
  if (validTo === undefined || endedBy === undefined) return undefined;
  const isLate = doubt?.reason === TOLD_LATE || doubt?.reason === NOT_LISTED;
  const isOpen = isLate && doubt.may !== 'differ';
  const since = endedBy === 'successor' || isOpen ? Math.min(validFrom, doubt?.since ?? validFrom) : validTo;
  return { at: validTo, since };
}

/**
 * The versions with the ends that no event shows but Kubernetes guarantees: nothing is left in a namespace that is
 * gone, no object of a definition that is gone, and the API server removes the Endpoints of a Service with it.
 *
 * Of Endpoints that a watch tells late to be gone, a log that tells of their writes has no deletion where they went with their Service: that
 * refutes that they had gone before, as far as nothing was missed. What a list does not show since it ended so is not in doubt for that.
 *
 * What began while it is not known whether it was before or after such an end is left as it is. Versions in doubt end like
 * others. Order is kept; what began at or after such an end belongs to a new object of the name and is left as it is, and so does what was
 * written after that began, whatever clocks say, where the cluster's own counter tells.
 */
export function inferEnds(versions: readonly Version[], ends: readonly End[]): Version[] {
  if (ends.length === 0) return [...versions];
  const instants = Map.groupBy(ends, nameOf);
  for (const known of instants.values()) known.sort((a, b) => a.at - b.at);
  return versions.map((version) => {
    // What is not known of all objects of a kind is spread over them by whoever asks; each has its own end.
    if (version.name === '') return version;
    if (wasThereLater(version)) return begunAfter(version, instants);
    let { validTo } = version;
    let endedBy: EndedBy | undefined;
    let last: End | undefined;
    for (const [key, by] of enders(version)) {
      const end = instants.get(key)?.find((one) => endsIt(one, version));
      if (end !== undefined && (validTo === undefined || end.at < validTo)) {
        validTo = end.at;
        endedBy = by;
        last = end;
      }
    }
    const ended =
      endedBy === undefined || last === undefined
        ? version
        : { ...withoutListed(version, last), validTo: last.at, endedBy };
    return version.resource === 'endpoints' ? goneWithService(ended, instants) : ended;
  });
}

/** Whether a version began before an end: by the counter where clocks are too near to tell and it is counted by that one, else by them. */
function endsIt({ at, since, next }: End, version: Version): boolean {
  const { validFrom, resourceVersion } = version;
  if (Math.min(at, since) <= validFrom) return false;
  if (next === undefined || resourceVersion === '' || validFrom < at - TOLD_AT_ONCE) return true;
  if (!isOfOwnCounter(version)) return true;
  return compareResourceVersions(resourceVersion, next) < 0;
}

/** Without the doubt since when a list does not show it, where it ended with another object before that list: then it does not show it for that. */
function withoutListed(version: Version, { at, since }: End): Version {
  const { doubt, ...rest } = version;
  const isExplained = doubt?.reason === NOT_LISTED && isOnly(doubt) && since >= at && at <= doubt.answeredAt;
  return isExplained ? rest : version;
}

/** Refutes that Endpoints had gone before their Service, where it can have taken them with it. */
function goneWithService(version: Version, instants: ReadonlyMap<string, readonly End[]>): Version {
  const { doubt, actor, namespace, name, validFrom } = version;
  if (doubt?.reason !== TOLD_LATE || doubt.may !== 'be-gone' || !isOnly(doubt) || actor === undefined)
    return version;
  const end = instants.get(serviceOf(namespace, name))?.find(({ at }) => at > validFrom);
  if (end === undefined || end.since < end.at || end.at > doubt.answeredAt + TOLD_AT_ONCE) return version;
  return { ...version, doubt: { ...doubt, refutedAt: end.at } };
}

const serviceOf = (namespace: string, name: string): string => `services/${namespace}/${name}`;

/** True for what may have been there before it is known to have been. */
const wasThereLater = ({ doubt, resourceVersion }: Version): boolean =>
  doubt?.reason === NEVER_SHOWN || (doubt?.reason === TOLD_LATE && resourceVersion === '');

/** What was there at a time was not ended before by anything that it would have ended with: it was made since then. */
function begunAfter(version: Version, instants: ReadonlyMap<string, readonly End[]>): Version {
  const { validFrom, validTo = Infinity } = version;
  const ends = enders(version).flatMap(([key]) =>
    (instants.get(key) ?? []).filter(({ at }) => at < validTo).map(({ at, since }) => Math.min(at, since)),
  );
  return { ...version, validFrom: Math.max(validFrom, ...ends) };
}

function enders({ group, resource, namespace, name }: Version): [string, EndedBy][] {
  const found: [string, EndedBy][] = [];
  if (namespace !== '') found.push([`namespaces//${namespace}`, 'namespace']);
  if (group !== '') found.push([`customresourcedefinitions//${resource}.${group}`, 'definition']);
  if (resource === 'endpoints') found.push([serviceOf(namespace, name), 'service']);
  return found;
}
