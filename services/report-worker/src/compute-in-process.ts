import { getHeapStatistics } from 'node:v8';
import type { ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import type { ReportHeader, ReportPart } from '@margay/reports';
import { Away, compiled } from '@margay/runtime';
import { OwnProcess, TookTooMuch } from '@margay/runtime/own-process';
import { DatabaseUnusable, type ElasticsearchOptions, type Place } from '@margay/storage';

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

/** Where the stores are that are read: those of one cluster in a folder, or of the cluster of each window. */
export type StoresPlace =
  | { readonly directory: string }
  | { readonly elasticsearch: Omit<ElasticsearchOptions, 'readOnly' | 'cluster'> };

/** What a process is asked for. */
export interface Task {
  readonly place: StoresPlace;
  readonly window: ReportWindow;
  /** What was published and is not in the stores. */
  readonly unapplied: Unapplied | undefined;
  readonly privateNetworks: readonly string[] | undefined;
}

/** It tells the report piece by piece. */
export type Part = ReportPart;

/** What came of it, beside the parts. */
export type Computed =
  | Omit<ComputedReport, 'parts'>
  | {
      readonly failed: Error;
      readonly isAway: boolean;
      /** Why the database cannot be used, where that is the reason. */
      readonly unusable: DatabaseUnusable['code'] | undefined;
    };

type ComputeProcess = OwnProcess<Task, Computed, Part>;

/** A process that has nothing to do for so long gives its memory back. */
const IDLE_MILLISECONDS = 60_000;
/** For so long a report is computed unless set otherwise: the largest take minutes. */
const LIMIT_MILLISECONDS = 30 * 60_000;
/** The variables by which Node itself, and what it speaks TLS with, are set; no others are for a process that computes. */
const OF_NODE = /^(NODE_(EXTRA_CA_CERTS|OPTIONS|USE_)|SSL_CERT_)/;

/** How reports are computed. */
interface InProcessOptions {
  /** Do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[] | undefined;
  /** A process that takes longer is ended, and its window with `TookTooMuch`; half an hour unless set. */
  readonly limitMilliseconds?: number;
  /** As much memory a process may take; as this one may unless set. */
  readonly megabytes?: number;
}

/**
 * Computes in a process of its own, which reads the stores at the place: this one stays free, and goes on when that takes too much. One
 * window at a time; the process is started when it is needed and stays for the next window, since starting it takes longer than most reports.
 */
export function computeInProcess(
  place: StoresPlace,
  {
    privateNetworks,
    limitMilliseconds = LIMIT_MILLISECONDS,
    megabytes = Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20),
  }: InProcessOptions = {},
): Compute {
  let kept: ComputeProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let before: Promise<unknown> = Promise.resolve();

  const taken = async (): Promise<ComputeProcess> => {
    clearTimeout(idle);
    const ready = kept;
    kept = undefined;
    if (ready?.hasEnded === false) return ready;
    return OwnProcess.start(compiled('./compute-process', import.meta.url), {
      megabytes,
      variables: ofNode(),
    });
  };
  const keep = (computing: ComputeProcess): void => {
    kept = computing;
    idle = setTimeout(() => {
      kept = undefined;
      void computing.end();
    }, IDLE_MILLISECONDS).unref();
  };

  const compute: Compute = async (window, unapplied) => {
    const computing = await taken();
    const parts: ReportPart[] = [];
    const tooLong = new TookTooMuch(`it takes more than ${limitMilliseconds / 1_000} seconds`);
    const late = setTimeout(() => void computing.end(tooLong), limitMilliseconds);
    let computed;
    try {
      const task = { place, window, unapplied, privateNetworks };
      computed = await computing.ask(task, { told: (part) => void parts.push(part) });
    } catch (error) {
      await computing.end();
      if (!(error instanceof TookTooMuch)) throw error;
      throw new TookTooMuch(`The report of ${window.id} was not computed: ${error.message}`);
    } finally {
      clearTimeout(late);
    }
    keep(computing);
    if ('failed' in computed) throw errorOf(computed);
    return { ...computed, parts };
  };

  return (window, unapplied) => {
    const computed = before.then(() => compute(window, unapplied));
    before = computed.catch(() => {});
    return computed;
  };
}

const ofNode = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => OF_NODE.test(name)));

function errorOf({ failed, isAway, unusable }: Extract<Computed, { failed: Error }>): Error {
  if (isAway) return new Away(failed.message, { cause: failed });
  return unusable === undefined ? failed : new DatabaseUnusable(unusable, failed.message, failed);
}
