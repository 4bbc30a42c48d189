import { markdownTable } from '../docs/markdown-table.ts';

/** One metric: its Prometheus name with the unit in it, and what to do about it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** What it counts or measures, in a sentence. */
  readonly help: string;
  /** When to look, and what to do then; documents are generated from it. */
  readonly watch: string;
  /** Of histograms: upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const SECONDS_OF_A_CALL = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SECONDS_OF_A_REPORT = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];

/** Every metric of every service, in the order of the flow. A new metric is one entry here. */
export const METRICS = {
  eventsTotal: {
    name: 'margay_events_total',
    type: 'counter',
    labels: ['cluster', 'source', 'outcome'],
    help: 'Audit events read, by what became of them: changed, ignored, doubtful or unusable.',
    watch:
      'A rising rate of `doubtful` or `unusable` means that reports have gaps: look at the audit policy, at truncation and at the log lines of that source.',
  },
  newestEventSeconds: {
    name: 'margay_newest_event_timestamp_seconds',
    type: 'gauge',
    labels: ['cluster', 'source'],
    help: 'Time of the newest event that a source has delivered, as Unix time.',
    watch: 'If it falls more than a few minutes behind the clock, the source is late or broken.',
  },
  lastDeliverySeconds: {
    name: 'margay_source_last_delivery_timestamp_seconds',
    type: 'gauge',
    labels: ['cluster', 'source'],
    help: 'When a source last delivered something, as Unix time.',
    watch: 'Far behind the clock in a source that is busy at other times: `/readyz` says how each source is.',
  },
  longestSilenceSeconds: {
    name: 'margay_source_longest_silence_seconds',
    type: 'gauge',
    labels: ['cluster', 'source'],
    help: 'The longest time in which a source delivered nothing, since the process began.',
    watch: 'Nothing to watch by itself: quiet and silence look alike here. Canaries tell them apart.',
  },
  sourceRefused: {
    name: 'margay_source_refused',
    type: 'gauge',
    labels: ['cluster', 'source'],
    help: '1 while a source cannot be had: a right was taken away, a kind cannot be watched.',
    watch: '1: `/readyz` says why; look at the rights in docs/permissions.md.',
  },
  canariesTotal: {
    name: 'margay_canaries_total',
    type: 'counter',
    labels: ['cluster', 'server', 'outcome'],
    help: 'Canaries by API server: written or failed.',
    watch: '`failed` growing: what that API server tells is not proven; the log and `/readyz` say why.',
  },
  canaryRoundTripSeconds: {
    name: 'margay_canary_round_trip_seconds',
    type: 'gauge',
    labels: ['cluster', 'source', 'server'],
    help: 'Time from a canary’s request to its durable delivery by a source.',
    watch: 'Growing: the source is late. It is waited for twice as long as its slowest, and 5 s at least.',
  },
  canarySilent: {
    name: 'margay_canary_silent',
    type: 'gauge',
    labels: ['cluster', 'source', 'server'],
    help: '1 while canaries are written through an API server and do not come in a source that had them.',
    watch: '1: evidence is being lost now. Look at that API server’s log, webhook or watch.',
  },
  apiServerLostTotal: {
    name: 'margay_api_server_lost_events_total',
    type: 'counter',
    labels: ['cluster', 'server'],
    help: 'Audit events that an API server itself counts as not handed on (`apiserver_audit_error_total`).',
    watch: 'Any growth is lost evidence: look at the API server’s log and its audit backends.',
  },
  inFlightBytes: {
    name: 'margay_receiver_in_flight_bytes',
    type: 'gauge',
    labels: ['receiver'],
    help: 'Bytes of requests that are read but not yet delivered.',
    watch:
      'Close to the limit for long: what is behind the ingestor is too slow, or more instances are needed.',
  },
  refusedTotal: {
    name: 'margay_receiver_refused_total',
    type: 'counter',
    labels: ['receiver', 'reason'],
    help: 'Requests that were not taken: busy (sent again by the API server), unavailable, credentials, too-large, too-dense.',
    watch:
      '`busy` and `unavailable` are sent again a few times only: if they last for minutes, events are lost. `credentials` is a wrong token or certificate. `too-large`, and `too-dense` of too many values, is lost evidence: raise the limit on bodies.',
  },
  deliverySeconds: {
    name: 'margay_delivery_duration_seconds',
    type: 'histogram',
    labels: ['cluster', 'source'],
    help: 'Time from having read a batch to its durable delivery.',
    watch: 'Seconds, for long: look at the brokers or the disk.',
    buckets: SECONDS_OF_A_CALL,
  },
  changesTotal: {
    name: 'margay_changes_total',
    type: 'counter',
    labels: ['cluster', 'source'],
    help: 'Changes published.',
    watch: 'Nothing to watch by itself; it tells a quiet cluster from a quiet source.',
  },
  flowsTotal: {
    name: 'margay_flows_total',
    type: 'counter',
    labels: ['cluster', 'source', 'outcome'],
    help: 'Flow log records read, by what became of them: kept, merged (they said nothing new) or unusable.',
    watch: '`unusable` growing: the flow log’s format is not the expected one.',
  },
  lagMessages: {
    name: 'margay_topic_lag_messages',
    type: 'gauge',
    labels: ['topic', 'group'],
    help: 'Messages that a group has not handled yet.',
    watch:
      'Growing for long: the consumers are too slow or stand still. Add instances, up to one a partition.',
  },
  deadLettersTotal: {
    name: 'margay_dead_letters_total',
    type: 'counter',
    labels: ['topic', 'reason'],
    help: 'Messages that no retry can help, put on the dead-letter topic.',
    watch: 'Any growth: read the reasons in the dead-letter topic; after a fix, publish them again.',
  },
  keptChangesTotal: {
    name: 'margay_kept_changes_total',
    type: 'counter',
    labels: ['cluster'],
    help: 'Changes that were new to the history; repeats are not among them.',
    watch: 'Much lower than `margay_changes_total` for long: sources deliver the same events again.',
  },
  schedulesReports: {
    name: 'margay_schedules_reports',
    type: 'gauge',
    labels: ['cluster'],
    help: '1 where this installation schedules the GlobalReports of the cluster, 0 where another one does.',
    watch:
      '0: two installations follow one cluster; the Lease `globalreports.…` in the namespace `default` says which leads.',
  },
  windowsTotal: {
    name: 'margay_windows_total',
    type: 'counter',
    labels: ['cluster', 'report'],
    help: 'Windows emitted by the scheduler.',
    watch: 'None for longer than the schedule: the scheduler stands still or the report is suspended.',
  },
  windowsActive: {
    name: 'margay_windows_active',
    type: 'gauge',
    labels: ['cluster', 'report'],
    help: 'Windows that were emitted and have neither completed nor failed.',
    watch: 'At 5 the scheduler waits: the workers are too slow or stand still.',
  },
  windowAgeSeconds: {
    name: 'margay_oldest_window_age_seconds',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Age of the oldest window of a cluster that is still active; 0 when there is none.',
    watch: 'Much longer than a report takes: look at the workers’ log for that window.',
  },
  reportsTotal: {
    name: 'margay_reports_total',
    type: 'counter',
    labels: ['cluster', 'type', 'result'],
    help: 'Windows that a worker had, by result: completed, retried, failed, refused (not over yet) or repeated (told of before).',
    watch: '`failed`: the reason is in the window’s status and on the `report-failed` topic.',
  },
  reportSeconds: {
    name: 'margay_report_duration_seconds',
    type: 'histogram',
    labels: ['cluster', 'type'],
    help: 'Time to compute and archive one report.',
    watch: 'Longer than the interval between windows: add workers.',
    buckets: SECONDS_OF_A_REPORT,
  },
  reportRowsTotal: {
    name: 'margay_report_rows_total',
    type: 'counter',
    labels: ['cluster', 'type'],
    help: 'Rows archived.',
    watch: 'Nothing to watch by itself.',
  },
  revisionsUnexplainedTotal: {
    name: 'margay_revisions_unexplained_total',
    type: 'counter',
    labels: ['cluster'],
    help: 'Revisions that say otherwise than the report before them, although the GlobalReport and the evidence, by what both say of it, are the same.',
    watch:
      'Growth without another release of Margay in between: somebody may have changed the history; the worker’s log names both reports; docs/verification.md.',
  },
  logRefusedTotal: {
    name: 'margay_log_refused_total',
    type: 'counter',
    labels: ['cluster'],
    help: 'Times that a worker found the log of reports not to be the one that its key signed, or entries missing: nothing is appended to it. It looks at the log each minute and for each report.',
    watch:
      'Any growth: somebody changed the store, or the key is another one. The worker’s log and `/readyz` say which; alert `MargayLogRefused`; docs/evidence-log.md.',
  },
  logUnsignedTotal: {
    name: 'margay_log_unsigned_total',
    type: 'counter',
    labels: ['cluster', 'reason'],
    help: 'Times that whoever has the key of the log of reports, where it is not the worker itself, did not sign or would not, by reason: away, refused (he said no) or wrong (he has another key, or what he answered is no signature of it). He is asked each minute and for each report.',
    watch:
      'Growth over ten minutes: reports are archived and not logged until he signs; the worker’s log and `/readyz` say why; alert `MargayLogUnsigned`.',
  },
  logConfirmationsTotal: {
    name: 'margay_log_confirmations_total',
    type: 'counter',
    labels: ['cluster', 'confirmer', 'result'],
    help: 'Times that somebody (a witness, by name and id of its key, or an authority of timestamps) was asked to sign a head of the log of reports, by result: confirmed, away, overtaken (he had signed a newer head by then), refused (he said no) or wrong (what he answered is not what was asked for, or says a time that is more than ten minutes from now, and was not kept); changed counts what is kept of his and he did not sign, which is asked for anew.',
    watch:
      '`refused` or `wrong`: a witness does not see the log go on, does not know its key, or lies, `changed`: somebody changed what is kept; the worker’s log and `/readyz` say which; alert `MargayLogConfirmationRefused`.',
  },
  logUnconfirmedSeconds: {
    name: 'margay_log_unconfirmed_seconds',
    type: 'gauge',
    labels: ['cluster', 'confirmer'],
    help: 'For how long the log of reports has had entries that fewer witnesses than needed cosigned (witnesses), or that no authority gave a timestamp (timestamp), as this worker sees it; 0 when there are none.',
    watch:
      'Above an hour: alert `MargayLogUnconfirmed`; `/readyz` of the worker says who is lacking and why.',
  },
  logCopiesTotal: {
    name: 'margay_log_copies_total',
    type: 'counter',
    labels: ['cluster', 'result'],
    help: 'Copies of evidence and of heads of the log of reports to a bucket with a retention lock, by result: kept, there (it was there already), failed (tried again), refused (something else is there, and was left) or lost (there is nothing whole to copy); changed counts heads that are kept as copied and that the bucket does not have, which are copied anew.',
    watch:
      '`refused` or `lost`: the log or the archive was changed, `changed`: what is kept of the copies was, or the bucket; the API’s log says which; alert `MargayCopyRefused`.',
  },
  logUncopiedSeconds: {
    name: 'margay_log_uncopied_seconds',
    type: 'gauge',
    labels: ['cluster'],
    help: 'For how long the log of reports has had entries that are not copied to the bucket, as this API sees it; 0 when there are none.',
    watch: 'Hours: alert `MargayCopiesBehind`; the check `copies` of `/readyz` says why.',
  },
  archiveDamagedTotal: {
    name: 'margay_archive_damaged_total',
    type: 'counter',
    labels: ['cluster', 'what'],
    help: 'Times that something of the archive was read and is not what was archived: a header, a part (rows), or what the log of reports says of a report (log).',
    watch:
      'Any growth: somebody changed the store. The log says which report; `margay archive check` looks at all; alert `MargayArchiveDamaged`.',
  },
  archiveMissing: {
    name: 'margay_archive_missing_reports',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Reports that the log of reports has and the archive has not, as the API last found.',
    watch: 'Above 0: reports were removed; the list of runs says which; alert `MargayReportsMissing`.',
  },
  logEntriesWrong: {
    name: 'margay_log_entries_wrong',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Entries of the log of reports that are missing or are not what was signed, as the API last found.',
    watch:
      'Above 0: somebody changed the store; the log of the API says which entries; `margay archive check` looks at all; alert `MargayLogChanged`.',
  },
  twoClusters: {
    name: 'margay_two_clusters',
    type: 'gauge',
    labels: ['cluster'],
    help: '1 where two clusters tell their changes under one name and uid: one is a copy of the other, and everything is in doubt since both do.',
    watch:
      '1: end the copy or keep it from telling anything here, then give the cluster that stays a new name or say that the copy is ended (`margay copy-ended`); the page of clusters says what shows it; alert `MargayTwoClusters`.',
  },
  sourcesQuestionable: {
    name: 'margay_sources_questionable',
    type: 'gauge',
    labels: ['cluster', 'whose'],
    help: 'Sources that tell under the name of a cluster and are not known to be of it, as this snapshotter sees it: of which cluster they tell nobody knows (unknown), so that everything is in doubt, or something of them was set aside as another cluster’s within the last hour (other).',
    watch:
      'Above 0: the check `whose evidence` of `/readyz` names them; set CLUSTER_UIDS at every ingestor, or give the other cluster a CLUSTER_NAME of its own; alert `MargaySourcesQuestionable`.',
  },
  hubHeardSeconds: {
    name: 'margay_hub_heard_timestamp_seconds',
    type: 'gauge',
    labels: ['cluster'],
    help: 'When the key of the log of a cluster last signed that its cell is there, as Unix time; 0 while no hub was told that. Cells sign each minute.',
    watch:
      'Behind the clock by ten minutes: the cell or what mirrors its topic is away, or its clock is wrong; alert `MargayCellAway`.',
  },
  hubMissingEntries: {
    name: 'margay_hub_missing_entries',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Entries of the log of reports of a cluster that a hub was told are there and that have not come.',
    watch:
      'Above 0 for more than some minutes: reports of that cluster are missing in the hub; the page of clusters says which entries; `margay tell-hubs` in the cell; alert `MargayHubLacksReports`.',
  },
  hubLogOther: {
    name: 'margay_hub_log_changed',
    type: 'gauge',
    labels: ['cluster'],
    help: '1 where the log of reports of a cluster is another one than a hub was told before: its key signed two logs, or the log went back.',
    watch:
      '1: somebody has the key, or rewrote the cell’s store, or an older state of it was restored; the page of clusters says which; alert `MargayHubLogChanged`.',
  },
  hubRefusedTotal: {
    name: 'margay_hub_refused_total',
    type: 'counter',
    labels: ['cluster', 'reason'],
    help: 'Messages to a hub that were not what a cell told of its cluster, by why: unknown-cluster, other-cluster, unknown-key, retired-key, no-proof, other-digest, other-statement, other-log; or whose cluster cannot be read here: unreadable. They are set aside.',
    watch:
      'Any growth: somebody else tells of that cluster, or its key in HUB_CELLS is another one; `margay dlq list` and the log say which; alert `MargayHubRefuses`.',
  },
  httpSeconds: {
    name: 'margay_http_request_duration_seconds',
    type: 'histogram',
    labels: ['method', 'route', 'status'],
    help: 'Time to answer one HTTP request.',
    watch: 'Status 5xx: look at the log lines with that route.',
    buckets: SECONDS_OF_A_CALL,
  },
  diskFreeBytes: {
    name: 'margay_disk_free_bytes',
    type: 'gauge',
    labels: ['directory'],
    help: 'What is free on the volume in which a process keeps something durable.',
    watch:
      'Falling towards 0: what comes cannot be kept when it is full. `/readyz` is not ready below a twentieth, or 1 GiB of a large volume.',
  },
  ready: {
    name: 'margay_ready',
    type: 'gauge',
    labels: ['check'],
    help: '1 when a readiness check passes, 0 when it fails.',
    watch: '0: `/readyz` says why.',
  },
} as const satisfies Record<string, MetricDefinition>;

/** The metrics as a Markdown table: what each means and when to act. */
export function renderMetrics(): string {
  const rows = Object.values<MetricDefinition>(METRICS).map(({ name, type, labels, help, watch }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', ') || '–',
    help,
    watch,
  ]);
  return markdownTable(['metric', 'type', 'labels', 'meaning', 'when to act'], rows);
}
