import { setTimeout as sleep } from 'node:timers/promises';
import { AuditFiles } from '@margay/audit-ingestor/module';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { isOfFlows, tellsOfTime } from '@margay/coverage';
import { FlowFiles } from '@margay/flow-ingestor/module';
import { formatInstant, type Instant, type Window } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import type { GlobalReport } from '@margay/reports';
import type { Log } from '@margay/runtime';
import { CLOCK, LOG, Readiness, Stages, type Clock } from '@margay/runtime/nest';
import { knownReport, NotUsed, pastStart, scheduledWindows, type ReportsFolder } from '@margay/scheduler';
import { evidenceLag } from '@margay/snapshotter';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BaselineOnce } from './baseline.ts';
import type { Tell } from './up-event.ts';

/** What came of it. */
export interface Reported {
  /** How many reports are new. */
  readonly fresh: number;
  /** Why none was asked for, where none was. */
  readonly nothingAsked?: string;
}

/** What is reported, and whom it is told. */
export interface SpanReportsOptions {
  readonly cluster: string;
  readonly read: () => Promise<ReportsFolder>;
  /** Reports with a schedule have the windows that it would have had since then, as far as the logs cover them. */
  readonly since?: Instant;
  readonly tell: Tell;
  /** Called when all is reported; what it throws ends the stage. */
  readonly whenReported: (reported: Reported) => Promise<void>;
}

/** The token of {@link SpanReportsOptions}. */
export const SPAN_REPORTS_OPTIONS = 'SPAN_REPORTS_OPTIONS';

const POLL_MILLISECONDS = 50;

/** Why there is no window to report on, of GlobalReports that can be used and such that cannot. */
function whyNothing(usable: number, problems: number): string {
  if (usable > 0) return 'no GlobalReport has a window in what the logs cover';
  return problems > 0 ? 'no GlobalReport can be used' : 'there is no GlobalReport';
}

/** When finished logs have been read to their ends and everything in them is kept, has each report run over what they cover. */
@Injectable()
export class SpanReports implements OnApplicationBootstrap {
  readonly #options: SpanReportsOptions;
  readonly #audit: AuditFiles;
  readonly #flows: FlowFiles;
  readonly #baseline: BaselineOnce;
  readonly #bus: Bus;
  readonly #stores: Stores;
  readonly #clock: Clock;
  readonly #stages: Stages;
  readonly #notUsed: NotUsed;

  constructor(
    @Inject(SPAN_REPORTS_OPTIONS) options: SpanReportsOptions,
    @Inject(AuditFiles) audit: AuditFiles,
    @Inject(FlowFiles) flows: FlowFiles,
    @Inject(BaselineOnce) baseline: BaselineOnce,
    @Inject(BUS) bus: Bus,
    @Inject(STORES) stores: Stores,
    @Inject(CLOCK) clock: Clock,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.#options = options;
    this.#audit = audit;
    this.#flows = flows;
    this.#baseline = baseline;
    this.#bus = bus;
    this.#stores = stores;
    this.#clock = clock;
    this.#stages = stages;
    this.#notUsed = new NotUsed(log);
    readiness.add('globalreports', () => this.#notUsed.warning());
  }

  onApplicationBootstrap(): void {
    this.#stages.keep('reports', async (signal) => {
      const stopped = new Promise((stop) => signal.addEventListener('abort', stop, { once: true }));
      await Promise.race([stopped, Promise.all([this.#audit.ended, this.#flows.ended])]);
      if (!signal.aborted) await this.#whenKept(signal);
      if (!signal.aborted) await this.#baseline.take();
      if (!signal.aborted) await this.#whenKept(signal);
      if (!signal.aborted) {
        this.#options.tell({ kind: 'kept' });
        await this.#report(signal);
      }
    });
  }

  async #whenKept(signal: AbortSignal): Promise<void> {
    const { tell } = this.#options;
    for (
      let waiting = await evidenceLag(this.#bus);
      waiting > 0 && !signal.aborted;
      waiting = await evidenceLag(this.#bus)
    ) {
      tell({ kind: 'keeping', waiting });
      await sleep(POLL_MILLISECONDS);
    }
  }

  /** Over what a report is: all that the logs cover, or the windows in it that its schedule would have had. */
  #spansOf({ spec: { schedule } }: GlobalReport, span: Window): Window[] {
    const { since } = this.#options;
    if (since === undefined || schedule === undefined) return [span];
    return scheduledWindows(schedule, pastStart(schedule, since, span.start), span.end);
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { cluster, read, tell, whenReported } = this.#options;
    const bounds = (await this.#stores.coverage.marks())
      .filter(({ source }) => tellsOfTime(source) && !isOfFlows(source))
      .flatMap(({ buckets }) => buckets.flatMap(({ first, last }) => [first, last]));
    if (bounds.length === 0) return whenReported({ fresh: 0, nothingAsked: 'no event with a time was read' });
    const span = {
      start: bounds.reduce((a, b) => Math.min(a, b)),
      end: bounds.reduce((a, b) => Math.max(a, b)) + 1,
    };
    const { reports, problems } = await read();
    await this.#stores.windows.keepReports(reports.map(({ report }) => knownReport(report)));
    const spans = reports.map(({ report }) => ({ report, parts: this.#spansOf(report, span) }));
    const idle = spans.filter(({ parts }) => parts.length === 0);
    this.#notUsed.are(cluster, [
      ...problems,
      ...idle.map(({ report }) => withoutWindow(report, this.#options, span)),
    ]);
    const windows = spans.flatMap(({ report, parts }) =>
      parts.map((part) => reportWindowOf(cluster, report, part, true)),
    );
    const emitted = await this.#stores.windows.emit(windows, this.#clock());
    // Those kept by a process that died before it published them are among them: their ids make a repeat harmless.
    const unfinished = async () => {
      const records = await Promise.all(windows.map(({ id }) => this.#stores.windows.get(id)));
      return records.filter((record) => record?.state === 'emitted' || record?.state === 'running');
    };
    await publishAll(
      this.#bus,
      reportWindows,
      (await unfinished()).map((record) => record!.window),
    );
    for (let left = await unfinished(); left.length > 0 && !signal.aborted; left = await unfinished()) {
      tell({ kind: 'computing', left: left.length });
      await sleep(POLL_MILLISECONDS);
    }
    const nothing = windows.length === 0 && { nothingAsked: whyNothing(reports.length, problems.length) };
    if (!signal.aborted) await whenReported({ fresh: emitted.length, ...nothing });
  }
}

/** Why a report that has a schedule is over nothing. */
const withoutWindow = (
  { name, spec: { schedule } }: GlobalReport,
  { since }: SpanReportsOptions,
  { start, end }: Window,
): string =>
  `GlobalReport ${name} has no window: no two times of its schedule ${schedule} since ${formatInstant(since!)} are within what the logs cover, ${formatInstant(start)} to ${formatInstant(end)}`;
