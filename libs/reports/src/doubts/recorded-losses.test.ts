import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Instant, parseInstant, type Window } from '@margay/ground';
import { readLine } from '@margay/history';
import { expect, test } from 'vitest';
import type { Report } from '../index.ts';
import { contradictions } from '../testing/contradictions.ts';
import { reportOverLog } from '../testing/report-over-log.ts';

/**
 * The recorded cluster, of whose log something is lost that can be noticed: what is said of the rest holds by the report over
 * everything, and most is still said.
 */
const log = new URL('../../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(log)).toString('utf8').split('\n').filter(Boolean);
interface Event {
  readonly verb?: string;
  readonly stage?: string;
  readonly stageTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: object;
}
const events = lines.map((line) => JSON.parse(line) as Event);
const times = events.flatMap(({ stageTimestamp }) => parseInstant(stageTimestamp ?? '') ?? []);
const [first, last] = [Math.min(...times), Math.max(...times)];
const part = (from: number, to: number): Window => ({
  start: first + Math.floor((last - first) * from),
  end: first + Math.floor((last - first) * to) + 1,
});

/** Writes that were done, of which there are bodies to lose. */
const writes = events.flatMap(({ verb = '', stage, responseStatus }, i) => {
  const isWrite = ['create', 'update', 'patch', 'delete'].includes(verb) && stage === 'ResponseComplete';
  if (!isWrite || (responseStatus?.code ?? 500) >= 300) return [];
  const kept = readLine(lines[i]!, { source: 'audit', position: i });
  return kept.some((reading) => 'changes' in reading && (reading.changes ?? []).length > 0) ? [i] : [];
});

const LOSSES: Readonly<Record<string, (event: Event) => object>> = {
  'cut to Metadata': ({ ...event }) => ({
    ...event,
    level: 'Metadata',
    requestObject: undefined,
    responseObject: undefined,
  }),
  truncated: ({ ...event }) => ({
    ...event,
    requestObject: undefined,
    responseObject: undefined,
    annotations: { ...event.annotations, 'audit.k8s.io/truncated': 'true' },
  }),
  'answered 504': ({ ...event }) => ({
    ...event,
    responseObject: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 504 },
    responseStatus: { code: 504, status: 'Failure', reason: 'Timeout' },
  }),
};

/** Ten of the writes, the same ones each time. */
const ten = (seed: number): Set<number> =>
  new Set(Array.from({ length: 10 }, (_, i) => writes[(seed * 7_919 + i * 104_729) % writes.length]!));

const flagsOf = (row: object): string[] =>
  Object.entries(row).flatMap(([flag, is]) => (typeof is === 'boolean' ? [flag] : []));

/** How many flags of the truth are said for sure, of how many. */
function saidOf(said: Report, truth: Report): [sure: number, all: number] {
  let [sure, all] = [0, 0];
  for (const [kind, name] of [
    ['endpoints', 'endpoint'],
    ['namespaces', 'namespace'],
    ['services', 'service'],
  ] as const) {
    const rows = new Map(
      said[kind].map((row) => [String((row as unknown as Record<string, unknown>)[name]), row]),
    );
    for (const real of truth[kind]) {
      const row = rows.get(String((real as unknown as Record<string, unknown>)[name]));
      for (const flag of flagsOf(real)) {
        all++;
        if (row !== undefined && !row.notKnown.includes(flag)) sure++;
      }
    }
  }
  return [sure, all];
}

const WINDOWS = [part(0, 1), part(0.3, 0.7), part(0.7, 1)];
const truths = WINDOWS.map((window) => reportOverLog(lines, window));

test('the log holds the birth of the cluster: all of it is said for sure', () => {
  for (const truth of truths) {
    expect(truth.evidence.doubts.total).toBe(0);
    expect(saidOf(truth, truth)).toEqual([saidOf(truth, truth)[1], saidOf(truth, truth)[1]]);
  }
});

test('ten writes lost their bodies or their outcome: nothing is contradicted, and most is said', () => {
  let [sure, all] = [0, 0];
  for (const [i, lose] of Object.values(LOSSES).entries()) {
    for (let seed = 0; seed < 2; seed++) {
      const lost = ten(seed + 10 * i);
      const left = lines.map((line, n) => (lost.has(n) ? JSON.stringify(lose(events[n]!)) : line));
      for (const [w, window] of WINDOWS.entries()) {
        const said = reportOverLog(left, window);
        expect(contradictions(said, truths[w]!)).toEqual([]);
        const [some, of] = saidOf(said, truths[w]!);
        [sure, all] = [sure + some, all + of];
      }
    }
  }
  console.log(`0 contradictions in ${all} answers; ${((100 * sure) / all).toFixed(1)} % said for sure`);
  expect(sure / all).toBeGreaterThanOrEqual(0.85);
});

test.each<[string, (at: Instant) => boolean]>([
  ['a quarter in the middle', (at) => at < part(0, 0.4).end || at >= part(0, 0.65).end],
  ['the beginning', (at) => at >= part(0, 0.25).end],
])('%s is missing: nothing is contradicted', (_, isLeft) => {
  const left = lines.filter((_line, i) => isLeft(parseInstant(events[i]!.stageTimestamp ?? '') ?? 0));
  let [sure, all] = [0, 0];
  for (const [w, window] of WINDOWS.entries()) {
    const said = reportOverLog(left, window);
    expect(contradictions(said, truths[w]!)).toEqual([]);
    const [some, of] = saidOf(said, truths[w]!);
    [sure, all] = [sure + some, all + of];
  }
  console.log(`0 contradictions in ${all} answers; ${((100 * sure) / all).toFixed(1)} % said for sure`);
});
