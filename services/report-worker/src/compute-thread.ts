import { parentPort, workerData } from 'node:worker_threads';
import type { ReportWindow } from '@margay/contracts';
import { splitReport } from '@margay/reports';
import { openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import { computeWindow } from './compute-window.ts';
import type { ThreadData, ThreadMessage } from './thread-message.ts';

const { place, privateNetworks } = workerData as ThreadData;
const say = (message: ThreadMessage) => parentPort!.postMessage(message);

const open = (): Stores | Promise<Stores> =>
  'directory' in place
    ? openEmbedded(place.directory, { readOnly: true })
    : openElasticsearch({ ...place.elasticsearch, readOnly: true });

parentPort!.on('message', (window: ReportWindow) => void compute(window));

async function compute(window: ReportWindow): Promise<void> {
  try {
    const stores = await open();
    try {
      const read = await stores.arrivals.place();
      const { header, digest, parts } = splitReport(await computeWindow(stores, window, privateNetworks));
      for (const part of parts) say({ part });
      say({ done: { header, digest, read } });
    } finally {
      await stores.close();
    }
  } catch (error) {
    say({ failed: error as Error });
  }
}
