import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { followAuditFile, publishIngested } from '@margay/audit-ingestor';
import { followFlowFile, ingestFlows, publishFlows } from '@margay/flow-ingestor';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { formatInstant, parseInstant } from '@margay/ground';
import { changesIn, memoryHistory, overlapping, readLine } from '@margay/history';
import { openEmbeddedBus, publishAll } from '@margay/messaging';
import { openMetrics, silentLog } from '@margay/runtime';
import { evidenceLag } from '@margay/snapshotter';
import { openPositions } from '@margay/sources';
import { openEmbedded } from '@margay/storage';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder, startMargay, startUp } from './testing/margay.ts';
import { SPAN } from './testing/recorded-stores.ts';
import { startServicesOver } from './testing/services-over.ts';

/** Each starts the command line several times. */
const PATIENCE = 300_000;

const TYPES = ['inventory', 'network-access', 'policy-audit', 'protection-audit'];
const recorded = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8');
const START = Math.floor(SPAN.start / 1_000_000);

/** A record of Calico: from second to second of the recording. */
const flow = (source: string, destination: string, from: number, to: number, more: object = {}) =>
  JSON.stringify({
    start_time: START + from,
    end_time: START + to,
    action: 'allow',
    reporter: 'src',
    source_type: 'wep',
    source_namespace: 'storefront',
    source_name_aggr: source,
    dest_type: 'net',
    dest_name_aggr: destination,
    ...more,
  });

/** How flow logs call pods of one of the recording's deployments. */
const CACHE = 'cache-7c7b4f5c5c-*';

/** Records that touch, that repeat, that leave a silence, and two lines that nobody can read. */
const FLOWS = [
  flow(CACHE, 'pub', 10, 20),
  'not a flow at all',
  flow(CACHE, 'pub', 15, 40),
  flow(CACHE, 'pub', 15, 40),
  flow(CACHE, 'pvt', 60, 61),
  flow(CACHE, 'pvt', 70, 71, { reporter: 'dst' }),
  '{"action":"allow","start_time":"yesterday"}',
  flow(CACHE, 'pub', 100_000, 100_001),
];

/** A folder with the logs in it, as they are called wherever they lie. */
function logsIn(folder: string): { audit: string; flows: string } {
  mkdirSync(folder, { recursive: true });
  const [audit, flows] = [join(folder, 'audit.log'), join(folder, 'flows.log')];
  writeFileSync(audit, recorded);
  writeFileSync(flows, FLOWS.map((line) => `${line}\n`).join(''));
  return { audit, flows };
}

interface Reported {
  readonly digest: string;
  readonly flows: readonly { readonly destination: { readonly kind: string } }[];
  readonly evidence: {
    readonly sources: {
      readonly complete: boolean;
      readonly grade: string;
      readonly sources: readonly { readonly source: string }[];
      readonly flows: {
        readonly read: number;
        readonly unusable: number;
        readonly sources: readonly { readonly source: string }[];
        readonly problems: { readonly listed: readonly { readonly line: number; readonly reason: string }[] };
      };
    };
  };
}

/** `margay report`. */
function reportOf(
  type: string,
  audit: readonly string[],
  flows: readonly string[],
  more: string[] = [],
): Reported {
  const { out, err, code } = margay([
    'report',
    '--type',
    type,
    '--cluster',
    'recorded',
    '--audit-log',
    ...audit,
    ...(flows.length > 0 ? ['--flow-log', ...flows] : []),
    ...more,
  ]);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Reported;
}

/** `margay up` over finished logs: the digests of its reports by type. */
async function upOver(
  folder: string,
  { audit, flows }: { audit: string; flows: string },
  more: readonly string[] = [],
) {
  const args = [
    '--data',
    folder,
    '--cluster',
    'recorded',
    '--audit-log',
    audit,
    '--flow-log',
    flows,
    ...more,
  ];
  await startUp(args);
  const stores = openEmbedded(folder, { readOnly: true });
  const { headers } = await stores.archive.headers();
  await stores.close();
  return Object.fromEntries(headers.map(({ reportType, digest }) => [reportType, digest]));
}

/** The services over stores: ingestors that follow the logs as they grow, snapshotter and report-worker. */
async function servicesOver(folder: string, { audit, flows }: { audit: string; flows: string }) {
  const stores = openEmbedded(':memory:');
  const bus = openEmbeddedBus(':memory:');
  const positions = await openPositions(join(folder, 'positions'));
  const stop = new AbortController();
  const { signal } = stop;
  const cluster = 'recorded';
  const [whole, split] = [readFileSync(audit, 'utf8'), readFileSync(flows, 'utf8')];
  writeFileSync(audit, '');
  writeFileSync(flows, '');
  const metrics = openMetrics({ defaults: false });
  const ingest = ingestFlows({ publish: (...read) => publishFlows(bus, ...read), metrics, log: silentLog });
  const stopServices = await startServicesOver(bus, stores);
  const stages = [
    followAuditFile({
      path: audit,
      positions,
      signal,
      deliver: (ingested) => publishIngested(bus, cluster, ingested),
    }),
    followFlowFile({ path: flows, cluster, ingest, positions, signal }),
  ];
  // They grow, as logs do: what is read at once is another part than when they are whole.
  for (const [from, to] of [
    [0, 0.1],
    [0.1, 0.4],
    [0.4, 1],
  ] as const) {
    for (const [path, text] of [[audit, whole] as const, [flows, split] as const])
      appendFileSync(path, text.slice(Math.floor(text.length * from), Math.floor(text.length * to)));
    await sleep(600);
  }
  const linesKept = async () =>
    (await stores.coverage.marks()).reduce((sum, { from, to }) => sum + to - from, 0);
  await expect.poll(linesKept, { timeout: 120_000, interval: 100 }).toBe(2362 + FLOWS.length);
  while ((await evidenceLag(bus)) > 0) await sleep(50);
  stop.abort();
  await Promise.all(stages);
  const windows = TYPES.map((reportType) =>
    reportWindowOf(cluster, { name: reportType, spec: { reportType } }, SPAN, true),
  );
  await stores.windows.emit(windows, Date.now() * 1_000);
  await publishAll(bus, reportWindows, windows);
  const completed = async () => (await stores.windows.list({ states: ['completed'] })).length;
  await expect.poll(completed, { timeout: 120_000, interval: 200 }).toBe(TYPES.length);
  const { headers } = await stores.archive.headers();
  await stopServices();
  return Object.fromEntries(headers.map(({ reportType, digest }) => [reportType, digest]));
}

test(
  'one evidence, one digest: the report command, margay up, and the services over stores',
  { timeout: PATIENCE },
  async () => {
    const folder = ownFolder();
    const logs = logsIn(join(folder, 'here'));
    const reports = Object.fromEntries(
      TYPES.map((type) => [type, reportOf(type, [logs.audit], [logs.flows])]),
    );
    const digests = Object.fromEntries(TYPES.map((type) => [type, reports[type]!.digest]));
    expect(await upOver(join(folder, 'data'), logs)).toEqual(digests);
    expect(await servicesOver(folder, logsIn(join(folder, 'there', 'again')))).toEqual(digests);

    // What they agree on is what is in the logs.
    const { evidence, flows } = reports['network-access']!;
    expect(flows.map(({ destination }) => destination.kind).sort()).toEqual(['Private', 'Public']);
    // The flow log says nothing of most of the window, and two of its lines nobody can read.
    expect(evidence.sources).toMatchObject({ complete: false, grade: 'gaps' });
    expect(reports['inventory']!.evidence.sources).toMatchObject({ complete: true, grade: 'no gap seen' });
    expect(evidence.sources.flows).toMatchObject({
      grade: 'gaps',
      read: 7,
      unusable: 2,
      sources: [{ source: 'flows.log', lines: 7 }],
      problems: {
        listed: [
          { line: 2, reason: 'not-json' },
          { line: 7, reason: 'no-timestamp' },
        ],
      },
    });
  },
);

test('silence in between stays silence, whoever computes the report', { timeout: PATIENCE }, async () => {
  const folder = ownFolder();
  const logs = logsIn(folder);
  const [start, end] = [65, 69].map((second) => new Date((START + second) * 1000).toISOString());
  const { flows } = reportOf(
    'network-access',
    [logs.audit],
    [logs.flows],
    ['--start', start!, '--end', end!],
  );
  expect(flows).toEqual([]);
});

test(
  'the same logs under three paths give one digest, and their name is all that is told of the place',
  { timeout: PATIENCE },
  () => {
    const folder = ownFolder();
    const one = logsIn(join(folder, 'a'));
    const other = logsIn(join(folder, 'b', 'c'));
    const relative = logsIn(join(folder, 'a')).audit.replace(/\/audit\.log$/, '/../a/audit.log');
    const report = reportOf('network-access', [one.audit], [one.flows]);
    expect(reportOf('network-access', [other.audit], [other.flows]).digest).toBe(report.digest);
    expect(reportOf('network-access', [relative], [other.flows]).digest).toBe(report.digest);
    expect(JSON.stringify(report)).not.toContain(folder);
    // One log is one source, under however many paths it is given.
    expect(reportOf('network-access', [one.audit, other.audit], [one.flows, other.flows]).digest).toBe(
      report.digest,
    );
    // And it may be called by whoever gives it.
    const named = reportOf('network-access', [`kube-1=${one.audit}`], []);
    expect(named.evidence.sources.sources.map(({ source }) => source)).toEqual(['kube-1']);
  },
);

test(
  'a log that was rotated is one source, and its report that of the whole log',
  { timeout: PATIENCE },
  () => {
    const folder = ownFolder();
    const { audit } = logsIn(folder);
    const lines = recorded.trimEnd().split('\n');
    const whole = reportOf('inventory', [audit], []);
    const rotated = [
      join(folder, 'audit-2026-11-24T00-20-00.000.log.gz'),
      join(folder, 'rotated', 'audit.log'),
    ];
    mkdirSync(join(folder, 'rotated'));
    writeFileSync(rotated[0]!, gzipSync(`${lines.slice(0, 1200).join('\n')}\n`));
    writeFileSync(rotated[1]!, `${lines.slice(1200).join('\n')}\n`);
    expect(reportOf('inventory', rotated, []).digest).toBe(whole.digest);
    // The same in a folder, which is given as it is; the name that it is given is that of the set.
    const set = join(folder, 'set');
    mkdirSync(join(set, 'older'), { recursive: true });
    copyFileSync(rotated[0]!, join(set, 'older', 'audit-2026-11-24T00-20-00.000.log.gz'));
    copyFileSync(rotated[1]!, join(set, 'audit.log'));
    expect(reportOf('inventory', [set], []).digest).toBe(whole.digest);
    const named = reportOf('inventory', [`kube-1=${set}`], []).evidence.sources.sources;
    expect(named.map(({ source }) => source)).toEqual(['kube-1']);
  },
);

test('two logs of one name over one time are told apart', { timeout: PATIENCE }, () => {
  const folder = ownFolder();
  const one = logsIn(join(folder, 'a'));
  const other = logsIn(join(folder, 'b'));
  const lines = recorded.trimEnd().split('\n');
  const half = (n: number) => `${lines.filter((_, i) => i % 2 === n).join('\n')}\n`;
  writeFileSync(one.audit, half(0));
  writeFileSync(other.audit, half(1));
  const { evidence } = reportOf('inventory', [one.audit, other.audit], []);
  const names = evidence.sources.sources.map(({ source }) => source);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^audit\.log@[0-9a-f]{16}$/);
  expect(reportOf('inventory', [other.audit, one.audit], []).digest).toBe(
    reportOf('inventory', [one.audit, other.audit], []).digest,
  );
  copyFileSync(one.audit, join(folder, 'audit.log'));
  expect(reportOf('inventory', [other.audit, join(folder, 'audit.log')], []).digest).toBe(
    reportOf('inventory', [one.audit, other.audit], []).digest,
  );
});

/** The recorded cluster as lists show it when so many lines of its log are written: the time, and the text. */
function listsAfter(lines: readonly string[], count: number): { at: string; text: string } {
  const history = memoryHistory();
  for (const [position, line] of lines.slice(0, count).entries())
    for (const reading of readLine(line, { source: 'audit', position })) history.add(changesIn(reading));
  const { stageTimestamp } = JSON.parse(lines[count - 1]!) as { stageTimestamp: string };
  const at = parseInstant(stageTimestamp)! + 1;
  const items = overlapping(history.versions(), { start: at, end: at + 1 }).map(
    ({ content, uid, resourceVersion }) => ({
      ...content,
      metadata: { ...content.metadata, uid, resourceVersion },
    }),
  );
  return { at: formatInstant(at), text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) };
}

test(
  'one evidence, one digest, with lists of the cluster beside a log that begins in mid-life',
  { timeout: PATIENCE },
  async () => {
    const folder = ownFolder();
    const logs = logsIn(folder);
    const lines = recorded.trimEnd().split('\n');
    writeFileSync(logs.audit, `${lines.slice(1_200).join('\n')}\n`);
    const { at, text } = listsAfter(lines, 1_500);
    const file = join(folder, 'lists.json');
    writeFileSync(file, text);
    const baseline = ['--baseline', file, '--baseline-at', at];
    const reports = Object.fromEntries(
      TYPES.map((type) => [type, reportOf(type, [logs.audit], [logs.flows], baseline)]),
    );
    const digests = Object.fromEntries(TYPES.map((type) => [type, reports[type]!.digest]));
    const without = reportOf('inventory', [logs.audit], [logs.flows]);
    expect(without.digest).not.toBe(digests['inventory']);
    const data = join(folder, 'data');
    expect(await upOver(data, logs, baseline)).toEqual(digests);

    // Lists of another cluster are refused, when the log that they contradict is read.
    const stranger = text.replaceAll(/"uid":"[0-9a-f]{4}/g, '"uid":"ffff');
    writeFileSync(file, stranger);
    const child = startMargay([
      'up',
      '--port',
      '0',
      '--data',
      join(folder, 'other'),
      '--cluster',
      'recorded',
      '--audit-log',
      logs.audit,
      ...baseline,
    ]);
    const code = new Promise((ended) => child.on('exit', ended));
    expect(await code).toBe(1);
    expect(child.said()).toMatch(/The baseline .*lists\.json is not used: it is of another cluster/);
  },
);
