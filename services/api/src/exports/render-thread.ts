import { parentPort, workerData } from 'node:worker_threads';
import { TemplateProblem, typeOfReport, type Report } from '@margay/reports';

/** What the thread says: that it is there and begins, and what came of it. */
export type Said = 'begins' | Rendered;

/** What came of it. */
export type Rendered =
  | { readonly text: string }
  | { readonly problem: { readonly template: string; readonly line: number; readonly what: string } };

const { report, name } = workerData as { readonly report: Report; readonly name: string };
parentPort!.postMessage('begins' satisfies Said);
parentPort!.postMessage(rendered() satisfies Said);

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
