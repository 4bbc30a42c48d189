import { setTimeout as sleep } from 'node:timers/promises';
import { isParent, reportWindows, type ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { KubernetesClient, type Connection } from '@margay/kubernetes';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { traced, type Log, type Metrics } from '@margay/runtime';
import { CLOCK, LOG, METRICS, Readiness, Stages, type Clock } from '@margay/runtime/nest';
import { allWindows, type Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { evidenceSpan } from './evidence-span.ts';
import { Followed } from './followed.ts';
import { keepKnown } from './keep-known.ts';
import type { ClusterLabels } from './cluster-labels.ts';
import { handingOn, type Hand } from './hand-on.ts';
import { beginAll, parentRuns, type ParentRuns } from './parent-runs.ts';
import { NotUsed } from './not-used.ts';
import type { ReportsFolder } from './read-reports.ts';
import { scheduleCluster } from './schedule-cluster.ts';

/** Where the GlobalReports are whose schedules are kept. */
export type ReportsPlace =
  | {
      /** The reports as they are now; asked before every look. */
      readonly read: () => Promise<ReportsFolder>;
    }
  | {
      readonly connect: () => Promise<Connection>;
      /** The API group of GlobalReports there. */
      readonly group: string;
      /** Where reports that choose their nodes run as Jobs; the workers compute them unless set. */
      readonly jobNamespace?: string;
      /** What this installation is called among those that follow the GlobalReports of one cluster, of which one leads. */
      readonly installation: string;
    };

/** The settings of the scheduler's module. */
export interface SchedulerOptions {
  /** The clusters whose reports these are: one, or several of which each has every report of a folder. */
  readonly clusters: readonly string[];
  /** Microseconds between a window's end and its report. */
  readonly startDelay: number;
  /** Labels by which GlobalReports choose of all clusters of the cell; they are refused to be about others than their own unless given. */
  readonly overClusters?: ClusterLabels;
  /** No schedule is kept unless given. */
  readonly reports?: ReportsPlace;
  /** Reports have the windows that their schedules would have had since then, too, over the evidence that there is. */
  readonly since?: Instant;
}

/** The token of {@link SchedulerOptions}. */
export const SCHEDULER_OPTIONS = 'SCHEDULER_OPTIONS';

const LOOK_MILLISECONDS = 1_000;
/** Looks at the schedules between two looks at how far runs over many clusters have come. */
const LOOKS_GO_ON = 5;

/** Emits windows as they come due. */
@Injectable()
export class Schedules implements OnModuleInit, OnApplicationBootstrap {
  readonly #options: SchedulerOptions;
  readonly #bus: Bus;
  readonly #cell: Cell;
  readonly #clock: Clock;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #readiness: Readiness;
  /** How following the objects of each cluster goes. */
  readonly #followed: ReadonlyMap<string, Followed>;
  readonly #notUsed: NotUsed;

  constructor(
    @Inject(SCHEDULER_OPTIONS) options: SchedulerOptions,
    @Inject(BUS) bus: Bus,
    @Inject(CELL) cell: Cell,
    @Inject(CLOCK) clock: Clock,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.#options = options;
    this.#bus = bus;
    this.#cell = cell;
    this.#clock = clock;
    this.#stages = stages;
    this.#log = log;
    this.#metrics = metrics;
    this.#readiness = readiness;
    this.#notUsed = new NotUsed(log);
    this.#followed = new Map(
      options.clusters.map((cluster) => [cluster, new Followed(log.with({ cluster }))]),
    );
  }

  onModuleInit(): void {
    this.#metrics.onScrape(async () => {
      const states = ['emitted', 'running'] as const;
      await Promise.all(
        this.#options.clusters.map(async (cluster) => {
          const waiting = await allWindows(this.#cell.of(cluster).windows, { states });
          // A run over many clusters waits for the windows of these.
          const active = waiting.filter(({ window }) => !isParent(window));
          const now = this.#clock();
          const oldest = active.reduce((before, { emittedAt }) => Math.min(before, emittedAt), now);
          this.#metrics.windowAgeSeconds.set((now - oldest) / 1e6, { cluster });
        }),
      );
    });
  }

  onApplicationBootstrap(): void {
    const { reports, clusters } = this.#options;
    if (reports !== undefined && 'read' in reports)
      this.#readiness.add('globalreports', () => this.#notUsed.warning());
    for (const cluster of clusters) {
      const named = (part: string) => (clusters.length === 1 ? part : `${part} of ${cluster}`);
      if (reports !== undefined && 'connect' in reports)
        this.#readiness.add(named('globalreports'), () => this.#followed.get(cluster)!.problem());
      this.#stages.keep(named('schedule'), (signal) => {
        if (reports === undefined) return this.#handOn(cluster, signal);
        return 'read' in reports
          ? this.#look(cluster, reports.read, signal)
          : this.#follow(cluster, reports, signal);
      });
    }
  }

  /** Without a schedule, runs may still be asked for. */
  async #handOn(cluster: string, signal: AbortSignal): Promise<void> {
    const handOn = this.#handingOn(cluster);
    while (!signal.aborted) {
      await handOn(this.#clock());
      await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  #handingOn(cluster: string): (now: Instant) => Promise<void> {
    const { windows } = this.#cell.of(cluster);
    const hand: Hand = (due) => publishAll(this.#bus, reportWindows, due);
    return handingOn({ bus: this.#bus, windows: [windows], log: this.#log, hand });
  }

  async #look(cluster: string, read: () => Promise<ReportsFolder>, signal: AbortSignal): Promise<void> {
    const { windows, history } = this.#cell.of(cluster);
    const handOn = this.#handingOn(cluster);
    const keep = keepKnown(windows);
    const spanNow = evidenceSpan(history);
    // Those of a folder that are about many clusters are kept with the first.
    const parents = cluster === this.#options.clusters[0] ? this.#parentRuns(cluster) : undefined;
    let unbegun: readonly string[] = [];
    for (let look = 0; !signal.aborted;) {
      const { reports, problems } = await read();
      this.#notUsed.are(cluster, [...problems, ...unbegun]);
      await traced('schedule', {}, async () => {
        const now = this.#clock();
        const evidence = this.#options.since === undefined ? undefined : await spanNow(now);
        const schedule = { ...this.#options, cluster, ...(evidence && { evidence }) };
        const places = { bus: this.#bus, windows, parents };
        const begun = await beginAll(places, reports, schedule, now);
        await this.#tell(begun.emitted);
        unbegun = [...begun.problems].map(([name, { message }]) => `GlobalReport ${name}: ${message}`);
        this.#notUsed.are(cluster, [...problems, ...unbegun]);
        await keep(begun.known);
        await handOn(now);
        if (look++ % LOOKS_GO_ON === 0) await parents?.goOn(now);
      });
      await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  #parentRuns(cluster: string): ParentRuns | undefined {
    const { overClusters: labels } = this.#options;
    if (labels === undefined) return undefined;
    const hand: Hand = (due) => publishAll(this.#bus, reportWindows, due);
    return parentRuns({ cell: this.#cell, labels, cluster, bus: this.#bus, hand, log: this.#log });
  }

  async #follow(
    cluster: string,
    { connect, group, jobNamespace, installation }: Extract<ReportsPlace, { connect: unknown }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { startDelay, since, overClusters } = this.#options;
    const { windows, history } = this.#cell.of(cluster);
    const client = new KubernetesClient(await connect());
    try {
      await scheduleCluster({
        cluster,
        startDelay,
        client,
        group,
        ...(jobNamespace !== undefined && { jobNamespace }),
        ...(since !== undefined && { since }),
        ...(overClusters && { overClusters: { cell: this.#cell, labels: overClusters } }),
        bus: this.#bus,
        windows,
        history,
        now: this.#clock,
        signal,
        log: this.#log,
        followed: this.#followed.get(cluster)!,
        installation,
        onLed: (isOurs) => this.#metrics.schedulesReports.set(isOurs ? 1 : 0, { cluster }),
        onEmitted: (emitted) => void this.#tell(emitted),
      });
    } finally {
      client.close();
    }
  }

  async #tell(emitted: readonly ReportWindow[]): Promise<void> {
    for (const { cluster, id, reportName: report } of emitted) {
      this.#log.info('A window was emitted', { id, cluster, report });
      this.#metrics.windowsTotal.add(1, { cluster, report });
      this.#metrics.windowsActive.set(await this.#cell.of(cluster).windows.active(report), {
        cluster,
        report,
      });
    }
  }
}
