import { TemplateProblem, typeOfReport, type Report } from '@margay/reports';
import { answerParent } from '@margay/runtime/own-process';

/** What came of a template. */
export type Rendered =
  | { readonly text: string }
  | { readonly problem: { readonly template: string; readonly line: number; readonly what: string } };

/** The file of a report that is to be rendered. */
export interface ToRender {
  readonly report: Report;
  readonly name: string;
}

answerParent(({ report, name }: ToRender): Rendered => {
  const download = typeOfReport(report).downloads.find((known) => known.name === name)!;
  try {
    return { text: [...download.render(report)].join('') };
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { template, line, what } = error;
    return { problem: { template, line, what } };
  }
});
