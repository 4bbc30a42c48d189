import { ApiModule, type ApiOptions } from '@margay/api/module';
import {
  AuditIngestorModule,
  knownBesideStores,
  type AuditIngestorOptions,
} from '@margay/audit-ingestor/module';
import { FlowIngestorModule } from '@margay/flow-ingestor/module';
import type { Instant } from '@margay/ground';
import type { Connection } from '@margay/kubernetes';
import type { Confirmers } from '@margay/confirmations';
import type { LogKey } from '@margay/ledger';
import { BusModule } from '@margay/messaging/nest';
import { NotifierModule, type NotifierOptions } from '@margay/notifier/module';
import { computeInProcess } from '@margay/report-worker';
import { ReportWorkerModule } from '@margay/report-worker/module';
import type { ReportsFolder } from '@margay/scheduler';
import { SchedulerModule } from '@margay/scheduler/module';
import { SnapshotterModule } from '@margay/snapshotter/module';
import { openEmbeddedPositions } from '@margay/sources';
import { StoresModule } from '@margay/storage/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import type { BaselineFiles } from '../read-baseline.ts';
import { BASELINE_OPTIONS, BaselineOnce, FollowedBaseline, type BaselineOnceOptions } from './baseline.ts';
import { SPAN_REPORTS_OPTIONS, SpanReports, type SpanReportsOptions } from './span-reports.ts';
import type { Tell } from './up-event.ts';

/** What one process does. */
export interface MargayOptions {
  /** Everything durable is in this folder. */
  readonly directory: string;
  readonly cluster: string;
  /** The uids of clusters by name, as somebody says who gives logs of them. */
  readonly clusterUids: ReadonlyMap<string, string>;
  readonly auditLogs: readonly string[];
  readonly flowLogs: readonly string[];
  /** The cluster to follow by list and watch, if any. */
  readonly watch?: () => Promise<Connection>;
  /** Whether canaries are written through its API servers, if it is watched. */
  readonly canary?: Omit<NonNullable<AuditIngestorOptions['canary']>, 'connect'>;
  /** The API group of its GlobalReports. */
  readonly group: string;
  /** What this process is called among those that follow them. */
  readonly installation: string;
  /** Lists of the cluster, its whole state at an instant. */
  readonly baseline?: BaselineFiles;
  /** Logs go on growing: follow them, and run reports on their schedules. */
  readonly follow: boolean;
  /** The GlobalReports as they are now; those of the watched cluster unless given. */
  readonly reports?: () => Promise<ReportsFolder>;
  /** Microseconds between a window's end and its report. */
  readonly startDelay: number;
  /** Signs the log of reports. */
  readonly ledgerKey: LogKey;
  /** Who confirms the heads of that log. */
  readonly confirmers: Confirmers;
  /** Reports have the windows that their schedules would have had since then, too. */
  readonly since?: Instant;
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
  /** Whom to tell of finished, failed and worse reports. */
  readonly notify?: NotifierOptions;
  readonly api: Omit<ApiOptions, 'cluster' | 'privateNetworks'>;
  readonly tell: Tell;
  /** Called when finished logs are reported, with how many reports are new; what it throws ends the process. */
  readonly whenReported: SpanReportsOptions['whenReported'];
  /** Asked before changes are taken; what it throws ends their source. */
  readonly admit: NonNullable<AuditIngestorOptions['admit']>;
}

/** In one process everything that was published is applied sooner or later. */
const EVIDENCE_MILLISECONDS = 600_000;

const none = async (): Promise<ReportsFolder> => ({ reports: [], problems: [] });

/**
 * The whole product in one process: the modules of the services over embedded adapters, left to right.
 *
 * ```
 * audit-ingestor ─► resource-changes ─► snapshotter ─► history ─┐
 * flow-ingestor ──► flows ────────────► snapshotter ─► flows ───┤
 * scheduler ─► report-windows ─► report-worker ◄────────────────┘
 *                                     └─► archive ─► api
 * ```
 */
@Module({})
export class MargayModule {
  static of(options: MargayOptions): DynamicModule {
    const {
      directory,
      cluster,
      clusterUids,
      follow,
      watch,
      canary,
      group,
      startDelay,
      since,
      tell,
      reports,
      privateNetworks,
    } = options;
    const bus = BusModule.embedded(directory);
    const stores = StoresModule.embedded(directory, cluster);
    const positions = () => openEmbeddedPositions(directory);

    const auditIngestor = AuditIngestorModule.over(
      {
        cluster,
        clusterUids,
        files: {
          paths: options.auditLogs,
          positions,
          follow,
          onLines: (path, lines) => tell({ kind: 'lines', path, lines }),
        },
        ...(watch && { watch: { connect: watch, known: knownBesideStores(directory) } }),
        ...(watch && canary && { canary: { ...canary, connect: watch } }),
        admit: options.admit,
      },
      bus,
    );
    const flowIngestor = FlowIngestorModule.over(
      { cluster, clusterUids, files: { paths: options.flowLogs, positions, follow } },
      bus,
    );
    const snapshotter = SnapshotterModule.over(bus, stores);
    const ofCluster = reports === undefined &&
      watch !== undefined && { connect: watch, group, installation: options.installation };
    const scheduler = SchedulerModule.over(
      {
        clusters: [cluster],
        startDelay,
        ...(since !== undefined && { since }),
        ...(follow && { reports: ofCluster || { read: reports ?? none } }),
      },
      bus,
      stores,
    );
    const reportWorker = ReportWorkerModule.over(
      computeInProcess({ directory }, { privateNetworks }),
      {
        evidenceMilliseconds: EVIDENCE_MILLISECONDS,
        isRecorded: !follow,
        ledgerKey: options.ledgerKey,
        confirmers: options.confirmers,
        // Nobody reads its topics from outside.
        isFeedingHubs: false,
      },
      bus,
      stores,
    );
    const notifier = options.notify && NotifierModule.over(options.notify, bus, stores);
    const api = ApiModule.over(
      { ...options.api, cluster, ...(privateNetworks && { privateNetworks }) },
      stores,
    );

    const { baseline: files, admit } = options;
    const uid = clusterUids.get(cluster);
    const baseline: BaselineOnceOptions = { cluster, uid, admit, tell, ...(files && { files }) };
    const spanReports: SpanReportsOptions = {
      cluster,
      read: reports ?? none,
      ...(since !== undefined && { since }),
      tell,
      whenReported: options.whenReported,
    };
    return {
      module: MargayModule,
      imports: [
        bus,
        stores,
        auditIngestor,
        flowIngestor,
        snapshotter,
        scheduler,
        reportWorker,
        ...(notifier ? [notifier] : []),
        api,
      ],
      providers: [
        { provide: BASELINE_OPTIONS, useValue: baseline },
        BaselineOnce,
        ...(follow
          ? [FollowedBaseline]
          : [{ provide: SPAN_REPORTS_OPTIONS, useValue: spanReports }, SpanReports]),
      ],
    };
  }
}
