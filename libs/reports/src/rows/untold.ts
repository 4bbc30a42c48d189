import { readInterval, watchedKind, worstOf, type Evidence, type Grade } from '@margay/coverage';
import {
  at as fieldAt,
  type Instant,
  type Key,
  keyText,
  type Kind,
  kindOf,
  MINUTE,
  nonEmptyText,
  resourceName,
  SECOND,
  type Window,
  formatInstant,
} from '@margay/ground';
import type { Version } from '@margay/history';
import { aboutId } from '../doubts/doubt-id.ts';
import type { KnownDoubt } from '../doubts/played.ts';
import { printedVersion } from '../printed-version.ts';
import type { AuditResource } from '../report-type-spec.ts';
import { type Act, namesOf } from './acts.ts';

/** Something that was done to an object, as a watch saw it, of which no audit event tells. */
export interface UntoldWrite {
  readonly version: Version;
  readonly what: 'made' | 'changed' | 'deleted';
  /** When it was seen. */
  readonly at: Instant;
  /** Other writes of the kind are told, so that its audit policy has them logged. */
  readonly isLogged: boolean;
}

/** So long after its event a watch tells a write. */
const SEEN_WITHIN = MINUTE / 2;
/** So far the clocks of an API server and of who watches it may be apart. */
const CLOCKS_APART = 10 * SECOND;

/** Kinds that people and their tools write on purpose: of others the API server and its controllers write most themselves. */
const WRITTEN_ON_PURPOSE: ReadonlySet<Kind['role']> = new Set(['policy', 'tier', 'networkSet']);

/** What is known beside versions and acts. */
interface Beside {
  readonly window: Window;
  /** What the report lists. */
  readonly resources: readonly AuditResource[];
  readonly acts: readonly Act[];
  /** The kinds that are followed by list and watch. */
  readonly watched: readonly Pick<Kind, 'group' | 'resource'>[];
  readonly evidence: Evidence | undefined;
}

/**
 * Writes of the window that watches saw and of which the audit logs do not tell who did them: events are missing there, or
 * their policy leaves them out, or they were done past the API server. A write is told by an event that answers with the version that was seen; an
 * event that does not say a version tells of one write of the object at its time. What is known not to be told, since a log has a gap
 * there, is not among it; nor what changed nothing that is read, of which a watch says nothing.
 *
 * @param versions of the window, and of an instant before it.
 */
export function untoldWrites(versions: readonly Version[], beside: Beside): UntoldWrite[] {
  const { window, resources, acts, watched, evidence } = beside;
  const kinds = new Set(watched.filter((kind) => isAsked(kind, resources)).map(resourceName));
  if (kinds.size === 0) return [];
  const of = versions.filter((version) => kinds.has(resourceName(version)) && version.uid !== '');
  const told = new Told(acts);
  const gaps = (evidence?.gaps ?? []).map(readInterval);
  const logged = new Set([
    ...acts.filter(({ outcome }) => outcome === 'done').map(resourceName),
    ...of.filter(({ actor }) => actor !== undefined).map(resourceName),
  ]);
  const isInGap = (at: Instant) =>
    gaps.some(({ start, end }) => start - SEEN_WITHIN <= at && at < end + SEEN_WITHIN);
  const seen = writesOf(of).filter(({ at }) => window.start <= at && at < window.end && !isInGap(at));
  // First those of which it is said which version they made: the rest is told by what is left, as far as that goes.
  const open = seen.filter((write) => !told.ofVersion(write));
  return open
    .filter((write) => !told.ofTime(write))
    .map((write) => ({ ...write, isLogged: logged.has(resourceName(write.version)) }));
}

function isAsked(kind: Pick<Kind, 'group' | 'resource'>, resources: readonly AuditResource[]): boolean {
  const role = kindOf(kind)?.role;
  const is = (value: string | undefined, known: string) =>
    value === undefined || value === '' || value === known;
  return (
    role !== undefined &&
    WRITTEN_ON_PURPOSE.has(role) &&
    resources.some(({ resource, apiGroup }) => is(resource, kind.resource) && is(apiGroup, kind.group))
  );
}

interface SeenWrite extends Omit<UntoldWrite, 'isLogged'> {
  /** When the object was seen first. */
  readonly bornAt: Instant;
  /** From when on it may have been done, where that is not known: a list showed it later. */
  readonly since: Instant;
}

/** What was done to objects, by what is known of them: in the order of time. */
function writesOf(versions: readonly Version[]): SeenWrite[] {
  const writes: SeenWrite[] = [];
  for (const lives of Map.groupBy(versions, (version) => `${keyText(version)} ${version.uid}`).values()) {
    const life = lives.toSorted((a, b) => a.validFrom - b.validFrom);
    const bornAt = life[0]!.validFrom;
    for (const [i, version] of life.entries()) {
      const before = life[i - 1];
      const { validFrom: at, validTo, seenMidLife, restored, endedBy, resourceVersion } = version;
      // A version is cut where a doubt begins or ends.
      const isSame = before?.resourceVersion === resourceVersion;
      if (!isSame && seenMidLife !== true && restored === undefined)
        writes.push({
          version,
          what: before === undefined ? 'made' : 'changed',
          at,
          bornAt,
          since: before?.doubt?.since ?? at,
        });
      // What a namespace took with it was deleted by a request before: that may be seen a moment later.
      if (validTo !== undefined && (endedBy === 'event' || endedBy === 'namespace'))
        writes.push({
          version,
          what: 'deleted',
          at: validTo,
          bornAt,
          since: version.doubt?.since ?? validTo,
        });
    }
  }
  return writes.sort((a, b) => a.at - b.at);
}

/** What acts tell; each that does not say which version it made tells of one write. */
class Told {
  readonly #byFolder: ReadonlyMap<string, readonly Act[]>;
  readonly #used = new Set<Act>();
  /** Kinds whose versions are counted as those are with which acts were answered. */
  readonly #counted = new Set<string>();

  constructor(acts: readonly Act[]) {
    // Who wrote nothing made no version.
    const written = acts.filter(({ outcome }) => outcome !== 'refused');
    this.#byFolder = Map.groupBy(written, folderOf);
  }

  /** Whether an act answered with the version that was seen. */
  ofVersion({ version, what, at }: SeenWrite): boolean {
    if (what === 'deleted') return false;
    // A write that changes nothing answers with the version that another one made before.
    const act = this.#actsOn(version).find(
      (one) =>
        one.from - CLOCKS_APART <= at &&
        (what === 'changed' || mayHaveMade(one)) &&
        versionsOf(one).includes(version.resourceVersion),
    );
    if (act === undefined) return false;
    this.#used.add(act);
    this.#counted.add(resourceName(version));
    return true;
  }

  /** Whether an act that says no version, or none that is known, can have been it. */
  ofTime({ version, what, at, since, bornAt }: SeenWrite): boolean {
    const isEnd = what === 'deleted';
    const act = this.#actsOn(version).findLast((one) => {
      if (this.#used.has(one) || at < one.from - CLOCKS_APART) return false;
      const isDeletion = one.verb === 'delete' || one.verb === 'deletecollection';
      // What finalizers keep is gone long after it was deleted, with a write that answers with a version that nobody sees.
      if (isDeletion && one.name !== '') return isEnd && one.at >= bornAt;
      return (
        since <= one.at + SEEN_WITHIN &&
        (isEnd ? isDeletion || mayHaveEnded(one) : !isDeletion && this.#saysNoVersion(one, version))
      );
    });
    // A deletion of many tells of each.
    if (act !== undefined && act.name !== '') this.#used.add(act);
    return act !== undefined;
  }

  /** Calico's API server may count the versions of its objects by itself. */
  #saysNoVersion(act: Act, version: Version): boolean {
    return (
      versionsOf(act).length === 0 ||
      (kindOf(version)?.hasStorageForm === true && !this.#counted.has(resourceName(version)))
    );
  }

  #actsOn(version: Version): readonly Act[] {
    const { group, resource, namespace, name } = version;
    const folders = namespace === '' ? [''] : [namespace, ''];
    return folders
      .flatMap((one) => this.#byFolder.get(folderOf({ group, resource, namespace: one })) ?? [])
      .filter((act) => act.name === '' || namesOf(act).includes(name))
      .sort((a, b) => a.at - b.at);
  }
}

/** Only what was made is answered with 201, whatever the verb. */
const mayHaveMade = ({ verb, event }: Act): boolean =>
  verb === 'create' || (fieldAt(event, 'responseStatus', 'code') ?? 201) === 201;

/** The last finalizer goes with a write of what is being deleted. */
const mayHaveEnded = ({ verb, parts }: Act): boolean =>
  (verb === 'update' || verb === 'patch') &&
  parts.some(({ event }) => {
    const answer = fieldAt(event, 'responseObject');
    return answer === undefined || fieldAt(answer, 'metadata', 'deletionTimestamp') !== undefined;
  });

const folderOf = ({ group, resource, namespace }: Omit<Key, 'name'>): string =>
  `${resourceName({ group, resource })}/${namespace}`;

/** The versions with which the API servers answered. */
const versionsOf = ({ parts }: Act): string[] =>
  parts.flatMap(
    ({ event }) => nonEmptyText(fieldAt(event, 'responseObject', 'metadata', 'resourceVersion')) ?? [],
  );

/** What is not known of who did it. */
export function untoldDoubts(untold: readonly UntoldWrite[]): KnownDoubt[] {
  return untold.map(({ version, what, at }) => {
    const about = printedVersion(version);
    return {
      id: aboutId(`${keyText(version)} ${version.uid} ${version.resourceVersion} ${what} untold`),
      about,
      since: at,
      until: at + 1,
      reason: 'untold',
      message: `${about} was ${what} at ${formatInstant(at)}, as a watch saw, and no audit event tells by whom: it is missing from the audit logs, or their audit policy leaves it out.`,
      source: '',
      ...(version.namespace !== '' && { home: version.namespace }),
    };
  });
}

/**
 * The evidence of sources, where audit logs lack what a watch saw although they tell of other writes of the kind: which of them
 * lacks it nobody knows, so that none counts as whole.
 */
export function withUntold(evidence: Evidence, untold: readonly UntoldWrite[]): Evidence {
  if (!untold.some(({ isLogged }) => isLogged)) return evidence;
  const lowered = (grade: Grade): Grade => worstOf([grade, 'gaps']);
  return {
    ...evidence,
    grade: lowered(evidence.grade),
    complete: false,
    sources: evidence.sources.map((source) =>
      watchedKind(source.source) === undefined ? { ...source, grade: lowered(source.grade) } : source,
    ),
  };
}
