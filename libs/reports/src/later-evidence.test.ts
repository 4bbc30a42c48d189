import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MINUTE, minuteOf, parseInstant } from '@margay/ground';
import { describe, expect, test } from 'vitest';
import { reportOverLog } from './testing/report-over-log.ts';

const log = new URL('../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(log)).toString('utf8').split('\n').filter(Boolean);
const timeOf = (line: string): number =>
  parseInstant((JSON.parse(line) as { stageTimestamp?: string }).stageTimestamp ?? '') ?? 0;
const times = lines.map(timeOf);
const [first, last] = [Math.min(...times), Math.max(...times)];

/** The lines up to the first that is of the minute behind a grace, in which requests that were open are answered. */
function upTo(log: readonly string[], instant: number): readonly string[] {
  const i = log.findIndex((line) => line !== 'rubbish' && timeOf(line) >= instant + MINUTE);
  return i === -1 ? log : log.slice(0, i + 1);
}

describe('a log that goes on changes nothing of a window that is over', () => {
  const windows = [0.3, 0.6, 0.85].map((share) => {
    const end = minuteOf(first + (last - first) * share);
    return { start: end - 5 * MINUTE, end };
  });
  const withRubbish = lines.flatMap((line, i) => (i % 300 === 299 ? ['rubbish', line] : [line]));
  test.each([
    ['inventory', lines],
    ['policy-audit', lines],
    ['protection-audit', lines],
    ['inventory', withRubbish],
  ] as const)('%s', (type, log) => {
    for (const window of windows) {
      const then = reportOverLog(upTo(log, window.end), window, type, 100);
      const now = reportOverLog(log, window, type, 100);
      expect(now.evidence).toEqual(then.evidence);
      expect(now.digest).toBe(then.digest);
    }
  });
});
