import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditIngestorModule } from '@margay/audit-ingestor/module';
import { config, knownIn } from '@margay/audit-ingestor';
import { evidenceFor } from '@margay/coverage';
import { BusModule } from '@margay/messaging/nest';
import { readConfig, silentLog, type Log } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { SnapshotterModule } from '@margay/snapshotter/module';
import { openPositions } from '@margay/sources';
import { openEmbedded } from '@margay/storage';
import { StoresModule } from '@margay/storage/nest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assemble } from '../servers/server.ts';
import { endsWithThisProcess } from '../servers/reap.ts';
import { freePort } from '../testing/free-port.ts';
import { canaryAccount } from './canary-account.ts';
import { kubectlOf, serverContexts, until } from './cluster.ts';

/** Two API servers over one etcd are started for this alone, since they post to a webhook. */
const hasServers = serverContexts().length > 1;
const NAMESPACE = 'margay';
const INTERVAL = 30_000;

interface Answer {
  readonly ready: boolean;
  readonly checks: Record<string, { readonly ready: boolean; readonly reason?: string }>;
  readonly sources?: Record<
    string,
    {
      readonly canaries?: Record<
        string,
        { readonly roundTripSeconds?: number; readonly silentSince?: string }
      >;
    }
  >;
}

let kubeconfig = '';
let url = '';
let servers: string[] = [];
let logs: string[] = [];
/** What follows the second API server's log, and can be kept from it. */
let copy = '';
let copying = true;
/** Lines that come while it is not copied are lost for good. */
let dropped = 0;
const folder = mkdtempSync(join(tmpdir(), 'margay-canary-'));
const said: { at: number; message: string; fields: Record<string, unknown> }[] = [];
const stop = new AbortController();
let ended: Promise<void> = Promise.resolve();

const log: Log = {
  ...silentLog,
  warn: (message, fields = {}) => void said.push({ at: Date.now(), message, fields }),
  info: (message, fields = {}) => void said.push({ at: Date.now(), message, fields }),
};

const ready = async (): Promise<Answer> => (await (await fetch(`${url}/readyz`)).json()) as Answer;

/** Copies what the log has new, or drops it. */
async function keepCopy(from: string): Promise<void> {
  let read = 0;
  while (!stop.signal.aborted) {
    const text = readFileSync(from, 'utf8');
    const whole = text.slice(read, text.lastIndexOf('\n') + 1);
    read += whole.length;
    if (copying) appendFileSync(copy, whole);
    else dropped += whole.split('\n').length - 1;
    await sleep(200);
  }
}

beforeAll(async () => {
  if (!hasServers) return;
  const [port, webhook] = [await freePort(1, 2, 10), await freePort()];
  const { printed } = await assemble('kubernetes.sh', [port, 2], {
    MARGAY_AUDIT_WEBHOOK: `http://127.0.0.1:${webhook}/audit/v1/clusters/c/sources`,
  });
  kubeconfig = printed.at(-1) ?? '';
  endsWithThisProcess(`processes:${join(dirname(kubeconfig), 'pids')}`);
  servers = [port, port + 10].map((at) => `127.0.0.1:${at}`);
  logs = ['audit.jsonl', `audit-${port + 10}.jsonl`].map((name) => join(dirname(kubeconfig), name));
  copy = join(folder, 'kube-1.jsonl');
  writeFileSync(copy, '');
  await until(
    () => logs.every((path) => existsSync(path)),
    (are) => are,
  );
  const connection = canaryAccount(kubeconfig, NAMESPACE);
  const [bus, stores] = [BusModule.embedded(folder), StoresModule.embedded(folder, 'c')];
  const ingestor = AuditIngestorModule.over(
    {
      cluster: 'c',
      files: {
        paths: [`kube-0=${logs[0]}`, `kube-1=${copy}`],
        positions: () => openPositions(join(folder, 'positions')),
        follow: true,
      },
      watch: { connect: async () => connection, known: knownIn(folder) },
      canary: { connect: async () => connection, intervalMilliseconds: INTERVAL, servers },
      webhook: readConfig(config, {
        CLUSTER_NAME: 'c',
        KAFKA_BROKERS: 'unused:1',
        AUDIT_WEBHOOK_HOST: '127.0.0.1',
        AUDIT_WEBHOOK_PORT: String(webhook),
        AUDIT_WEBHOOK_INSECURE: 'true',
      }),
    },
    bus,
  );
  void keepCopy(logs[1]!);
  const modules = [bus, stores, ingestor, SnapshotterModule.over(bus, stores)];
  const application = await startApplication({
    modules,
    log,
    host: '127.0.0.1',
    port: 0,
    signal: stop.signal,
  });
  ({ url, ended } = application);
}, 120_000);

afterAll(async () => {
  stop.abort();
  await ended;
  rmSync(folder, { recursive: true });
});

/** The evidence of a window in milliseconds, from the stores. */
async function evidence(start: number, end: number) {
  const stores = openEmbedded(folder, { readOnly: true });
  try {
    return evidenceFor(await stores.coverage.marks(), [], { start: start * 1_000, end: end * 1_000 });
  } finally {
    await stores.close();
  }
}

const canariesOf = (answer: Answer, source: string) => Object.keys(answer.sources?.[source]?.canaries ?? {});

/** Requests of canaries in a real audit log. */
const canariesIn = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('fieldManager=margay-canary'))
    .map((line) =>
      Date.parse((JSON.parse(line) as { requestReceivedTimestamp: string }).requestReceivedTimestamp),
    );

test.runIf(hasServers)(
  'canaries come in each log, webhook and watch of two API servers; a silent log is named within 35 s; rights that are taken away are said',
  { timeout: 600_000 },
  async () => {
    const [a, b] = servers as [string, string];
    const expected: [string, string[]][] = [
      ['kube-0', [a]],
      ['kube-1', [b]],
      ['webhook:server-0', [a]],
      ['webhook:server-1', [b]],
      ['watch/margay-canary', [a, b]],
    ];
    const isEverywhere = (answer: Answer) =>
      expected.every(([source, of]) => canariesOf(answer, source).join() === of.join());
    const first = await until(ready, isEverywhere, 60);
    for (const [source, of] of expected)
      for (const server of of)
        expect(first.sources?.[source]?.canaries?.[server]?.roundTripSeconds).toBeLessThan(5);
    expect(first.ready).toBe(true);
    const begun = canariesIn(logs[0]!)[0]!;

    await until(
      () => canariesIn(logs[0]!).length,
      (count) => count >= 4,
      120,
    );
    await sleep(3_000);
    // Right behind a canary, as late as can be: the next one is the first that can be missed.
    copying = false;
    const silenced = Date.now();
    await until(
      () => said.find(({ message }) => message.startsWith('A source is silent')),
      (one) => one !== undefined,
      60,
    );
    const named = said.find(({ message }) => message.startsWith('A source is silent'))!;
    console.log(`named after ${named.at - silenced} ms`);
    expect(named.fields).toMatchObject({ source: 'kube-1', server: b });
    expect(named.at - silenced).toBeLessThan(35_000);
    const silent = await ready();
    expect(silent.checks['sources']).toMatchObject({ ready: true });
    expect(silent.checks['sources']?.reason).toContain(`kube-1 is silent since`);
    expect(silent.sources?.['kube-0']?.canaries?.[a]?.silentSince).toBeUndefined();
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      `margay_canary_silent{cluster="c",source="kube-1",server="${b}"} 1`,
    );
    copying = true;
    await until(
      () => said.some(({ message }) => message === 'A source delivers again'),
      (is) => is,
      60,
    );
    expect(dropped).toBeGreaterThan(0);

    kubectlOf(kubeconfig, ['delete', 'rolebinding', 'margay-canary-test', '--namespace', NAMESPACE]);
    await until(ready, ({ checks }) => /forbidden|Forbidden/.test(checks['sources']?.reason ?? ''), 60);
    const taken = Date.now();
    canaryAccount(kubeconfig, NAMESPACE);
    await until(ready, ({ checks }) => checks['sources']?.reason === undefined, 90);

    // One more round, so that the last one is behind what is asked about.
    await sleep(INTERVAL + 8_000);
    const before = await evidence(begun + 35_000, begun + 80_000);
    expect(before.canaries).toMatchObject([
      { server: a, provenBy: ['kube-0', 'webhook:server-0'] },
      { server: b, provenBy: ['kube-1', 'webhook:server-1'] },
    ]);
    expect(
      before.sources.filter(({ source }) => !source.startsWith('watch/')).map(({ grade }) => grade),
    ).toEqual(Array(4).fill('proven'));
    const lost = await evidence(silenced - 40_000, silenced + 40_000);
    expect(lost.sources.find(({ source }) => source === 'kube-1')).toMatchObject({ grade: 'gaps' });
    expect(lost.sources.find(({ source }) => source === 'webhook:server-1')).toMatchObject({
      grade: 'proven',
    });
    const withoutRight = await evidence(taken - 5_000, taken + 1_000);
    expect(withoutRight.canaries?.[0]?.notWritten).toContain('403');
    expect(withoutRight.sources.find(({ source }) => source === 'kube-0')).toMatchObject({
      grade: 'no gap seen',
    });

    for (const path of logs) {
      const times = canariesIn(path);
      const minutes = (Date.now() - times[0]!) / 60_000;
      console.log(`${times.length} canaries in ${minutes.toFixed(2)} min`);
      expect(times.length).toBeLessThanOrEqual(2 * minutes + 1);
    }
  },
);
