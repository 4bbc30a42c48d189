import { tellHubsOf, tellHubsOfHead } from '@margay/report-worker';
import { headersIn } from '@margay/storage';
import { say } from '@margay/terminal';
import { Command } from 'commander';
import { connectAll } from '../connections.ts';

/** `margay tell-hubs`: all that a hub is told of a cluster, once more. */
export function tellHubsCommand(): Command {
  return new Command('tell-hubs')
    .addHelpText(
      'after',
      `
For a hub that is new, or that says that entries have not come: what it has already it knows. Broker and store are those of the services'
settings: KAFKA_BROKERS, ELASTICSEARCH_URLS, CLUSTER_NAME and so on (docs/configuration.md). Of several clusters CLUSTER_NAME says which.`,
    )
    .action(tellHubs);
}

async function tellHubs(): Promise<void> {
  const { bus, stores, cluster } = await connectAll();
  let reports = 0;
  try {
    for await (const header of headersIn(stores.archive))
      if (await tellHubsOf(bus, stores, header)) reports++;
    await tellHubsOfHead(bus, stores, cluster);
  } finally {
    await bus.close();
    await stores.close();
  }
  say(`${reports} reports of ${cluster} that are in its log of reports were told of.\n`);
}
