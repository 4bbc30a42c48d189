import type { ReportWindow } from '@margay/contracts';
import { compareTexts, type Instant } from '@margay/ground';

/** How far the computation of a window has come. */
export type WindowState = 'emitted' | 'running' | 'failed' | 'completed';

/** States in their order: of one attempt the later one wins. */
export const STATES: readonly WindowState[] = ['emitted', 'running', 'failed', 'completed'];

/** How many windows are listed unless said otherwise. */
export const LIST_MAX = 100;

/** True where news of a state and an attempt change what is known of a window. */
export function moves(
  known: { readonly state: WindowState; readonly attempt: number },
  state: WindowState,
  attempt: number,
): boolean {
  if (known.state === 'completed') return false;
  if (state === 'completed' || attempt > known.attempt) return true;
  return attempt === known.attempt && STATES.indexOf(state) > STATES.indexOf(known.state);
}

/** A window with its state. */
export interface WindowRecord {
  readonly window: ReportWindow;
  readonly state: WindowState;
  /** Of the newest attempt, from 1 on; 0 while only emitted. */
  readonly attempt: number;
  /** Why the newest attempt failed; with `failed` only. */
  readonly reason?: string;
  readonly emittedAt: Instant;
  /** When it came into this state. */
  readonly changedAt: Instant;
}

/** Which windows to list. */
export interface WindowFilter {
  readonly reportName?: string;
  /** Only those of these reports. */
  readonly reportNames?: readonly string[];
  readonly states?: readonly WindowState[];
  /** Only those of runs over many clusters. */
  readonly parents?: true;
  /** At most so many; 100 unless set. */
  readonly limit?: number;
  /** Only those behind this one in the order of the list; from the first on unless set. */
  readonly after?: WindowPlace;
}

/** Where a window stands in lists: neither ever changes. */
export type WindowPlace = Pick<ReportWindow, 'end' | 'id'>;

/** A GlobalReport as whoever keeps its schedule knows it. */
export interface KnownReport {
  readonly name: string;
  readonly reportType: string;
  /** Its `spec`, as it is now. */
  readonly spec: unknown;
  /** What its type is made of, where that is none of those that are built in. */
  readonly typeSpec?: unknown;
  /** Of a report over many clusters those that it chooses by now, by name. */
  readonly clusters?: readonly string[];
  /** The schedule's next window and when it is due; absent where there is none. */
  readonly next?: { readonly start: Instant; readonly end: Instant; readonly due: Instant };
}

/** The order of reports. */
export const byName = (a: KnownReport, b: KnownReport): number => compareTexts(a.name, b.name);

/**
 * The windows of one cluster's reports and what became of them.
 *
 * News may come twice or late: a window completed stays so; otherwise a higher attempt wins, and of one attempt `failed`
 * over `running` over `emitted`. Everything is durable when fulfilled.
 */
export interface Windows {
  /**
   * The instant at which the report first appeared: `at` on the first call for its name, the same ever after. The
   * report's first window starts there.
   */
  appeared(reportName: string, at: Instant): Promise<Instant>;

  /** Keeps windows as emitted; one whose id is known does nothing. Gives those that were new. */
  emit(windows: readonly ReportWindow[], at: Instant): Promise<ReportWindow[]>;

  /** A window that failed is as if it had just been emitted: it is computed again. Any other does nothing. */
  again(id: string, at: Instant): Promise<void>;

  /** Attempt `attempt` (from 1 on) of the window has begun. A window that is not known does nothing. */
  begin(id: string, attempt: number, at: Instant): Promise<void>;

  /** The window's report is archived. */
  complete(id: string, at: Instant): Promise<void>;

  /** The window was given up after `attempts` attempts. */
  fail(id: string, reason: string, attempts: number, at: Instant): Promise<void>;

  /** The window, or undefined where it was never emitted. */
  get(id: string): Promise<WindowRecord | undefined>;

  /** Windows by end, newest first, then by id. */
  list(filter?: WindowFilter): Promise<WindowRecord[]>;

  /** By the name of its report, how many runs over many clusters there are. */
  parentReports(): Promise<ReadonlyMap<string, number>>;

  /** The latest end of the report's windows, without those asked for by a person; undefined where there is none. */
  lastEnd(reportName: string): Promise<Instant | undefined>;

  /** The earliest start of the report's windows, in the same sense. */
  firstStart(reportName: string): Promise<Instant | undefined>;

  /** How many windows of the report are emitted or running, without those asked for by a person. */
  active(reportName: string): Promise<number>;

  /** Keeps which GlobalReports there are: these and no others. */
  keepReports(reports: readonly KnownReport[]): Promise<void>;

  /** The GlobalReports that there are, by name. */
  reports(): Promise<KnownReport[]>;
}

/** Windows that are asked for at once. */
const PAGE = 1_000;

/** Every window that the filter lets through, in the order of the list, however many there are. */
export async function allWindows(
  windows: Pick<Windows, 'list'>,
  filter: Omit<WindowFilter, 'limit' | 'after'>,
  page = PAGE,
): Promise<WindowRecord[]> {
  const all: WindowRecord[] = [];
  for (;;) {
    const last = all.at(-1)?.window;
    const some = await windows.list({ ...filter, limit: page, ...(last !== undefined && { after: last }) });
    all.push(...some);
    if (some.length < page) return all;
  }
}
