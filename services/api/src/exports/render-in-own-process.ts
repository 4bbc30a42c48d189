import { TemplateProblem, templateLimits, type Report } from '@margay/reports';
import { compiled } from '@margay/runtime';
import { inOwnProcess, TookTooMuch, type Meter } from '@margay/runtime/own-process';
import { Capacity } from './capacity.ts';
import type { Rendered, ToRender } from './render-process.ts';

/** What all processes that render take together: half of the memory that the chart gives to the api. */
const MEGABYTES = 512;
/** Files that wait for a process, and for how long: whoever waits longer asks again. */
const WAITING_MAX = 16;
const WAIT_MILLISECONDS = 10_000;

const processes = new Capacity(MEGABYTES, WAITING_MAX, WAIT_MILLISECONDS);

/**
 * Renders a file whose template users wrote, in a process of its own: a template that takes long or much must not keep
 * others waiting, and is ended. Few are rendered at the same time.
 *
 * @throws TemplateProblem
 * @throws Busy where too much is going on.
 */
export function renderInOwnProcess(report: Report, name: string, meter?: Meter): Promise<string> {
  const limits = templateLimits(report);
  return processes.with(limits.megabytes, async () => {
    const file = compiled('./render-process', import.meta.url);
    const toRender: ToRender = { report, name };
    const rendered = await inOwnProcess<Rendered>(file, toRender, { ...limits, meter }).catch((error) => {
      throw error instanceof TookTooMuch ? new TemplateProblem(name, 1, error.message) : error;
    });
    if ('text' in rendered) return rendered.text;
    const { template, line, what } = rendered.problem;
    throw new TemplateProblem(template, line, what);
  });
}
