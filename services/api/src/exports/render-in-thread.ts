import { Worker } from 'node:worker_threads';
import { TemplateProblem, templateLimits, type Report } from '@margay/reports';
import { compiled } from '@margay/runtime';
import { Capacity } from './capacity.ts';
import type { Rendered, Said } from './render-thread.ts';

/** What all threads of a process take together: half of the memory that the chart gives to the api. */
const MEGABYTES = 512;
/** Files that wait for a thread, and for how long: whoever waits longer asks again. */
const WAITING_MAX = 16;
const WAIT_MILLISECONDS = 10_000;
/** How long templates have taken, without what they waited for their turn. */
export interface Meter {
  milliseconds: number;
}

const START_MILLISECONDS = 30_000;
/** What is made and thrown away at once, beside what is kept. */
const YOUNG_MEGABYTES = 16;

const threads = new Capacity(MEGABYTES, WAITING_MAX, WAIT_MILLISECONDS);

/**
 * Renders a file whose template users wrote, in a thread of its own: a template that takes long or much must not keep
 * others waiting, and is ended. Few are rendered at the same time.
 *
 * @throws TemplateProblem
 * @throws Busy where too many are being rendered.
 */
export function renderInThread(report: Report, name: string, meter?: Meter): Promise<string> {
  const { megabytes, seconds } = templateLimits(report);
  return threads.with(megabytes, async () => {
    const start = performance.now();
    try {
      return await rendered(report, name, megabytes, seconds);
    } finally {
      if (meter !== undefined) meter.milliseconds += performance.now() - start;
    }
  });
}

async function rendered(report: Report, name: string, megabytes: number, seconds: number): Promise<string> {
  const outcome = Promise.withResolvers<Rendered>();
  const give = (what: string) => outcome.reject(new TemplateProblem(name, 1, what));
  let late = setTimeout(give, START_MILLISECONDS, 'no thread starts in which it could be made');
  const thread = new Worker(compiled('./render-thread', import.meta.url), {
    workerData: { report, name },
    resourceLimits: {
      maxOldGenerationSizeMb: megabytes - YOUNG_MEGABYTES,
      maxYoungGenerationSizeMb: YOUNG_MEGABYTES,
    },
  });
  thread.on('message', (said: Said) => {
    if (said !== 'begins') return outcome.resolve(said);
    // What a machine with much else to do takes to start a thread is not the template's.
    clearTimeout(late);
    late = setTimeout(give, seconds * 1_000, `it takes more than ${seconds} seconds`);
  });
  thread.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      give(`it takes more than ${megabytes} megabytes of memory`);
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
