import { readBatch, textsOfLines, unreadableMark } from '@margay/audit-ingestor';
import type { CoverageMark, Repeats } from '@margay/coverage';
import { readFlow, type Flow } from '@margay/flows';
import { type Instant, minuteOf, type Window } from '@margay/ground';
import { memoryHistory, type MemoryHistory, type PolicyEvent } from '@margay/history';
import type { Progress } from '@margay/runtime';
import { CutShort, readLines } from '@margay/sources';

/** All that logs say, in memory: for one report or one look. */
export interface LogEvidence {
  readonly history: MemoryHistory;
  readonly policyEvents: readonly PolicyEvent[];
  readonly flows: readonly Flow[];
  readonly marks: readonly CoverageMark[];
  readonly repeats: readonly Repeats[];
  /** Flow log records that cannot be read: file, line and why. */
  readonly flowProblems: readonly string[];
  /** From the first event to just behind the last; undefined where no event has a time. */
  readonly span: Window | undefined;
}

/**
 * Reads audit logs and flow logs to their end. Files may be plain, gzip, or `-` for standard input.
 *
 * What cannot be used is part of the evidence, with file and line.
 *
 * @throws Error that names the file that cannot be opened.
 */
export async function readLogs(
  auditLogs: readonly string[],
  flowLogs: readonly string[],
  progress: Progress,
): Promise<LogEvidence> {
  const history = memoryHistory();
  const attempts = new Map<string, PolicyEvent>();
  const marks: CoverageMark[] = [];
  const origins = new Map<string, Set<string>>();
  const repeats = new Map<Instant, number>();
  let lines = 0;
  const noteOrigin = (eventId: string, at: Instant, origin: string) => {
    const known = origins.get(eventId);
    if (known === undefined) origins.set(eventId, new Set([origin]));
    else if (!known.has(origin)) {
      known.add(origin);
      repeats.set(minuteOf(at), (repeats.get(minuteOf(at)) ?? 0) + 1);
    }
  };
  for (const path of new Set(auditLogs)) {
    let last = 0;
    for await (const batch of linesOf(path, (message) =>
      marks.push(unreadableMark(path, last + 1, message)),
    )) {
      last = batch.at(-1)?.number ?? last;
      const { changes, policyEvents, mark } = readBatch(path, textsOfLines(path, batch));
      history.add(changes);
      marks.push(mark);
      for (const { eventId, at, origin } of changes)
        noteOrigin(eventId, at, `${origin.position} ${origin.source}`);
      for (const attempt of policyEvents) attempts.set(attempt.eventId, attempt);
      lines += batch.length;
      progress.update(`${path}: ${lines.toLocaleString('en')} lines read`);
    }
  }
  const { flows, flowProblems } = await readFlowLogs(flowLogs);
  const bounds = marks.flatMap(({ buckets }) => buckets.flatMap(({ first, last }) => [first, last]));
  const start = bounds.reduce((a, b) => Math.min(a, b), Infinity);
  const end = bounds.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    history,
    policyEvents: [...attempts.values()],
    flows,
    marks,
    repeats: [...repeats].map(([minute, count]) => ({ minute, count })),
    flowProblems,
    span: start === Infinity ? undefined : { start, end: end + 1 },
  };
}

async function readFlowLogs(paths: readonly string[]): Promise<{ flows: Flow[]; flowProblems: string[] }> {
  const flows = new Map<string, Flow>();
  const flowProblems: string[] = [];
  for (const path of new Set(paths)) {
    for await (const batch of linesOf(path, (message) => flowProblems.push(`${path}: ${message}`))) {
      for (const { text, number } of batch) {
        const reading = readFlow(text);
        if (reading?.kind === 'flow') flows.set(reading.flow.id, reading.flow);
        else if (reading?.kind === 'unusable') flowProblems.push(`${path}:${number}: ${reading.message}`);
      }
    }
  }
  return { flows: [...flows.values()], flowProblems };
}

/** The lines of a file; `onCutShort` hears of compressed data that ends too early. */
async function* linesOf(path: string, onCutShort: (message: string) => void) {
  try {
    yield* readLines(path);
  } catch (error) {
    if (error instanceof CutShort) onCutShort(`The file ends too early: ${error.message}. Copy it again.`);
    else throw unopened(path, error as NodeJS.ErrnoException);
  }
}

function unopened(path: string, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === 'ENOENT'
      ? 'there is no such file'
      : error.code === 'EACCES'
        ? 'it may not be read: check its permissions'
        : error.code === 'EISDIR'
          ? 'it is a folder: name the files in it'
          : error.message;
  return new Error(`Cannot read ${path}: ${why}`, { cause: error });
}
