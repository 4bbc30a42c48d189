import { memoryHistory, readLine } from '@margay/history';
import { collectGarbage } from '../history/collect-garbage.ts';
import { recordedLines } from './reading.ts';

/**
 * The memory that a history of many live endpoints needs: lines of a recorded pod's life, again and again under other
 * names, are read, folded and held.
 */
export function benchMemory(print: (line: string) => void, quick: boolean): void {
  const endpoints = quick ? 5_000 : 50_000;
  const life = recordedLife();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const history = memoryHistory();
  for (let i = 0; i < endpoints; i++) {
    for (const line of life) {
      for (const reading of readLine(renamed(line, i), { source: 'log', position: i })) {
        if (reading.kind === 'changes') history.add(reading.changes);
      }
    }
    if (i % 500 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  const versions = history.versions();
  held = [history, versions];
  peak = Math.max(peak, process.memoryUsage().heapUsed);
  collectGarbage();
  const kept = process.memoryUsage().heapUsed - before;
  if (held === undefined) throw new Error('nothing was held');
  held = undefined;
  const each = (bytes: number) => `${(bytes / endpoints / 1000).toFixed(1)} kB`;
  print(
    `${endpoints} live endpoints of ${life.length} events and ${(versions.length / endpoints).toFixed(1)} versions each: ` +
      `${each(kept)} an endpoint, at most ${each(peak - before)} with what was not freed yet`,
  );
}

/** What is measured stays alive until it was. */
let held: unknown;

const UID = 'c0000000-0000-4000-8000-000000000000';
const NAME = 'the-name-of-a-pod';

/** What was recorded of one pod from its creation until it ran, with its name and uid put in place of others. */
function recordedLife(): string[] {
  const lines = recordedLines('cluster-a/audit.jsonl.gz');
  const isStored = (line: string) => /"code":20\d/.test(line) && !line.includes('dryRun');
  for (const line of lines) {
    const { verb, objectRef, responseObject } = JSON.parse(line) as {
      verb: string;
      objectRef?: { resource: string; name?: string; subresource?: string };
      responseObject?: { metadata?: { name?: string; uid?: string } };
    };
    const { name, uid } = responseObject?.metadata ?? {};
    if (verb !== 'create' || objectRef?.resource !== 'pods' || objectRef.subresource !== undefined) continue;
    if (name === undefined || uid === undefined || !isStored(line)) continue;
    const life = lines.filter(
      (other) => isStored(other) && other.includes(`"uid":"${uid}"`) && isAboutPod(other, name),
    );
    if (life.length >= 3 && !life.some((other) => other.includes('deletionTimestamp'))) {
      return life.map((other) => other.replaceAll(uid, UID).replaceAll(name, NAME));
    }
  }
  throw new Error('No pod of the recording lives on: record one, or choose another recording.');
}

function isAboutPod(line: string, name: string): boolean {
  const { objectRef, responseObject } = JSON.parse(line) as {
    objectRef?: { resource: string };
    responseObject?: { kind?: string; metadata?: { name?: string } };
  };
  return objectRef?.resource === 'pods' && responseObject?.metadata?.name === name;
}

/** The line, about another pod. */
const renamed = (line: string, i: number): string =>
  line.replaceAll(UID, `${i.toString(16).padStart(8, '0')}${UID.slice(8)}`).replaceAll(NAME, `pod-${i}`);
