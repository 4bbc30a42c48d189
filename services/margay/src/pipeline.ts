import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiRoutes, type Access } from '@margay/api';
import { followAuditFile, publishIngested, readAuditFile, watchCluster } from '@margay/audit-ingestor';
import { flows as flowTopic, reportWindowOf, reportWindows } from '@margay/contracts';
import { followFlowFile, ingestFlows, readFlowFile } from '@margay/flow-ingestor';
import type { Instant } from '@margay/ground';
import { KubernetesClient, type Connection } from '@margay/kubernetes';
import { openEmbeddedBus, publishAll, type Bus, type HandleOptions } from '@margay/messaging';
import { notify, sendWebhook, type CloudEvent } from '@margay/notifier';
import { computeInThread, workOnWindows } from '@margay/report-worker';
import { healthRoutes, openLog, openMetrics, serve, VERSION, type HttpServer } from '@margay/runtime';
import { emitDueWindows, followResults, scheduleCluster, type ScheduledReport } from '@margay/scheduler';
import { evidenceLag, keepEvidence } from '@margay/snapshotter';
import { openPositions } from '@margay/sources';
import { openEmbedded, type Stores } from '@margay/storage';

export interface PipelineOptions {
  /** Everything durable is in this folder. */
  readonly directory: string;
  readonly cluster: string;
  readonly auditLogs: readonly string[];
  readonly flowLogs: readonly string[];
  /** The cluster to follow by list and watch, if any. */
  readonly watch?: Connection;
  /** The API group of its GlobalReports. */
  readonly group: string;
  /** Logs go on growing: follow them, and run reports on their schedules. */
  readonly follow: boolean;
  /** The GlobalReports as they are now, asked again before every look at the schedules; those of the watched cluster unless given. */
  readonly reports?: () => Promise<readonly ScheduledReport[]>;
  /** Microseconds between a window's end and its report. */
  readonly startDelay: number;
  readonly host: string;
  readonly port: number;
  /** Whom to tell of finished, failed and worse reports. */
  readonly notify?: {
    readonly url: string;
    readonly secret?: string;
    readonly rules: readonly string[];
    /** Microseconds. */
    readonly ageMax: number;
  };
  /** Who may see what. */
  readonly access: Access;
  /** The names that it may be reached under; any unless given. */
  readonly hosts?: readonly string[];
  readonly signal: AbortSignal;
  /** Told of things that go on, for a terminal. */
  readonly tell: (event: PipelineEvent) => void;
}

/** What a person at a terminal is told. */
export type PipelineEvent =
  | { readonly kind: 'serving'; readonly url: string }
  | { readonly kind: 'lines'; readonly path: string; readonly lines: number }
  | { readonly kind: 'keeping'; readonly waiting: number }
  | { readonly kind: 'unwatched'; readonly reason: string }
  | { readonly kind: 'kept' }
  | { readonly kind: 'computing'; readonly left: number }
  | { readonly kind: 'reported'; readonly new: number }
  | {
      readonly kind: 'attempt-failed';
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | { readonly kind: 'dead-letter'; readonly topic: string; readonly reason: string };

const SCHEDULE_MILLISECONDS = 1_000;
const POLL_MILLISECONDS = 50;
const WATCH_PAUSE_MILLISECONDS = 5_000;
const now = (): Instant => Date.now() * 1000;

/**
 * The whole product in one process, left to right:
 *
 * ```
 * audit-ingestor ─► resource-changes ─► snapshotter ─► history ─┐
 * flow-ingestor ──► flows ────────────► snapshotter ─► flows ───┤
 * scheduler ─► report-windows ─► report-worker ◄────────────────┘
 *                                     └─► archive ─► api
 * ```
 *
 * Fulfilled when the signal is aborted and everything is closed; rejected when a stage fails.
 */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { directory, cluster, signal: asked, tell } = options;
  const stores = openEmbedded(directory);
  const bus = openEmbeddedBus(directory);
  const failure = new AbortController();
  const signal = AbortSignal.any([asked, failure.signal]);
  const handling = {
    signal,
    onDeadLetter: ({ topic }: { topic: string }, { message }: Error) =>
      tell({ kind: 'dead-letter', topic, reason: message }),
  };
  let http: HttpServer | undefined;
  try {
    http = await serve(
      { module: class Margay {} },
      (routes) => {
        healthRoutes(routes, {}, openMetrics());
        apiRoutes(routes, {
          cluster,
          version: VERSION,
          stores,
          access: options.access,
          ...(options.hosts && { hosts: options.hosts }),
        });
      },
      options,
    );
    tell({ kind: 'serving', url: http.url });
    const stages = [
      ingest(bus, stores, options, signal),
      keepEvidence(bus, stores, handling),
      options.follow ? schedule(bus, stores, options, signal) : Promise.resolve(),
      workOnWindows({
        ...handling,
        bus,
        stores,
        compute: computeInThread({ directory }),
        now,
        onAttemptFailed: ({ id }, attempt, { message }) =>
          tell({ kind: 'attempt-failed', id, attempt, reason: message }),
      }),
      followResults(bus, stores.windows, now, handling),
      tellOthers(bus, stores, options, handling),
    ];
    try {
      await Promise.all(stages);
      if (!signal.aborted)
        await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
    } catch (error) {
      failure.abort();
      await Promise.allSettled(stages);
      if (!asked.aborted) throw error;
    }
  } finally {
    await http?.close();
    await bus.close();
    await stores.close();
  }
}

/** Reads the logs. Finished ones are read to their end, and then every report without a schedule runs over their span. */
async function ingest(
  bus: Bus,
  stores: Stores,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  const { directory, cluster, auditLogs, flowLogs, follow, tell } = options;
  const positions = await openPositions(join(directory, 'positions'));
  const log = openLog({ service: 'margay', level: 'warn' });
  const deliverFlows = ingestFlows({
    publish: (_, found) =>
      publishAll(
        bus,
        flowTopic,
        found.map((flow) => ({ ...flow, cluster })),
      ),
    metrics: openMetrics(),
    log,
  });
  const audit = auditLogs.map((path) => {
    const file = {
      path,
      positions,
      signal,
      deliver: (ingested: Parameters<typeof publishIngested>[2]) => publishIngested(bus, cluster, ingested),
      onLines: (lines: number) => tell({ kind: 'lines', path, lines }),
    };
    return follow ? followAuditFile(file) : readAuditFile(file);
  });
  const flow = flowLogs.map((path) =>
    follow
      ? followFlowFile(path, deliverFlows, positions, signal, { cluster, log })
      : readFlowFile(path, deliverFlows, { cluster }),
  );
  await Promise.all([...audit, ...flow, watch(bus, options, signal)]);
  if (!follow && !signal.aborted) await reportOnSpan(bus, stores, options, signal);
}

/** Follows the cluster, and begins again where it was when that fails. */
async function watch(bus: Bus, options: PipelineOptions, signal: AbortSignal): Promise<void> {
  const { watch: connection, cluster, directory, tell } = options;
  if (connection === undefined) return;
  const client = new KubernetesClient(connection);
  try {
    while (!signal.aborted) {
      try {
        await watchCluster({
          client,
          directory,
          watcher: hostname(),
          signal,
          deliver: (ingested) => publishIngested(bus, cluster, ingested),
        });
      } catch (error) {
        if (signal.aborted) return;
        tell({ kind: 'unwatched', reason: (error as Error).message });
        await sleep(WATCH_PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    client.close();
  }
}

/** Waits until the stores have everything, then has each report run over what the logs cover. */
async function reportOnSpan(
  bus: Bus,
  stores: Stores,
  { cluster, reports, tell }: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  for (
    let waiting = await evidenceLag(bus);
    waiting > 0 && !signal.aborted;
    waiting = await evidenceLag(bus)
  ) {
    tell({ kind: 'keeping', waiting });
    await sleep(POLL_MILLISECONDS);
  }
  tell({ kind: 'kept' });
  const bounds = (await stores.coverage.marks()).flatMap(({ buckets }) =>
    buckets.flatMap(({ first, last }) => [first, last]),
  );
  if (bounds.length === 0) return tell({ kind: 'reported', new: 0 });
  const span = {
    start: bounds.reduce((a, b) => Math.min(a, b)),
    end: bounds.reduce((a, b) => Math.max(a, b)) + 1,
  };
  const windows = ((await reports?.()) ?? []).map(({ report }) =>
    reportWindowOf(cluster, report, span, true),
  );
  const emitted = await stores.windows.emit(windows, now());
  // Those kept by a process that died before it published them are among them: their ids make a repeat harmless.
  const unfinished = async () => {
    const records = await Promise.all(windows.map(({ id }) => stores.windows.get(id)));
    return records.filter((record) => record?.state === 'emitted' || record?.state === 'running');
  };
  await publishAll(
    bus,
    reportWindows,
    (await unfinished()).map((record) => record!.window),
  );
  for (let left = await unfinished(); left.length > 0 && !signal.aborted; left = await unfinished()) {
    tell({ kind: 'computing', left: left.length });
    await sleep(POLL_MILLISECONDS);
  }
  tell({ kind: 'reported', new: emitted.length });
}

/** Emits windows as they come due. */
async function schedule(
  bus: Bus,
  stores: Stores,
  { cluster, reports, startDelay, watch: connection, group }: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  const { windows } = stores;
  if (reports === undefined && connection !== undefined) {
    const client = new KubernetesClient(connection);
    const log = openLog({ service: 'margay', level: 'warn' });
    return scheduleCluster({ client, group, bus, windows, cluster, startDelay, now, signal, log }).finally(
      () => client.close(),
    );
  }
  while (!signal.aborted) {
    await emitDueWindows(bus, windows, (await reports?.()) ?? [], { cluster, startDelay }, now());
    await sleep(SCHEDULE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

/** Tells the webhook, if there is one. */
async function tellOthers(
  bus: Bus,
  { archive }: Stores,
  { notify: whom }: PipelineOptions,
  handling: HandleOptions,
): Promise<void> {
  if (whom === undefined) return;
  const { url, secret, rules, ageMax } = whom;
  const { signal } = handling;
  const send = (event: CloudEvent) =>
    sendWebhook(event, { url, signal, ...(secret !== undefined && { secret }) });
  await notify({ ...handling, bus, archive, rules, ageMax, now, send });
}
