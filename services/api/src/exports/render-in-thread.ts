import { Worker } from 'node:worker_threads';
import { TemplateProblem, type Report } from '@margay/reports';
import { compiled } from '@margay/runtime';
import type { Rendered } from './render-thread.ts';

const MEMORY_MEGABYTES_MAX = 1_024;
const SECONDS_MAX = 60;

/**
 * Renders a file whose template users wrote, in a thread of its own: a template that takes long or much must not keep
 * others waiting, and is ended.
 *
 * @throws TemplateProblem
 */
export async function renderInThread(report: Report, name: string): Promise<string> {
  const thread = new Worker(compiled('./render-thread', import.meta.url), {
    workerData: { report, name },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MEGABYTES_MAX },
  });
  const outcome = Promise.withResolvers<Rendered>();
  const give = (what: string) => outcome.reject(new TemplateProblem(name, 1, what));
  const late = setTimeout(give, SECONDS_MAX * 1_000, `it takes more than ${SECONDS_MAX} seconds`);
  thread.once('message', outcome.resolve).once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      give(`it takes more than ${MEMORY_MEGABYTES_MAX} megabytes of memory`);
    else outcome.reject(error);
  });
  try {
    const rendered = await outcome.promise;
    if ('text' in rendered) return rendered.text;
    const { template, line, what } = rendered.problem;
    throw new TemplateProblem(template, line, what);
  } finally {
    clearTimeout(late);
    await thread.terminate();
  }
}
