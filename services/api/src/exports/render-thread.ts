import { parentPort, workerData } from 'node:worker_threads';
import { TemplateProblem, typeOfReport, type Report } from '@margay/reports';

/** What the thread answers. */
export type Rendered =
  | { readonly text: string }
  | { readonly problem: { readonly template: string; readonly line: number; readonly what: string } };

const { report, name } = workerData as { readonly report: Report; readonly name: string };
parentPort!.postMessage(rendered());

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
