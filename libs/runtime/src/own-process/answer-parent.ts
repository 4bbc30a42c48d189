import { Worker } from 'node:worker_threads';

/** What a process says of what it was given: that it begins, a piece of what comes of it, or that it is done. */
export type News<T, P> = { readonly begun: true } | { readonly piece: P } | { readonly done: T };

/** With it, all processor time that the process has had until then. */
export interface Said<T, P> {
  readonly milliseconds: number;
  readonly news: News<T, P>;
}

/** What its parent gives to a process. */
export interface Given<G> {
  readonly given: G;
}

/**
 * Does what the parent asks for, one thing after another, in a process that `OwnProcess` starts. All the time a thread tells the parent what time
 * the process has had, and kills it when nobody is there to be told: the process itself may be in a loop that never ends.
 *
 * @param act may tell pieces of what comes of it before it is done; what it throws ends the process.
 */
export function answerParent<G, T, P = never>(
  act: (given: G, tell: (piece: P) => void) => T | Promise<T>,
): void {
  const tell = (piece: P) => say<T, P>({ piece });
  const answer = async (given: G) => say<T, P>({ done: await act(given, tell) });
  const thread = new Worker(new URL('./tell-time-thread.js', import.meta.url));
  thread.once('message', () => {
    thread.unref();
    process.on('message', ({ given }: Given<G>) => {
      // Nothing is sent while it acts without a pause: so what is said of its begin is sent before.
      say<T, P>({ begun: true }, () => void answer(given));
    });
  });
}

function say<T, P>(news: News<T, P>, then?: () => void): void {
  const { user, system } = process.cpuUsage();
  const said: Said<T, P> = { milliseconds: (user + system) / 1_000, news };
  process.send!(said, undefined, undefined, then);
}
