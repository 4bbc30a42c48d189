import { pauseAfter, type Instant } from '@margay/ground';
import {
  DEFAULT_GROUP,
  installReportTypes,
  keepTypeConditions,
  recordEvent,
  type ClusterReportTypes,
  type KubernetesClient,
} from '@margay/kubernetes';
import { REPORT_TYPES } from '@margay/reports';
import { reasonOf, type Log } from '@margay/runtime';

export interface KeepTypesOptions {
  readonly client: KubernetesClient;
  readonly group?: string;
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Who says so in Events. */
  readonly component: string;
}

/** Pauses after failures, in milliseconds. */
const PAUSES = { first: 5_000, longest: 300_000 };

/**
 * Makes the predefined report types exist in the cluster, and says of those of users whether they can be used: in a condition, and in
 * an Event and the log where they cannot. To be called with the types as they are: something is asked of the API server at the start,
 * when they have changed, and after a failure with growing pauses. A predefined one that somebody deletes stays away until the next start;
 * one whose name a type of users had comes back when that is gone.
 *
 * @returns what gives true where predefined ones were installed, so that there will be others.
 */
export function keepTypes(options: KeepTypesOptions): (types: ClusterReportTypes) => Promise<boolean> {
  const told = new Map<string, string>();
  let seen: ClusterReportTypes | undefined;
  // What they should say may be more in this release than it was.
  let toInstall = true;
  let failures = 0;
  let notBefore = 0;
  return async (types) => {
    const isDue = types !== seen || (failures > 0 && performance.now() >= notBefore);
    if (!isDue) return false;
    const isFree = (name: string) => !types.has(name);
    toInstall ||= namesTaken(seen ?? new Map()).some(isFree);
    const isInstalled = toInstall && (await install(options));
    const isDone = toInstall === isInstalled && (await tellOfTypes(types, told, options));
    toInstall &&= !isInstalled;
    seen = types;
    failures = isDone ? 0 : failures + 1;
    if (!isDone) notBefore = performance.now() + pauseAfter(failures, PAUSES);
    return isInstalled && [...REPORT_TYPES.keys()].some(isFree);
  };
}

/** Names of predefined types that types of users have. */
const namesTaken = (types: ClusterReportTypes): string[] =>
  [...REPORT_TYPES.keys()].filter((name) => 'problems' in (types.get(name)?.read ?? {}));

async function install({ client, group = DEFAULT_GROUP, log }: KeepTypesOptions): Promise<boolean> {
  try {
    await installReportTypes(client, group);
    return true;
  } catch (error) {
    log.warn('The predefined report types could not be installed', { reason: reasonOf(error) });
    return false;
  }
}

async function tellOfTypes(
  types: ClusterReportTypes,
  told: Map<string, string>,
  { client, group = DEFAULT_GROUP, now, log, signal, component }: KeepTypesOptions,
): Promise<boolean> {
  try {
    for (const { name, uid, apiVersion, ...why } of await keepTypeConditions(
      client,
      group,
      types,
      told,
      now(),
    )) {
      log.warn('A GlobalReportType is refused', { type: name, reason: why.message });
      const about = { apiVersion, kind: 'GlobalReportType', name, uid };
      await recordEvent(client, { about, type: 'Warning', ...why, component }, now());
    }
    return true;
  } catch (error) {
    if (!signal.aborted)
      log.warn('The conditions of GlobalReportTypes could not be written', {
        reason: reasonOf(error),
      });
    return false;
  }
}
