import { parentPort, workerData } from 'node:worker_threads';
import { TemplateProblem, typeOfReport, type Report } from '@margay/reports';
import type { Said } from './in-thread.ts';

/** What came of a template. */
export type Rendered =
  | { readonly text: string }
  | { readonly problem: { readonly template: string; readonly line: number; readonly what: string } };

const { report, name } = workerData as { readonly report: Report; readonly name: string };
const say = (said: Omit<Said<Rendered>, 'milliseconds'>) => {
  const { user, system } = process.threadCpuUsage();
  parentPort!.postMessage({ ...said, milliseconds: (user + system) / 1_000 } satisfies Said<Rendered>);
};
say({});
say({ done: rendered() });

function rendered(): Rendered {
  const download = typeOfReport(report).downloads.find((known) => known.name === name)!;
  try {
    return { text: [...download.render(report)].join('') };
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { template, line, what } = error;
    return { problem: { template, line, what } };
  }
}
