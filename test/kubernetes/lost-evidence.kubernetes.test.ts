import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Window } from '@margay/ground';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLogs, resource, until } from './cluster.ts';
import { OwnCluster } from './lost/own-cluster.ts';
import { report, timeText, untruths, type Said } from './lost/said.ts';
import { Truth } from './lost/truth.ts';
import { Writer } from './lost/writers.ts';

/**
 * A real cluster with two API servers, of whose logs something is lost in every way in which that happens to people: a server is
 * killed in the middle of writes, runs without audit for a while, etcd is restored from a snapshot, a log goes. A watch through
 * the server to which nothing happens tells what was so; nothing that a report says for sure may be otherwise.
 */
const folder = mkdtempSync(join(tmpdir(), 'margay-lost-'));
/** Which writes are made; others with `LOST_SEED`. */
const SEED = Number(process.env['LOST_SEED'] ?? 1);
const DEFINITIONS = new URL('lost/admin-network-policies.yaml', import.meta.url).pathname;
/** What a baseline is made of; of some there may be nothing. */
const LISTED =
  'namespaces,pods,serviceaccounts,services,endpoints,endpointslices,networkpolicies,adminnetworkpolicies,customresourcedefinitions';
const MAY_BE_EMPTY = 'services,endpoints,endpointslices,networkpolicies,adminnetworkpolicies,pods';
/** Silences are told from one minute to the next, and count where they are longer than this. */
const SILENCE_MILLISECONDS = 42_000;

let cluster: OwnCluster;
let truth: Truth;
let writers: readonly Writer[];
let story: Story;

/** When what happened, in microseconds, nothing being written at these instants, and the logs as they were then. */
interface Story {
  readonly begun: number;
  /** Then an API server is killed in the middle of many writes, and is away for a while. */
  readonly beforeKill: number;
  readonly afterKill: number;
  readonly logsAfterKill: readonly string[];
  /** Between these the same one runs without audit. */
  readonly auditOff: number;
  readonly auditOn: number;
  readonly firstList: Baseline;
  readonly afterFirstList: number;
  readonly logsAfterFirstList: readonly string[];
  /** What is written from here to the restore is lost. */
  readonly snapshot: number;
  readonly beforeRestore: number;
  readonly restored: number;
  readonly secondList: Baseline;
  readonly end: number;
  readonly logsAtEnd: readonly string[];
}

/** Lists of the cluster, and when they were taken. */
interface Baseline {
  readonly file: string;
  readonly at: number;
}

const work = (writes: number) => Promise.all(writers.map((writer) => writer.work(writes)));

/** Writes go through these API servers in turn. */
function through(...servers: number[]): void {
  for (const [i, writer] of writers.entries()) {
    let turn = i;
    writer.through = () => cluster.clients[servers[turn++ % servers.length]!]!;
  }
}

/** An instant around which nothing happens. */
async function calm(): Promise<number> {
  await until(
    () => truth.quietFor,
    (quiet) => quiet > 700,
  );
  return (Date.now() - 350) * 1_000;
}

function logsNow(name: string): string[] {
  return cluster.auditLogs.map((log, server) => {
    const copy = join(folder, `${name}-${'ab'[server]}.jsonl`);
    copyFileSync(log, copy);
    return copy;
  });
}

async function listAll(name: string): Promise<Baseline> {
  const at = await calm();
  const file = join(folder, `${name}.json`);
  writeFileSync(file, cluster.kubectl('get', LISTED, '-A', '-o', 'json'));
  return { file, at };
}

async function play(): Promise<Story> {
  await Promise.all(writers.map((writer) => writer.begin()));
  through(0, 1);
  const begun = await calm();
  await work(20);

  const beforeKill = await calm();
  through(1);
  let isOver = false;
  const bursts = writers.map((writer) => writer.burst(() => isOver));
  await sleep(500);
  // With a store that answers, a server may be killed between two writes as well. What it was asked before may be answered by then, and
  // only the answer on its way into the log: what is asked from here on is not answered for sure.
  const command = await cluster.whileStoreStands(async () => {
    const since = Date.now();
    await sleep(10);
    bursts.push(writers[0]!.burst(() => isOver));
    await until(
      () => unansweredIn(cluster.auditLogs[1]!, since),
      (unanswered) => unanswered.length > 0,
    );
    return cluster.killServer(1);
  });
  isOver = true;
  await Promise.all(bursts);
  through(0);
  await work(10);
  await cluster.startServer(1, command);
  through(0, 1);
  await work(10);
  const afterKill = await calm();
  const logsAfterKill = logsNow('killed');

  await cluster.killServer(1);
  await cluster.startServer(1, OwnCluster.withoutAudit(command));
  const auditOff = await calm();
  await work(20);
  const nextMinute = Math.ceil(auditOff / 60e6) * 60_000;
  await sleep(Math.max(auditOff / 1_000 + SILENCE_MILLISECONDS, nextMinute + 4_000) - Date.now());
  const auditOn = await calm();
  await cluster.killServer(1);
  await cluster.startServer(1, command);
  await work(12);
  const firstList = await listAll('first-list');
  await work(12);
  const afterFirstList = await calm();
  const logsAfterFirstList = logsNow('audit-off');

  const snapshot = await calm();
  const copy = await cluster.takeSnapshot();
  await work(25);
  const beforeRestore = await calm();
  await truth.end();
  await cluster.restore(copy);
  await truth.begin();
  const restored = await calm();
  await work(15);
  const secondList = await listAll('second-list');
  await work(15);
  const end = await calm();
  return {
    begun,
    beforeKill,
    afterKill,
    logsAfterKill,
    auditOff,
    auditOn,
    firstList,
    afterFirstList,
    logsAfterFirstList,
    snapshot,
    beforeRestore,
    restored,
    secondList,
    end,
    logsAtEnd: logsNow('restored'),
  };
}

const before = (): Window => ({ start: story.begun, end: story.beforeKill });
const baseline = ({ file, at }: Baseline): string[] => [
  '--baseline',
  file,
  '--baseline-at',
  timeText(at),
  '--baseline-kinds',
  MAY_BE_EMPTY,
];

/** A report over what is left, of which nothing that it says for sure is untrue. */
function trueReport(logs: readonly string[], window: Window, more: readonly string[] = []): Said {
  const said = report('network-access', logs, window, more);
  const rows = truth.rows(window);
  expect(rows.size).toBeGreaterThan(0);
  expect(untruths(said, rows)).toEqual([]);
  expect(said.evidence.sources.complete).toBe(said.evidence.doubts.total === 0);
  // What inventory says of the same is the same.
  const inventory = report('inventory', logs, window, more);
  expect(untruths(inventory, rows)).toEqual([]);
  expect(inventory.evidence).toEqual({ ...said.evidence, notes: inventory.evidence.notes });
  return said;
}

const open = ({ endpoints, namespaces }: Said): string[] =>
  [...endpoints, ...namespaces].flatMap(({ notKnown }) => notKnown);
const reasons = (said: Said): string[] => said.evidence.doubts.listed.map(({ reason }) => reason);

// Where the cluster of all tests was assembled, another one can be.
describe.runIf(auditLogs().length > 0)('the logs of a real cluster', () => {
  beforeAll(async () => {
    cluster = await OwnCluster.start(folder);
    cluster.kubectl('apply', '-f', DEFINITIONS);
    cluster.kubectl('wait', '--for=condition=Established', '-f', DEFINITIONS);
    for (let i = 0; i < 3; i++) {
      await cluster.clients[0]!.create(resource('nodes', false), {
        metadata: { name: `node-${i}`, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
        status: { capacity: { pods: '110', cpu: '32', memory: '256Gi' } },
      });
    }
    truth = new Truth(cluster.clients[0]!);
    await truth.begin();
    writers = ['shop', 'bank', 'docs'].map((name, i) => new Writer(name, cluster.clients[0]!, SEED * 31 + i));
    story = await play();
  }, 240_000);

  afterAll(async () => {
    await truth.end();
    for (const client of cluster.clients) client.close();
    if (process.env['LOST_KEEP'] === undefined) rmSync(folder, { recursive: true });
    else writeFileSync(join(folder, 'story.json'), JSON.stringify({ story, seen: truth.seen }));
  });

  test('of which nothing is lost: all is said for sure', () => {
    const said = trueReport(story.logsAfterKill, before());
    expect(open(said)).toEqual([]);
    expect(said.evidence).toMatchObject({ sources: { complete: true }, doubts: { total: 0 } });
  });

  test('of which one server was killed in the middle of writes: the requests without an answer are named', () => {
    const { logsAfterKill: logs, begun, beforeKill, afterKill } = story;
    const unanswered = unansweredIn(logs[1]!);
    expect(unanswered.length).toBeGreaterThan(0);
    const said = trueReport(logs, { start: beforeKill, end: afterKill });
    expect(said.evidence.sources.complete).toBe(false);
    expect(reasons(said)).toContain('outcome-unknown');
    // What was made without an answer may be seen again, and is no other doubt than these.
    expect(['outcome-unknown', 'first-seen-in-mid-life']).toEqual(
      expect.arrayContaining([...new Set(reasons(said))]),
    );
    const audit = report('policy-audit', logs, { start: begun, end: afterKill });
    const told = new Set(audit.auditEvents.map(({ auditID }) => auditID));
    expect(unanswered.filter((id) => told.has(id))).toEqual([]);
    trueReport(logs, { start: begun, end: afterKill });
  });

  test('of which one server was without audit for a while: the silence is named, and what was before it is said for sure', () => {
    const { logsAfterFirstList: logs, afterKill, auditOff, auditOn, afterFirstList } = story;
    trueReport(logs, before());
    for (const window of [
      { start: afterKill, end: afterFirstList },
      { start: auditOff, end: auditOn },
      { start: auditOn, end: afterFirstList },
    ]) {
      const said = trueReport(logs, window);
      expect(said.evidence.sources.complete).toBe(false);
      expect(reasons(said)).toContain('gap');
    }
  });

  test('and of which a list shows the whole afterwards: all is known again', () => {
    const { logsAfterFirstList: logs, firstList, afterKill, afterFirstList } = story;
    trueReport(logs, { start: afterKill, end: afterFirstList }, baseline(firstList));
    const said = trueReport(logs, { start: firstList.at, end: afterFirstList }, baseline(firstList));
    expect(open(said)).toEqual([]);
    expect(said.evidence).toMatchObject({ sources: { complete: true }, doubts: { total: 0 } });
  });

  test('whose store was restored from a snapshot: that the counter went back is named, until a list shows the whole', () => {
    const { logsAtEnd: logs, firstList, snapshot, beforeRestore, restored, secondList, end } = story;
    for (const window of [
      { start: snapshot, end: beforeRestore },
      { start: snapshot, end },
      { start: restored, end },
    ]) {
      for (const more of [[], baseline(firstList)]) {
        const said = trueReport(logs, window, more);
        if (window.end !== end) continue;
        expect(said.evidence.sources.complete).toBe(false);
        expect(reasons(said)).toContain('counter-went-back');
      }
    }
    trueReport(logs, { start: snapshot, end }, baseline(secondList));
    const said = trueReport(logs, { start: secondList.at, end }, baseline(secondList));
    expect(open(said)).toEqual([]);
    expect(said.evidence).toMatchObject({ sources: { complete: true }, doubts: { total: 0 } });
  });

  test.each<[what: string, left: (at: number, at1: number, at2: number) => boolean]>([
    ['its beginning', (at, _from, to) => at >= to],
    ['a part of it', (at, from, to) => at < from || at >= to],
    ['its end', (at, from) => at < from],
  ])('of which one server lost %s', (what, isLeft) => {
    const { logsAtEnd, afterKill, auditOn, afterFirstList, begun } = story;
    const [whole, cut] = logsAtEnd as [string, string];
    const left = join(folder, `${what.replaceAll(' ', '-')}.jsonl`);
    const lines = readFileSync(cut, 'utf8').trimEnd().split('\n');
    const kept = lines.filter((line) => isLeft(instantOf(line), story.beforeKill, auditOn));
    writeFileSync(left, `${kept.join('\n')}\n`);
    const logs = [whole, left];
    for (const window of [
      before(),
      { start: begun, end: afterFirstList },
      { start: auditOn, end: afterFirstList },
    ]) {
      const said = trueReport(logs, window);
      if (window.end < afterKill && what !== 'its beginning') continue;
      expect(said.evidence.sources.complete).toBe(false);
      expect(reasons(said).some((reason) => reason === 'gap' || reason === 'beginning')).toBe(true);
    }
  });
});

/** Audit IDs of the requests for policies that a log has without their answers, of those that came in after an instant in milliseconds. */
function unansweredIn(log: string, since = 0): string[] {
  const stages = new Map<string, string>();
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    const { auditID, stage, requestReceivedTimestamp, objectRef } = JSON.parse(line) as {
      auditID: string;
      stage: string;
      requestReceivedTimestamp: string;
      objectRef?: { resource?: string };
    };
    const isMeant =
      objectRef?.resource === 'networkpolicies' && millisecondOf(requestReceivedTimestamp) > since;
    if (isMeant) stages.set(auditID, stage);
  }
  return [...stages].flatMap(([id, stage]) => (stage === 'RequestReceived' ? [id] : []));
}

/** When an event was written, in microseconds. */
function instantOf(line: string): number {
  const { stageTimestamp } = JSON.parse(line) as { stageTimestamp: string };
  return millisecondOf(stageTimestamp) * 1_000;
}

/** Of a time as audit events say it. */
const millisecondOf = (time: string): number => Date.parse(`${time.slice(0, 23)}Z`);
