import { Worker } from 'node:worker_threads';
import type { ReportWindow } from '@margay/contracts';
import type { ReportHeader, ReportPart } from '@margay/reports';
import type { StoresPlace, ThreadInput } from './compute-thread.ts';

/** A computed report, taken apart for the archive. */
export interface ComputedReport {
  readonly header: ReportHeader;
  readonly digest: string;
  readonly parts: readonly ReportPart[];
}

/** Computes the report of a window. Rejected when it could not: another try may help. */
export type Compute = (window: ReportWindow) => Promise<ComputedReport>;

type Message =
  | { readonly part: ReportPart }
  | { readonly done: { readonly header: ReportHeader; readonly digest: string } };

/** Computes in a thread of its own, which reads the stores at the place: the main thread stays free. */
export const computeInThread =
  (place: StoresPlace): Compute =>
  (window) =>
    new Promise((fulfil, reject) => {
      const workerData: ThreadInput = { place, window };
      const worker = new Worker(new URL('./compute-thread.ts', import.meta.url), { workerData });
      const parts: ReportPart[] = [];
      worker.on('message', (message: Message) => {
        if ('part' in message) parts.push(message.part);
        else fulfil({ ...message.done, parts });
      });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        reject(new Error(`The thread that computes ${window.id} ended with code ${code}`)),
      );
    });
