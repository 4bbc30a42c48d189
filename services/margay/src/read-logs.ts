import { readStretch } from '@margay/audit-ingestor';
import type { CoverageMark, Repeats } from '@margay/coverage';
import { readFlowStretch } from '@margay/flow-ingestor';
import { isFlowRecord, mergeFlows, type Flow } from '@margay/flows';
import { type Bare, type Instant, minuteOf, type Window } from '@margay/ground';
import {
  birthOf,
  type Change,
  isAuditEvent,
  isKept,
  memoryHistory,
  shownClusterUid,
  SourceMemory,
  type MemoryHistory,
  type PolicyEvent,
} from '@margay/history';
import type { Progress } from '@margay/runtime';
import {
  checkLogs,
  logFileOf,
  logsNamed,
  placesInLogs,
  readLog,
  type LogFile,
  type Stretch,
} from '@margay/sources';
import { say, UsageError } from '@margay/terminal';
import { OneCluster } from './one-cluster.ts';
import { unreadableLines } from './unreadable.ts';

/** All that logs say, in memory: for one report or one look. */
export interface LogEvidence {
  readonly history: MemoryHistory;
  readonly policyEvents: readonly PolicyEvent[];
  readonly flows: readonly Flow[];
  /** Of audit logs and of flow logs. */
  readonly marks: readonly CoverageMark[];
  readonly repeats: readonly Repeats[];
  /** When the cluster was born, where the logs hold it. */
  readonly birth?: Instant;
  /** From the first audit event to just behind the last; undefined where no event has a time. */
  readonly span: Window | undefined;
}

/** How logs are read. */
interface LogsRead {
  /** The resources whose policy events are wanted; all where absent. */
  readonly audited?: readonly string[] | undefined;
  /** Of whose cluster all of them are, as somebody says, see `saidUid`. */
  readonly uid?: string | undefined;
}

/**
 * Reads audit logs and flow logs to their end. Files may be plain, gzip, or `-` for standard input, and folders of such; a log that is given under
 * several paths is read once.
 *
 * What cannot be used is part of the evidence, with file and line; the first of each audit log is told at once.
 *
 * @param auditLogs and flow logs: paths, or `NAME=PATH`.
 * @throws Error that names the file that cannot be opened. @throws UsageError for logs of two clusters, by the uids of `kube-system`.
 */
export async function readLogs(
  auditLogs: readonly string[],
  flowLogs: readonly string[],
  progress: Progress,
  { audited, uid }: LogsRead = {},
): Promise<LogEvidence> {
  const history = memoryHistory();
  const written = new Map<string, PolicyEvent>();
  const marks: CoverageMark[] = [];
  const { noteOrigin, repeats } = countRepeats();
  const memory = new SourceMemory();
  const admit = admitOneCluster(uid);
  const oneCluster = new OneCluster();
  let birth: Instant | undefined;
  let lines = 0;
  for await (const [{ path }, stretch] of stretchesOf(auditLogs, isAuditEvent)) {
    const read = readStretch(stretch, memory);
    const { changes, policyEvents, mark } = read;
    admit(path, changes);
    oneCluster.note(path, stretch, read);
    history.add(changes);
    birth ??= birthOf(changes);
    marks.push(mark);
    for (const { eventId, at, origin } of changes.filter(isKept))
      noteOrigin(eventId, at, `${origin.position} ${origin.source}`);
    for (const event of policyEvents)
      if (audited?.includes(event.resource) ?? true) written.set(event.eventId, event);
    lines += stretch.to - stretch.from;
    progress.update(`${path}: ${lines.toLocaleString('en')} lines read`);
  }
  // Whoever says whose they are is believed.
  const open = uid === undefined ? oneCluster.marks() : [];
  for (const { problems } of open.slice(0, SAID_MAX)) say(`margay: ${problems[0]!.message}\n`);
  for (const line of unreadableLines(marks)) say(`margay: ${line}\n`);
  const bounds = marks.flatMap(({ buckets }) => buckets.flatMap(({ first, last }) => [first, last]));
  const start = bounds.reduce((a, b) => Math.min(a, b), Infinity);
  const end = bounds.reduce((a, b) => Math.max(a, b), -Infinity);

  const flows: Flow[] = [];
  for await (const [, stretch] of stretchesOf(flowLogs, isFlowRecord())) {
    const read = readFlowStretch(stretch);
    flows.push(...mergeFlows(read.flows));
    marks.push(read.mark);
  }
  return {
    history,
    policyEvents: [...written.values()],
    flows: mergeFlows(flows),
    marks: [...marks, ...open],
    repeats: repeats(),
    ...(birth !== undefined && { birth }),
    span: start === Infinity ? undefined : { start, end: end + 1 },
  };
}

/** Of so many logs it is said that nobody knows of which cluster they are; all of them stand in the evidence. */
const SAID_MAX = 5;

/** Refuses what is of another cluster than what came before: the policies of one protect nothing in the other. */
function admitOneCluster(said?: string): (path: string, changes: readonly Change[]) => void {
  let known = said === undefined ? undefined : { uid: said, path: 'CLUSTER_UIDS' };
  return (path, changes) => {
    for (const change of changes) {
      const uid = shownClusterUid(change);
      if (uid === undefined) continue;
      known ??= { uid, path };
      if (known.uid === uid) continue;
      throw new UsageError(
        `These logs are of two clusters: the namespace kube-system has the uid ${known.uid} in ${known.path} and ${uid} in ${path}. Make a report of each cluster by itself`,
      );
    }
  };
}

/** Counts the events that come from more than one place, each further place once, by minute. */
function countRepeats() {
  const origins = new Map<string, Set<string>>();
  const counts = new Map<Instant, number>();
  const noteOrigin = (eventId: string, at: Instant, origin: string): void => {
    const known = origins.get(eventId);
    if (known === undefined) origins.set(eventId, new Set([origin]));
    else if (!known.has(origin)) {
      known.add(origin);
      counts.set(minuteOf(at), (counts.get(minuteOf(at)) ?? 0) + 1);
    }
  };
  return {
    noteOrigin,
    repeats: (): Repeats[] => [...counts].map(([minute, count]) => ({ minute, count })),
  };
}

/** What logs hold, one after the other; a source that was read already is passed over. */
async function* stretchesOf(
  logs: readonly string[],
  bare: Bare,
): AsyncGenerator<[file: LogFile, stretch: Stretch]> {
  const files = (await logsNamed(logs)).map(logFileOf);
  await checkLogs(files, false);
  const places = await placesInLogs(files);
  const readers = new Map<string, LogFile>();
  for (const file of files) {
    const place = places.get(file.path);
    let isEmpty = place?.isDouble !== true;
    for await (const stretch of readLog(file, { bare, place })) {
      isEmpty &&= stretch.entries.length === 0 && stretch.from === 1 && stretch.unreadable === undefined;
      const reader = readers.get(stretch.source) ?? file;
      if (reader !== file) break;
      readers.set(stretch.source, reader);
      yield [file, stretch];
    }
    if (isEmpty) say(`margay: ${file.path} is empty\n`);
  }
}
