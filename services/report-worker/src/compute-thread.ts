import { parentPort, workerData } from 'node:worker_threads';
import type { ReportWindow } from '@margay/contracts';
import { splitReport } from '@margay/reports';
import { openElasticsearch, openEmbedded, type ElasticsearchOptions } from '@margay/storage';
import { computeWindow } from './compute-window.ts';

/** Which stores a thread reads. */
export type StoresPlace =
  { readonly directory: string } | { readonly elasticsearch: Omit<ElasticsearchOptions, 'readOnly'> };

/** What the thread is started with. */
export interface ThreadInput {
  readonly place: StoresPlace;
  readonly window: ReportWindow;
}

const { place, window } = workerData as ThreadInput;
const stores =
  'directory' in place
    ? openEmbedded(place.directory, { readOnly: true })
    : await openElasticsearch({ ...place.elasticsearch, readOnly: true });
try {
  const { header, digest, parts } = splitReport(await computeWindow(stores, window));
  for (const part of parts) parentPort!.postMessage({ part });
  parentPort!.postMessage({ done: { header, digest } });
} finally {
  await stores.close();
}
