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
  /** Told which predefined types there are not, and why they could not be made; of none where they were. */
  readonly onMissing?: (names: readonly string[], reason: string) => void;
}

/** Pauses after failures, in milliseconds. */
const PAUSES = { first: 5_000, longest: 300_000 };

/**
 * Keeps the predefined report types in the cluster, and says of those of users whether they can be used: in a condition, and in
 * an Event and the log where they cannot. To be called with the types as they are: something is asked of the API server at the start,
 * when they have changed, and after a failure with growing pauses. A predefined one that is missing is made again, whether somebody deleted
 * it, or the definition with all that there was of it; one whose name a type of users had, when that is gone.
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
    const missing = [...REPORT_TYPES.keys()].filter((name) => !types.has(name));
    toInstall ||= missing.length > 0;
    const problem = toInstall ? await install(options) : undefined;
    const isInstalled = toInstall && problem === undefined;
    options.onMissing?.(problem === undefined ? [] : missing, problem ?? '');
    const isDone = problem === undefined && (await tellOfTypes(types, told, options));
    toInstall = problem !== undefined;
    seen = types;
    failures = isDone ? 0 : failures + 1;
    if (!isDone) notBefore = performance.now() + pauseAfter(failures, PAUSES);
    return isInstalled && missing.length > 0;
  };
}

/** @returns why they could not be installed; undefined where they were. */
async function install({
  client,
  group = DEFAULT_GROUP,
  log,
}: KeepTypesOptions): Promise<string | undefined> {
  try {
    await installReportTypes(client, group);
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    log.warn('The predefined report types could not be installed', { reason });
    return reason;
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
