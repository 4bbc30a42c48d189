import { parentPort, workerData } from 'node:worker_threads';
import type { ReportWindow } from '@margay/contracts';
import { splitReport } from '@margay/reports';
import { openEmbedded } from '@margay/storage';
import { computeWindow } from './compute-window.ts';

/** What the thread is started with. */
export interface ThreadInput {
  readonly directory: string;
  readonly window: ReportWindow;
}

const { directory, window } = workerData as ThreadInput;
const stores = openEmbedded(directory, { readOnly: true });
try {
  const { header, digest, parts } = splitReport(await computeWindow(stores, window));
  for (const part of parts) parentPort!.postMessage({ part });
  parentPort!.postMessage({ done: { header, digest } });
} finally {
  await stores.close();
}
