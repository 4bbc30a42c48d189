import { Worker } from 'node:worker_threads';

/** A process says this once it begins, without `done`, and when it is done; with all processor time that it has had until then. */
export interface Said<T> {
  readonly milliseconds: number;
  readonly done?: T;
}

/** What its parent gives to a process. */
export interface Given<G> {
  readonly given: G;
}

/**
 * Does what the parent asks for, once, in a process that `inOwnProcess` starts. Until it is done a thread tells the parent what time
 * the process has had, and kills it when nobody is there to be told: the process itself may be in a loop that never ends.
 */
export function answerParent<G, T>(act: (given: G) => T): void {
  const thread = new Worker(new URL('./tell-time-thread.js', import.meta.url));
  thread.once('message', () => {
    thread.unref();
    process.once('message', ({ given }: Given<G>) => {
      // Nothing is sent while it acts: so what is said of its begin is sent before.
      say({}, () => say({ done: act(given) }));
    });
  });
}

function say<T>(said: Omit<Said<T>, 'milliseconds'>, then?: () => void): void {
  const { user, system } = process.cpuUsage();
  const whole: Said<T> = { ...said, milliseconds: (user + system) / 1_000 };
  process.send!(whole, undefined, undefined, then);
}
