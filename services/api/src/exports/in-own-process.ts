import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Given, Said } from './answer-parent.ts';
import { Busy } from './capacity.ts';

/** What a process may take. */
export interface ProcessLimits {
  /** Of values and texts; buffers and what Node itself takes are beside it. */
  readonly megabytes: number;
  /** Of a processor, once it has begun: what the machine lets it wait for is no fault of what it does. */
  readonly seconds: number;
}

/** Processor time that processes have taken, with what it takes to start them. */
export interface Meter {
  milliseconds: number;
}

/** What was done in a process took more than it may, whatever else the machine had to do. */
export class TookTooMuch extends Error {
  override readonly name = 'TookTooMuch';
}

const START_MILLISECONDS = 30_000;
/** A process that gets less of a processor than this part of the time is on a machine with far too much else to do. */
const LEAST_SHARE = 0.02;
/** What is made and thrown away at once, beside what is kept, is in three spaces of this size at most. */
const SEMI_SPACE_MEGABYTES = 4;
/** For templates that call one another deep, as Node gives to a thread: half of what systems give to a process. */
const STACK_KILOBYTES = 4_000;
/** What V8 says where it ends a process at the limit of its memory, or for an array, a text or a map larger than any may be. */
const NO_MEMORY = /out of memory|invalid size|Invalid string length|maximum size exceeded/;
const COMPLAINT_CHARACTERS = 10_000;

/**
 * Does something in a process of its own, which is killed when it takes too much, and does not outlive this one. A thread has no
 * limit of memory that holds: V8 lets some go on, and ends all of the process for others.
 *
 * @param file a module that calls `answerParent`.
 * @param given what can be cloned.
 * @throws TookTooMuch
 * @throws Busy where the machine has too much else to do to find that out: another try may help.
 */
export async function inOwnProcess<T>(
  file: URL,
  given: unknown,
  { megabytes, seconds }: ProcessLimits,
  meter: Meter = { milliseconds: 0 },
): Promise<T> {
  const child = await started(file, megabytes);
  const outcome = Promise.withResolvers<T>();
  // It may come when nobody waits for it any more.
  outcome.promise.catch(() => {});
  const give = (error: Error) => outcome.reject(error);
  const ended = endOf(child, megabytes);
  let late = setTimeout(give, START_MILLISECONDS, new Busy('No process starts'));
  let taken = 0;
  let begun = Infinity;
  child.on('message', ({ milliseconds, done }: Said<T>) => {
    taken = milliseconds;
    clearTimeout(late);
    if (done !== undefined) return outcome.resolve(done);
    begun = milliseconds;
    late = setTimeout(give, (seconds * 1_000) / LEAST_SHARE, new Busy('A process hardly gets any time'));
  });
  onTime(child, (milliseconds) => {
    taken = milliseconds;
    if (taken - begun > seconds * 1_000) give(new TookTooMuch(`it takes more than ${seconds} seconds`));
  });
  void ended.then(give);
  try {
    // Where it cannot be given, the process has ended.
    if (child.connected) child.send({ given } satisfies Given<unknown>, () => {});
    return await outcome.promise;
  } finally {
    clearTimeout(late);
    meter.milliseconds += taken;
    child.kill('SIGKILL');
    await ended;
  }
}

/** A process that may have so much memory, and nothing of what this one knows by its variables. @throws Busy where there is no room for it */
async function started(file: URL, megabytes: number): Promise<ChildProcess> {
  try {
    const child = fork(file, {
      execArgv: [
        `--max-old-space-size=${megabytes - 3 * SEMI_SPACE_MEGABYTES}`,
        `--max-semi-space-size=${SEMI_SPACE_MEGABYTES}`,
        `--stack-size=${STACK_KILOBYTES}`,
      ],
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    await once(child, 'spawn');
    return child;
  } catch (cause) {
    throw new Busy('No process starts', { cause });
  }
}

/** Calls this with the milliseconds that a process has had of a processor, as often as it tells them. */
function onTime(child: ChildProcess, then: (milliseconds: number) => void): void {
  createInterface({ input: child.stdio[4] as Readable }).on('line', (line) => then(Number(line)));
}

/** What an end comes to, once a process has ended, and everything that it said is there. */
function endOf(child: ChildProcess, megabytes: number): Promise<Error> {
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < COMPLAINT_CHARACTERS) complaint += text;
  });
  return new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', (code, signal) => {
      if (NO_MEMORY.test(complaint)) {
        resolve(new TookTooMuch(`it takes more than ${megabytes} megabytes of memory`));
      } else if (signal !== null) {
        resolve(new Busy(`A process was ended by ${signal}`, { cause: complaint }));
      } else {
        resolve(new Error(`A process ended with code ${code}: ${complaint}`));
      }
    });
  });
}
