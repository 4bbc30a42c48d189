import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { markOf, type Read } from '@margay/coverage';
import {
  at,
  fields,
  type Fields,
  KINDS,
  MINUTE,
  parseInstant,
  resourceName,
  SECOND,
  text,
  type Window,
} from '@margay/ground';
import { type Change, readLine, type Reading } from '@margay/history';
import { expect, test } from 'vitest';
import type { Report } from '../index.ts';
import { aks, eks, gke, openShift, type Provider } from '../testing/clouds.ts';
import { contradictions } from '../testing/contradictions.ts';
import { type BesideLog, reportOverLog } from '../testing/report-over-log.ts';

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
/** What a provider hands on of all events: the same lines each time, which are read once. */
const handed = new Map<Provider, readonly string[]>();
const handedOnBy = (provider: Provider): readonly string[] =>
  handed.get(provider) ?? handed.set(provider, provider(events)).get(provider)!;
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

const [DEFAULT, EKS] = [openShift('Default'), eks()];
const CASES: readonly [string, Provider, Expected][] = [
  [
    'OpenShift, profile WriteRequestBodies',
    openShift('WriteRequestBodies'),
    { complete: true, said: [100, 100] },
  ],
  ['OpenShift, profile Default', DEFAULT, { complete: false, said: [0, 5] }],
  ['EKS', EKS, { complete: false, said: [1, 99] }],
  ['EKS, of lines that are cut early', eks(1_500), { complete: false, said: [0, 99] }],
  ['AKS', aks(), { complete: false, said: [1, 99] }],
  ['AKS, of bodies that are too big', aks({ bodyMax: 1_200 }), { complete: false, said: [0, 99] }],
  ['AKS, of lines that are cut early', aks({ cutBehind: 1_500 }), { complete: false, said: [0, 99] }],
  ['GKE', gke, { complete: false, said: [0, 5] }],
];

test.each(CASES)(
  '%s: nothing is said that is not so',
  (name, provider, { complete, said: [least, most] }) => {
    const handedOn = handedOnBy(provider);
    for (const [w, window] of WINDOWS.entries()) {
      const report = reportOverLog(handedOn, window);
      expect(contradictions(withAll(report), truths[w]!)).toEqual([]);
      const { sources, doubts } = report.evidence;
      expect(sources?.complete).toBe(complete);
      expect(doubts.total > 0).toBe(!complete);
      if (w > 0) continue;
      const percent = said(report, truths[w]!);
      expect(percent).toBeGreaterThanOrEqual(least);
      expect(percent).toBeLessThanOrEqual(most);
    }
  },
);

/** What the log tells. */
const told = lines.flatMap((line, position) => readLine(line, { source: 'audit', position }));

/**
 * What a watch of every kind would have told beside the log: each version and each end, a moment after its event, and that it goes on.
 *
 * @param blind when it missed what happened. @param away when it was not heard of, and told what had happened when it was back.
 */
const watched = (blind?: Window, away?: Window): BesideLog => {
  const seen = told
    .flatMap((reading): readonly Change[] => ('changes' in reading ? (reading.changes ?? []) : []))
    .filter(({ what }) => what === 'present' || what === 'gone')
    .map(({ actor: _, generation: __, basedOn: ___, ...change }) => {
      const source = `watch/${resourceName(change)}`;
      const id = `${source}/${change.uid}/${change.resourceVersion ?? 'gone'}`;
      return { ...change, id, eventId: id, at: change.at + 1, origin: { source, position: change.at } };
    })
    .filter(({ at }) => blind === undefined || at < blind.start || at >= blind.end)
    .map((change) =>
      away !== undefined && away.start < change.at && change.at < away.end
        ? { ...change, receivedAt: away.start, at: away.end }
        : // The truth is that of the log, to the microsecond.
          { ...change, at: change.at - (away === undefined ? 0 : 1) },
    );
  const marks = KINDS.map((kind) => `watch/${resourceName(kind)}`).map((source) => {
    const times = [
      first - 2 * MINUTE,
      ...seen.filter(({ origin }) => origin.source === source).map(({ at }) => at),
    ];
    const reads = [...times, last + SECOND].map((at, position): Read => ({
      position,
      reading: { kind: 'ignored', at, reason: 'bookmark' },
    }));
    const missed = blind && missedIn(blind).map((reading): Read => ({ position: 0, reading }));
    return markOf(source, 0, reads.length, [...reads, ...(missed ?? [])]);
  });
  return { changes: seen, marks };
};
/** A watch tells it of every second in which it missed something. */
const missedIn = ({ start, end }: Window): Reading[] =>
  Array.from({ length: Math.ceil((end - start) / SECOND) }, (_, i) => ({
    kind: 'doubtful',
    at: Math.min(start + i * SECOND, end),
    reason: 'missed',
    message: 'Something was missed.',
  }));

test.each(CASES)('%s, beside a watch: what the log does not show is open no more', (_, provider) => {
  const report = reportOverLog(handedOnBy(provider), WINDOWS[0]!, 'network-access', undefined, watched());
  expect(report.evidence.doubts.listed.map(({ message }) => message)).toEqual([]);
  expect(said(report, truths[0]!)).toBe(100);
  expect(report.evidence.sources).toMatchObject({ grade: 'proven', complete: true });
});

test.each(CASES.filter(([name]) => /^GKE|Default/.test(name)))(
  '%s, beside a watch that missed something: what the log does not show of that time stays open',
  (_, provider) => {
    const [{ start, end }] = WINDOWS as [Window];
    const third = Math.floor((end - start) / 3);
    const blind = { start: start + third, end: start + 2 * third };
    const report = reportOverLog(
      handedOnBy(provider),
      WINDOWS[0]!,
      'network-access',
      undefined,
      watched(blind),
    );
    expect(report.evidence.sources?.complete).toBe(false);
    expect(
      report.evidence.doubts.listed.some(({ reason }) => /^(no-content|outcome-unknown)$/.test(reason)),
    ).toBe(true);
    expect(said(report, truths[0]!)).toBeLessThan(90);
    expect(
      contradictions(withAll(report), truths[0]!).filter((problem) => / is (?!no row)/.test(problem)),
    ).toEqual([]);
  },
);

/** Parts of the log's time, as shares of it, in which no watch was heard of: the last is long, and short are as a restart is. */
const AWAY: readonly (readonly [number, number])[] = [
  [0.67, 0.99],
  [0.5, 0.52],
  [0.2, 0.6],
];

/** Policies and all that policies are written as are left out of it. */
const withoutPolicies: Provider = (log) =>
  log
    .filter((event) => !/polic|networksets|tiers/.test(text(fields(event['objectRef'])['resource'])))
    .map((event) => JSON.stringify(event));

test.each([
  ['nothing but the watch', () => []],
  ['a log without policies', withoutPolicies],
  ['OpenShift, profile Default', DEFAULT],
  ['GKE', gke],
  ['EKS', EKS],
] as readonly [string, Provider][])(
  '%s, beside a watch that was away: nothing is said that is not so',
  (_, provider) => {
    const [window] = WINDOWS as [Window];
    const length = window.end - window.start;
    for (const [from, to] of AWAY) {
      const away = {
        start: window.start + Math.floor(from * length),
        end: window.start + Math.floor(to * length),
      };
      const beside = watched(undefined, away);
      const report = reportOverLog(handedOnBy(provider), window, 'network-access', undefined, beside);
      expect(contradictions(withAll(report), truths[0]!)).toEqual([]);
      expect(report.evidence.doubts.listed.map(({ reason }) => reason)).toContain('told-late');
      // The tail of what it was before is known.
      expect(said(report, truths[0]!)).toBeGreaterThan(to - from > 0.1 ? 0 : 70);
    }
  },
);

test('beside the whole log of the API server a watch may be away: it tells when everything happened', () => {
  const [window] = WINDOWS as [Window];
  const length = window.end - window.start;
  for (const [from, to] of AWAY) {
    const away = {
      start: window.start + Math.floor(from * length),
      end: window.start + Math.floor(to * length),
    };
    const report = reportOverLog(lines, window, 'network-access', undefined, watched(undefined, away));
    expect(report.evidence.doubts.listed.map(({ message }) => message)).toEqual([]);
    expect(report.evidence.sources).toMatchObject({ grade: 'proven', complete: true });
    expect(contradictions(report, truths[0]!)).toEqual([]);
  }
});

test.each([
  ['EKS', EKS, 'auditEvents'],
  ['GKE, which does not tell what came of it', gke, 'unsettledPolicyWrites'],
] as const)('%s, beside a watch: who wrote which policy is told of every write', (_, provider, tells) => {
  const report = reportOverLog(handedOnBy(provider), WINDOWS[0]!, 'policy-audit', undefined, watched());
  const whole = reportOverLog(lines, WINDOWS[0]!, 'policy-audit');
  expect(report.evidence.sources?.complete).toBe(true);
  const namesIn = (rows: readonly unknown[]) =>
    new Set(rows.map((row) => JSON.stringify(at(row as Fields, 'event', 'objectRef', 'name') ?? '')));
  expect(whole.auditEvents.length).toBeGreaterThan(90);
  expect(report[tells].length).toBeGreaterThanOrEqual(whole.auditEvents.length);
  expect(namesIn(report[tells])).toEqual(new Set([...namesIn(report[tells]), ...namesIn(whole.auditEvents)]));
});

test('what comes twice, and in another order, changes nothing', () => {
  const handedOn = handedOnBy(EKS);
  const [window] = WINDOWS as [Window];
  const rowsOf = ({ endpoints }: Report) => endpoints;
  const once = rowsOf(reportOverLog(handedOn, window));
  expect(rowsOf(reportOverLog([...handedOn, ...handedOn], window))).toEqual(once);
  expect(rowsOf(reportOverLog(handedOn.toReversed(), window))).toEqual(once);
});
