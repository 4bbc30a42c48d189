import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { at, fields, type Fields, parseInstant, text, type Window } from '@margay/ground';
import { expect, test } from 'vitest';
import type { Report } from '../index.ts';
import { aks, eks, gke, openShift, type Provider } from '../testing/clouds.ts';
import { contradictions } from '../testing/contradictions.ts';
import { reportOverLog } from '../testing/report-over-log.ts';

/**
 * The recorded cluster as each provider would have logged it: what a report says of it is so by the log of the API server itself, and
 * it is complete only where the provider hands on all that reports are made of.
 */
const log = new URL('../../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(log)).toString('utf8').split('\n').filter(Boolean);
/** Status patches of pods are those of kubelets, whose part a script played in the recording. */
const events = lines.map((line) => {
  const event = JSON.parse(line) as Fields;
  const { resource, subresource } = fields(event['objectRef']);
  const node = at(event, 'responseObject', 'spec', 'nodeName');
  const isKubelets = event['verb'] === 'patch' && resource === 'pods' && subresource === 'status';
  return isKubelets
    ? { ...event, user: { username: `system:node:${text(node)}`, groups: ['system:nodes'] } }
    : event;
});
const times = events.flatMap(({ stageTimestamp }) => parseInstant(text(stageTimestamp)) ?? []);
const [first, last] = [Math.min(...times), Math.max(...times)];
const WINDOWS: Window[] = [
  { start: first, end: last + 1 },
  { start: first + Math.floor((last - first) / 2), end: last + 1 },
];
const truths = WINDOWS.map((window) => reportOverLog(lines, window));

/** How many of the truth's flags are said for sure, in percent. */
function said(report: Report, truth: Report): number {
  let [sure, all] = [0, 0];
  const rows = new Map(report.endpoints.map((row) => [row.endpoint, row]));
  for (const real of truth.endpoints)
    for (const [flag, is] of Object.entries(real)) {
      if (typeof is !== 'boolean') continue;
      all++;
      const row = rows.get(real.endpoint);
      if (row !== undefined && !row.notKnown.includes(flag)) sure++;
    }
  return Math.round((100 * sure) / all);
}

/** The report with a doubt about everything where not all doubts are listed: of what is missing in it nobody can tell whether one is about it. */
function withAll(report: Report): Report {
  const { total, listed } = report.evidence.doubts;
  if (total === listed.length) return report;
  const doubts = { total, listed: [...listed, { ...listed[0]!, about: 'everything' }] };
  return { ...report, evidence: { ...report.evidence, doubts } };
}

interface Expected {
  /** Whether the evidence counts as complete. */
  readonly complete: boolean;
  /** Of the endpoints' flags over the whole of the log, what is said for sure: at least so many percent, and at most. */
  readonly said: readonly [number, number];
}

const CASES: readonly [string, Provider, Expected][] = [
  [
    'OpenShift, profile WriteRequestBodies',
    openShift('WriteRequestBodies'),
    { complete: true, said: [100, 100] },
  ],
  ['OpenShift, profile Default', openShift('Default'), { complete: false, said: [0, 5] }],
  ['EKS', eks(), { complete: false, said: [1, 99] }],
  ['EKS, of lines that are cut early', eks(1_500), { complete: false, said: [0, 99] }],
  ['AKS', aks(), { complete: false, said: [1, 99] }],
  ['AKS, of bodies that are too big', aks({ bodyMax: 1_200 }), { complete: false, said: [0, 99] }],
  ['AKS, of lines that are cut early', aks({ cutBehind: 1_500 }), { complete: false, said: [0, 99] }],
  ['GKE', gke, { complete: false, said: [0, 5] }],
];

test.each(CASES)(
  '%s: nothing is said that is not so',
  (name, provider, { complete, said: [least, most] }) => {
    const handedOn = provider(events);
    for (const [w, window] of WINDOWS.entries()) {
      const report = reportOverLog(handedOn, window);
      expect(contradictions(withAll(report), truths[w]!)).toEqual([]);
      const { sources, doubts } = report.evidence;
      expect(sources?.complete).toBe(complete);
      expect(doubts.total > 0).toBe(!complete);
      if (w > 0) continue;
      const percent = said(report, truths[w]!);
      console.log(`${name}: ${percent} % said for sure, ${doubts.total} doubts, grade ${sources?.grade}`);
      expect(percent).toBeGreaterThanOrEqual(least);
      expect(percent).toBeLessThanOrEqual(most);
    }
  },
);

test('what comes twice, and in another order, changes nothing', () => {
  const handedOn = eks()(events);
  const [window] = WINDOWS as [Window];
  const rowsOf = ({ endpoints }: Report) => endpoints;
  const once = rowsOf(reportOverLog(handedOn, window));
  expect(rowsOf(reportOverLog([...handedOn, ...handedOn], window))).toEqual(once);
  expect(rowsOf(reportOverLog(handedOn.toReversed(), window))).toEqual(once);
});
