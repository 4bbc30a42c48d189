import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Version } from '@margay/history';
import { computeReport, type Report, toReportJson } from '@margay/reports';
import { type BenchCluster, benchCluster } from './cluster.ts';

const PODS = 10_000;
const MANY_PODS = 100_000;

/** How a report's cost grows with changes, and what a report of 100,000 endpoints costs. */
export function run(print: (line: string) => void, { quick = false } = {}): void {
  benchChanges(print, quick);
  benchEndpoints(print, quick ? PODS : MANY_PODS);
  benchDoubts(print, quick);
}

/** What it costs that something is not known of one object in a hundred, the same objects at the same times. */
function benchDoubts(print: (line: string) => void, quick: boolean): void {
  const cluster = benchCluster(PODS, quick ? PODS : 10 * PODS);
  const known = best(cluster, 3);
  const open = best({ ...cluster, versions: cluster.versions.map(inDoubt) }, 3);
  const times = open / known;
  print(`1 % of all versions in doubt: ${seconds(open)}, ${times.toFixed(2)} × ${seconds(known)} without`);
  if (times > 2.5) throw new Error(`Doubts cost ${times.toFixed(2)} ×: they may cost 2.5 ×`);
}

function inDoubt(version: Version, i: number): Version {
  if (i % 100 !== 0) return version;
  const { validFrom: since } = version;
  const may = (['be-gone', 'differ', 'be-anything'] as const)[(i / 100) % 3]!;
  const doubt = { reason: 'no-content', may, message: 'bench', since, answeredAt: since, source: 'bench' };
  return { ...version, doubt };
}

/** The cost of a change must not grow with their number. What the window's start costs is measured apart. */
function benchChanges(print: (line: string) => void, quick: boolean): void {
  const counts = quick ? [1_000, 10_000] : [10_000, 100_000, 1_000_000];
  const base = best(benchCluster(PODS, 0), 3);
  print(`inventory of ${PODS} endpoints without any change: ${seconds(base)}`);
  let first: number | undefined;
  for (const changes of counts) {
    const time = best(benchCluster(PODS, changes), changes > 100_000 ? 1 : 3) - base;
    const each = (time / changes) * 1000;
    first ??= each;
    print(
      `  ${String(changes).padStart(9)} changes: ${seconds(time + base)}, ${each.toFixed(2)} ms per 1,000 changes, ` +
        `${(each / first).toFixed(2)} × that of ${counts[0]}`,
    );
  }
}

function benchEndpoints(print: (line: string) => void, pods: number): void {
  const cluster = benchCluster(pods, pods / 10);
  const before = process.memoryUsage().heapUsed;
  let report: Report | undefined;
  const time = timed(() => (report = compute(cluster)));
  const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  let length = 0;
  const writing = timed(() => {
    for (const text of report === undefined ? [] : toReportJson(report)) length += text.length;
  });
  print(
    `${pods} endpoints, ${pods / 10} changes: report with digest in ${seconds(time)} (heap +${grown.toFixed(0)} MB), ` +
      `report.json of ${(length / 2 ** 20).toFixed(0)} MB in ${seconds(writing)}`,
  );
}

function compute({ versions, window }: BenchCluster): Report {
  return computeReport({ name: 'bench', spec: { reportType: 'inventory' }, window, versions });
}

function best(cluster: BenchCluster, rounds: number): number {
  return Math.min(...Array.from({ length: rounds }, () => timed(() => compute(cluster))));
}

/** Milliseconds of processor time, which other programs on the machine disturb less. */
function timed(work: () => unknown): number {
  const start = process.cpuUsage().user;
  work();
  return (process.cpuUsage().user - start) / 1000;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  run(console.log, { quick: argv.includes('--quick') });
}
