import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { changesIn, memoryHistory, readLine, type PolicyEvent, type Version } from '@margay/history';

/** What the recorded audit log of a cluster says. */
export interface Recorded {
  readonly versions: readonly Version[];
  readonly policyEvents: readonly PolicyEvent[];
}

/** Reads `test/clusters/<name>/audit.jsonl.gz`. */
export function recorded(name: string): Recorded {
  const file = new URL(`../../../../test/clusters/${name}/audit.jsonl.gz`, import.meta.url);
  const history = memoryHistory();
  const policyEvents: PolicyEvent[] = [];
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  for (const [position, line] of lines.entries()) {
    for (const reading of readLine(line, { source: 'audit', position })) {
      history.add(changesIn(reading));
      if ('policyEvent' in reading && reading.policyEvent !== undefined)
        policyEvents.push(reading.policyEvent);
    }
  }
  return { versions: history.versions(), policyEvents };
}
