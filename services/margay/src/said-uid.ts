import { clusterUidsOf, identitySettings, isGiven, readConfig, type Environment } from '@margay/runtime';
import { UsageError } from '@margay/terminal';
import { Option } from 'commander';
import * as z from 'zod';

const UIDS = z.object({ CLUSTER_UIDS: identitySettings.CLUSTER_UIDS });

/**
 * The uid that `CLUSTER_UIDS` says of the cluster whose evidence is given, which is believed; undefined where it is not set.
 *
 * @param cluster its name; without one it is the only cluster that the setting names.
 * @throws ConfigurationError that names a cluster which this is not. @throws UsageError where it names several, and nobody says which.
 */
export function saidUid(environment: Environment, cluster = ''): string | undefined {
  // Only then is the name one of settings, which not every text is.
  if (!isGiven('CLUSTER_UIDS', environment)) return undefined;
  if (cluster !== '') {
    const settings = readConfig(z.object(identitySettings), { ...environment, CLUSTER_NAME: cluster });
    return clusterUidsOf(settings).get(cluster);
  }
  const [first, ...others] = clusterUidsOf(readConfig(UIDS, environment));
  if (others.length === 0) return first?.[1];
  const names = [first!, ...others].map(([name]) => name).join(', ');
  throw new UsageError(
    `CLUSTER_UIDS names several clusters (${names}): say with --cluster whose logs these are`,
  );
}

/** `--cluster`, for commands that need the name for nothing else. */
export const whoseLogsOption = (): Option =>
  new Option('--cluster <name>', 'whose logs these are, where CLUSTER_UIDS names several clusters');
