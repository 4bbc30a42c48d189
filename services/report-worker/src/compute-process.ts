import { splitReport } from '@margay/reports';
import { isAway } from '@margay/runtime';
import { answerParent } from '@margay/runtime/own-process';
import { DatabaseUnusable, openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import type { Computed, Part, Task } from './compute-in-process.ts';
import { computeWindow } from './compute-window.ts';

const open = ({ place, window }: Task): Stores | Promise<Stores> =>
  'directory' in place
    ? openEmbedded(place.directory, { readOnly: true })
    : openElasticsearch({ ...place.elasticsearch, cluster: window.cluster, readOnly: true });

answerParent<Task, Computed, Part>(async (task, tell) => {
  try {
    const stores = await open(task);
    try {
      const read = await stores.arrivals.place();
      const { header, digest, parts } = splitReport(await computeWindow(stores, task.window, task));
      for (const part of parts) tell(part);
      return { header, digest, read };
    } finally {
      await stores.close();
    }
  } catch (error) {
    // The class of an error is lost on the way.
    const unusable = error instanceof DatabaseUnusable ? error.code : undefined;
    return { failed: error as Error, isAway: isAway(error), unusable };
  }
});
