import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '@margay/ground';
import { clusterUidsOf, identitySettings, openProgress, readConfig } from '@margay/runtime';
import { evidenceLag } from '@margay/snapshotter';
import { Command } from 'commander';
import * as z from 'zod';
import { connectAll } from '../connections.ts';
import { instantOption, listOption } from '../options.ts';
import { publishBaseline } from '../publish-baseline.ts';
import { checked } from '../read-baseline.ts';

interface Options {
  readonly at: Instant;
  readonly kinds?: string[];
}

const POLL_MILLISECONDS = 500;
/** Also of other clusters, of which the services say it. */
const UIDS = { CLUSTER_UIDS: identitySettings.CLUSTER_UIDS };

/** `margay baseline`: lists of the cluster, for a distributed installation. */
export function baselineCommand(): Command {
  return new Command('baseline')
    .argument('<file...>', 'lists, as kubectl get … -A -o json writes them')
    .requiredOption('--at <time>', 'when they were taken, RFC 3339', instantOption)
    .option(
      '--kinds <resources>',
      'kinds that were listed although there may be nothing of them: networkpolicies,services',
      listOption,
    )
    .addHelpText(
      'after',
      `
Broker and store are those of the services' settings: KAFKA_BROKERS, ELASTICSEARCH_URLS, CLUSTER_NAME and so on
(docs/configuration.md). The lists are held against the history as it is now, so give them when the logs of that time are read.
In the embedded profile margay up takes --baseline.`,
    )
    .action(baseline);
}

async function baseline(files: string[], { at, kinds = [] }: Options): Promise<void> {
  const lists = checked({ files, at, listed: kinds }, { at: '--at', kinds: '--kinds' });
  const uids = clusterUidsOf(readConfig(z.object(UIDS), process.env));
  const all = await connectAll();
  const progress = openProgress();
  try {
    for (let waiting = await evidenceLag(all.bus); waiting > 0; waiting = await evidenceLag(all.bus)) {
      progress.update(`Waiting for what was published before: ${waiting} messages left`);
      await sleep(POLL_MILLISECONDS);
    }
    const {
      objects,
      ends,
      kinds: seen,
    } = await publishBaseline(lists, {
      ...all,
      uid: uids.get(all.cluster),
    });
    progress.done(`${objects} objects of ${seen} kinds were there, ${ends} of the history were not.`);
  } finally {
    await all.bus.close();
    await all.stores.close();
  }
}
