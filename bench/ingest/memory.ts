import { changesIn, memoryHistory, readLine } from '@margay/history';
import { collectGarbage } from '../history/collect-garbage.ts';
import { recordedLife, renamed } from './pod-lives.ts';

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
        history.add(changesIn(reading));
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
