import { parentPort, workerData } from 'node:worker_threads';
import { splitReport } from '@margay/reports';
import { isAway } from '@margay/runtime';
import { DatabaseUnusable, openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import { computeWindow } from './compute-window.ts';
import type { ThreadData, ThreadMessage, ThreadTask } from './thread-message.ts';

const { place, privateNetworks } = workerData as ThreadData;
const say = (message: ThreadMessage) => parentPort!.postMessage(message);

const open = (cluster: string): Stores | Promise<Stores> =>
  'directory' in place
    ? openEmbedded(place.directory, { readOnly: true })
    : openElasticsearch({ ...place.elasticsearch, cluster, readOnly: true });

parentPort!.on('message', (task: ThreadTask) => void compute(task));

async function compute({ window, unapplied }: ThreadTask): Promise<void> {
  try {
    const stores = await open(window.cluster);
    try {
      const read = await stores.arrivals.place();
      const { header, digest, parts } = splitReport(
        await computeWindow(stores, window, { privateNetworks, unapplied }),
      );
      for (const part of parts) say({ part });
      say({ done: { header, digest, read } });
    } finally {
      await stores.close();
    }
  } catch (error) {
    // The class of an error is lost on the way.
    const unusable = error instanceof DatabaseUnusable ? error.code : undefined;
    say({ failed: error as Error, isAway: isAway(error), unusable });
  }
}
