import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import type { Given, Said } from './answer-parent.ts';

/** What a process may have. */
export interface ProcessLimits {
  /** Of values and texts; buffers and what Node itself takes are beside it. */
  readonly megabytes: number;
  /** The variables that it is given; none unless set. */
  readonly variables?: NodeJS.ProcessEnv;
}

/** What a process is asked with. */
export interface Asking<P> {
  /** Of a processor, once it has begun: what the machine lets it wait for is no fault of what it does. Unless given, it takes as long as it does, to start too. */
  readonly seconds?: number;
  /** Told of the pieces of what comes of it. */
  readonly told?: (piece: P) => void;
  readonly meter?: Meter;
}

/** Processor time that processes have taken, with what it takes to start them. */
export interface Meter {
  milliseconds: number;
}

/** What was done in a process took more than it may, whatever else the machine had to do. */
export class TookTooMuch extends Error {
  override readonly name = 'TookTooMuch';
}

/** Too much is going on: whoever asks again later may get it. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

const START_MILLISECONDS = 30_000;
/** A process that gets less of a processor than this part of the time is on a machine with far too much else to do. */
const LEAST_SHARE = 0.02;
/** What is made and thrown away at once, beside what is kept, is in three spaces of so much at most: what V8 has by itself, and less of little. */
const SEMI_SPACE_MEGABYTES_MAX = 16;
/** For templates that call one another deep, as Node gives to a thread: half of what systems give to a process. */
const STACK_KILOBYTES = 4_000;
/** What V8 says where it ends a process at the limit of its memory, or for an array, a text or a map larger than any may be. */
const NO_MEMORY = /out of memory|invalid size|Invalid string length|maximum size exceeded/;
const COMPLAINT_CHARACTERS = 10_000;

/** What a process is doing. */
interface Asked<T, P> extends Asking<P> {
  readonly outcome: PromiseWithResolvers<T>;
  /** The time that the process had had when it began. */
  begun: number;
  late: NodeJS.Timeout | undefined;
}

/**
 * A process of its own that does what it is asked for, one thing at a time, is killed when it takes too much, and does not outlive this
 * one. A thread has no limit of memory that holds: V8 lets some go on, and ends all of the process for others. One that is asked for
 * nothing keeps this process from no end.
 */
export class OwnProcess<G, T, P = never> {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #end: Error | undefined;
  #asked: Asked<T, P> | undefined;
  /** All that it has had of a processor. */
  #milliseconds = 0;

  private constructor(child: ChildProcess, megabytes: number) {
    this.#child = child;
    this.#closed = endOf(child, megabytes).then((end) => {
      this.#end = end;
      this.#asked?.outcome.reject(end);
    });
    child.on('message', (said: Said<T, P>) => this.#heard(said));
    createInterface({ input: child.stdio[4] as Socket }).on('line', (line) => this.#had(Number(line)));
    this.#hold(false);
  }

  /**
   * @param file a module that calls `answerParent`.
   * @throws Busy where there is no room for a process.
   */
  static async start<G, T, P = never>(
    file: URL,
    { megabytes, variables = {} }: ProcessLimits,
  ): Promise<OwnProcess<G, T, P>> {
    const semiSpace = Math.min(SEMI_SPACE_MEGABYTES_MAX, Math.ceil(megabytes / 16));
    try {
      const child = fork(file, {
        execArgv: [
          `--max-old-space-size=${megabytes - 3 * semiSpace}`,
          `--max-semi-space-size=${semiSpace}`,
          `--stack-size=${STACK_KILOBYTES}`,
        ],
        env: variables,
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      });
      await once(child, 'spawn');
      return new OwnProcess(child, megabytes);
    } catch (cause) {
      throw new Busy('No process starts', { cause });
    }
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Has it done. Afterwards it can be asked for the next; where this throws, it has to be ended.
   *
   * @param given what can be cloned.
   * @throws TookTooMuch
   * @throws Busy where the machine has too much else to do to find that out: another try may help.
   */
  async ask(given: G, asking: Asking<P> = {}): Promise<T> {
    const before = this.#milliseconds;
    const outcome = Promise.withResolvers<T>();
    // It may come when nobody waits for it any more.
    outcome.promise.catch(() => {});
    const isTimed = asking.seconds !== undefined;
    const late = isTimed
      ? setTimeout(outcome.reject, START_MILLISECONDS, new Busy('No process starts'))
      : undefined;
    const asked: Asked<T, P> = { ...asking, outcome, begun: Infinity, late };
    this.#asked = asked;
    this.#hold(true);
    try {
      if (this.#end !== undefined) throw this.#end;
      // Where it cannot be given, the process has ended.
      if (this.#child.connected) this.#child.send({ given } satisfies Given<unknown>, () => {});
      return await outcome.promise;
    } finally {
      clearTimeout(asked.late);
      this.#asked = undefined;
      this.#hold(false);
      if (asking.meter !== undefined) asking.meter.milliseconds += this.#milliseconds - before;
    }
  }

  /** Ends it, whatever it does; what it was asked for is rejected with the reason, where one is given. */
  async end(reason?: Error): Promise<void> {
    if (reason !== undefined) this.#asked?.outcome.reject(reason);
    this.#hold(true);
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #heard({ milliseconds, news }: Said<T, P>): void {
    this.#had(milliseconds);
    const asked = this.#asked;
    if (asked === undefined) return;
    if ('piece' in news) return asked.told?.(news.piece);
    clearTimeout(asked.late);
    if ('done' in news) return asked.outcome.resolve(news.done);
    asked.begun = milliseconds;
    if (asked.seconds === undefined) return;
    const wait = (asked.seconds * 1_000) / LEAST_SHARE;
    asked.late = setTimeout(asked.outcome.reject, wait, new Busy('A process hardly gets any time'));
  }

  #had(milliseconds: number): void {
    this.#milliseconds = milliseconds;
    const { begun, seconds = Infinity, outcome } = this.#asked ?? { begun: Infinity };
    if (milliseconds - begun > seconds * 1_000)
      outcome?.reject(new TookTooMuch(`it takes more than ${seconds} seconds`));
  }

  /** Whether this process goes on for it. */
  #hold(isHeld: boolean): void {
    const { stdio, channel } = this.#child;
    for (const held of [this.#child, channel, stdio[2] as Socket, stdio[4] as Socket])
      if (isHeld) held?.ref();
      else held?.unref();
  }
}

/**
 * Has one thing done in a process of its own.
 *
 * @param file a module that calls `answerParent`.
 * @param given what can be cloned.
 * @throws TookTooMuch
 * @throws Busy where the machine has too much else to do to find that out: another try may help.
 */
export async function inOwnProcess<T>(
  file: URL,
  given: unknown,
  {
    seconds,
    meter,
    ...limits
  }: ProcessLimits & { readonly seconds: number; readonly meter?: Meter | undefined },
): Promise<T> {
  const child = await OwnProcess.start<unknown, T>(file, limits);
  try {
    return await child.ask(given, { seconds, ...(meter !== undefined && { meter }) });
  } finally {
    await child.end();
  }
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
