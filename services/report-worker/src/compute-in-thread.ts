import { Worker } from 'node:worker_threads';
import type { ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import type { ReportHeader, ReportPart } from '@margay/reports';
import { Away, compiled } from '@margay/runtime';
import { DatabaseUnusable, type Place } from '@margay/storage';
import type { StoresPlace, ThreadData, ThreadMessage, ThreadTask } from './thread-message.ts';

/** A computed report, taken apart for the archive. */
export interface ComputedReport {
  readonly header: ReportHeader;
  readonly digest: string;
  readonly parts: readonly ReportPart[];
  /** Where the stores were before its evidence was read. */
  readonly read: Place;
}

/** Computes the report of a window. Rejected when it could not: another try may help. */
export type Compute = (window: ReportWindow, unapplied?: Unapplied) => Promise<ComputedReport>;

/** A thread that has nothing to do for so long gives its memory back. */
const IDLE_MILLISECONDS = 60_000;
/** For so long a report is computed unless set otherwise: the largest take minutes. */
const LIMIT_MILLISECONDS = 30 * 60_000;

/** Computing did not end within its limit: the process may be well while its thread hangs. It may not help to try it often. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/** How reports are computed. */
export interface ComputeInThreadOptions {
  /** Do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[] | undefined;
  /** A thread that takes longer is ended, and its window with `TookTooLong`; half an hour unless set. */
  readonly limitMilliseconds?: number;
}

/**
 * Computes in a thread of its own, which reads the stores at the place: the main thread stays free. One window at a
 * time; the thread is started when it is needed and stays for the next window, since starting it takes about a second.
 */
export function computeInThread(
  place: StoresPlace,
  { privateNetworks, limitMilliseconds = LIMIT_MILLISECONDS }: ComputeInThreadOptions = {},
): Compute {
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let before: Promise<unknown> = Promise.resolve();

  const started = (): Worker => {
    const workerData: ThreadData = { place, privateNetworks };
    const worker = new Worker(compiled('./compute-thread', import.meta.url), { workerData });
    worker.once('exit', () => {
      if (thread === worker) thread = undefined;
    });
    // A thread that waits must not keep the process.
    worker.unref();
    return worker;
  };

  const compute: Compute = async (window, unapplied) => {
    clearTimeout(idle);
    thread ??= started();
    const worker = thread;
    worker.ref();
    const outcome = Promise.withResolvers<ComputedReport>();
    const parts: ReportPart[] = [];
    const onMessage = (message: ThreadMessage) => {
      if ('part' in message) parts.push(message.part);
      else if ('failed' in message) outcome.reject(errorOf(message));
      else outcome.resolve({ ...message.done, parts });
    };
    const onExit = (code: number) =>
      outcome.reject(new Error(`The thread that computes ${window.id} ended with code ${code}`));
    worker.on('message', onMessage).once('error', outcome.reject).once('exit', onExit);
    const task: ThreadTask = { window, unapplied };
    worker.postMessage(task);
    const limit = setTimeout(() => {
      outcome.reject(
        new TookTooLong(
          `The report of ${window.id} was not computed within ${limitMilliseconds / 1_000} seconds: its thread was ended`,
        ),
      );
      if (thread === worker) thread = undefined;
      void worker.terminate();
    }, limitMilliseconds);
    try {
      return await outcome.promise;
    } finally {
      clearTimeout(limit);
      worker.off('message', onMessage).off('error', outcome.reject).off('exit', onExit);
      worker.unref();
      idle = setTimeout(() => {
        if (thread === worker) thread = undefined;
        void worker.terminate();
      }, IDLE_MILLISECONDS).unref();
    }
  };

  return (window, unapplied) => {
    const computed = before.then(() => compute(window, unapplied));
    before = computed.catch(() => {});
    return computed;
  };
}

function errorOf({ failed, isAway, unusable }: Extract<ThreadMessage, { failed: Error }>): Error {
  if (isAway) return new Away(failed.message, { cause: failed });
  return unusable === undefined ? failed : new DatabaseUnusable(unusable, failed.message, failed);
}
