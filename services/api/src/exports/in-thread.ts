import { Worker } from 'node:worker_threads';
import { Busy } from './capacity.ts';

/** What a thread may take. */
export interface ThreadLimits {
  readonly megabytes: number;
  /** Of a processor, once it has begun: what the machine lets it wait for is no fault of what it does. */
  readonly seconds: number;
}

/** Processor time that threads have taken, with what it takes to start them. */
export interface Meter {
  milliseconds: number;
}

/** A thread says this once it is there, without `done`, and when it is done; with its processor time until then. */
export interface Said<T> {
  readonly milliseconds: number;
  readonly done?: T;
}

/** What was done in a thread took more than it may, whatever else the machine had to do. */
export class TookTooMuch extends Error {
  override readonly name = 'TookTooMuch';
}

const START_MILLISECONDS = 30_000;
/** A thread that gets less of a processor than this part of the time is on a machine with far too much else to do. */
const LEAST_SHARE = 0.02;
const LOOK_MILLISECONDS = 100;
/** What is made and thrown away at once, beside what is kept. */
const YOUNG_MEGABYTES = 16;

/**
 * Does something in a thread of its own, which is ended when it takes too much.
 *
 * @param file a module that tells `Said<T>` to its parent.
 * @throws TookTooMuch
 * @throws Busy where the machine has too much else to do to find that out: another try may help.
 */
export async function inThread<T>(
  file: URL,
  workerData: unknown,
  { megabytes, seconds }: ThreadLimits,
  meter: Meter = { milliseconds: 0 },
): Promise<T> {
  const outcome = Promise.withResolvers<T>();
  const give = (error: Error) => outcome.reject(error);
  const thread = new Worker(file, {
    workerData,
    resourceLimits: {
      maxOldGenerationSizeMb: megabytes - YOUNG_MEGABYTES,
      maxYoungGenerationSizeMb: YOUNG_MEGABYTES,
    },
  });
  let late = setTimeout(give, START_MILLISECONDS, new Busy('No thread starts'));
  let look: NodeJS.Timeout | undefined;
  let taken = 0;
  thread.on('message', ({ milliseconds: told, done }: Said<T>) => {
    taken = told;
    clearTimeout(late);
    clearInterval(look);
    if (done !== undefined) return outcome.resolve(done);
    const processorTime = processorTimeOf(thread, told);
    late = setTimeout(give, (seconds * 1_000) / LEAST_SHARE, new Busy('A thread hardly gets any time'));
    const judge = async () => {
      taken = await processorTime();
      if (taken - told > seconds * 1_000) give(new TookTooMuch(`it takes more than ${seconds} seconds`));
    };
    look = setInterval(() => void judge(), LOOK_MILLISECONDS);
  });
  thread.once('error', (error: NodeJS.ErrnoException) => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    give(isMemory ? new TookTooMuch(`it takes more than ${megabytes} megabytes of memory`) : error);
  });
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(late);
    clearInterval(look);
    meter.milliseconds += taken;
    await thread.terminate();
  }
}

/** Tells a thread's processor time in milliseconds, which was so much now; an older Node than 24.6 cannot tell, and the clock does. */
function processorTimeOf(thread: Worker, now: number): () => Promise<number> {
  const start = performance.now();
  let last = now;
  return async () => {
    if (!('cpuUsage' in thread)) return now + performance.now() - start;
    // One that has just ended has said itself what it took.
    const usage = await thread.cpuUsage().catch(() => undefined);
    if (usage !== undefined) last = (usage.user + usage.system) / 1_000;
    return last;
  };
}
