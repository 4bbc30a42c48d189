import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BASE, type OperationId, OPERATIONS, ROWS, type RunDetail } from '@margay/api-contract';
import {
  coverageMarks,
  flows,
  policyEvents,
  reportWindows,
  resourceChanges,
  topics,
} from '@margay/contracts';
import { DEAD_LETTER_HEADERS, deadLetterTopic, openEmbeddedBus } from '@margay/messaging';
import { databaseIn, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { logOf, namespace, networkPolicy, pod } from './testing/own-log.ts';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { brokenManifests, linesOfAudit, linesOfFlows, Marks } from './testing/marked-secrets.ts';
import { startServicesOver } from './testing/services-over.ts';

/** What the test can be run again with. */
const SEED = Number(process.env['MARGAY_TEST_SEED'] ?? Date.now() % 1e9);
const TYPES = ['inventory', 'network-access', 'policy-audit', 'protection-audit'];

/** All files in a folder, with their contents. */
const filesIn = (folder: string): [string, Buffer][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, readFileSync(path)];
    });

type Asked = (id: string, get: (path: string) => Promise<Buffer>) => Promise<string[]> | string[];

const rowsIn = async <R>(answer: Promise<Buffer>) =>
  (JSON.parse(String(await answer)) as { items?: R[] }).items?.slice(0, 5) ?? [];

/** What is asked of each operation that reads, for one run where it is about one: a new operation must be added. */
const ASKED: Readonly<
  Record<Exclude<OperationId, 'revise' | 'askRun' | 'signIn' | 'signOut' | 'signOutEverywhere'>, Asked>
> = {
  clusters: () => ['/clusters'],
  cluster: () => ['/cluster'],
  runs: () => ['/runs'],
  run: (id) => [`/runs/${id}`],
  parentRuns: () => ['/parent-runs'],
  parentRun: () => [],
  globalReports: () => ['/reports'],
  rows: (id) => Object.keys(ROWS).map((kind) => `/runs/${id}/rows/${kind}?limit=1000`),
  trend: (id) => [`/runs/${id}/trend`],
  compare: (id) => [`/runs/${id}/compare/${id}`],
  async timeline(id, get) {
    const rows = await rowsIn<{ endpoint: string }>(get(`/runs/${id}/rows/endpoints`));
    return rows.map(({ endpoint }) => `/runs/${id}/timeline?endpoint=${encodeURIComponent(endpoint)}`);
  },
  async change(id, get) {
    const rows = await rowsIn<{ auditID: string }>(get(`/runs/${id}/rows/auditEvents`));
    return rows.map(({ auditID }) => `/runs/${id}/changes/${encodeURIComponent(auditID)}`);
  },
  async download(id, get) {
    const { downloads } = JSON.parse(String(await get(`/runs/${id}`))) as RunDetail;
    return downloads.map(({ href }) => href.replace(BASE, ''));
  },
  state: () => ['/state?at=2026-03-01T09:00:00Z'],
  coverage: () => ['/coverage'],
  checkpoint: () => ['/log/checkpoint'],
  growth: () => ['/log/growth?from=0&to=0'],
  tile: () => ['/log/tile/0/000.p/1'],
  entries: () => ['/log/tile/entries/000.p/1'],
  events: () => [],
  waysToSignIn: () => ['/login'],
  sessions: () => ['/sessions'],
};
/** It stays open; without a key there is no log, and of one cluster no run over many. */
const WITHOUT_ANSWER: readonly string[] = ['events', 'parentRun', 'checkpoint', 'growth', 'tile', 'entries'];

/** Everything that an API answers of what was kept, by its address. */
async function answersOf(url: string): Promise<[string, Buffer][]> {
  const answers: [string, Buffer][] = [];
  const ask = async (path: string) => {
    const answer = await fetch(`${url}${path}`);
    const body = Buffer.from(await answer.arrayBuffer());
    answers.push([`${answer.status} ${path}`, body]);
    return { status: answer.status, body };
  };
  const get = async (path: string) => (await ask(`${BASE}${path}`)).body;
  for (const path of ['/metrics', '/readyz', '/healthz', '/api/openapi.json']) await ask(path);
  const runs = await rowsIn<{ id: string }>(get('/runs'));
  for (const [operation, asked] of Object.entries(ASKED)) {
    const isOfRuns = OPERATIONS[operation as OperationId].path.includes('{id}');
    const statuses: number[] = [];
    for (const id of isOfRuns ? runs.map((run) => run.id) : [''])
      for (const path of await asked(id, get)) statuses.push((await ask(`${BASE}${path}`)).status);
    // What is not served would hold no secret, whatever is kept.
    if (!WITHOUT_ANSWER.includes(operation))
      expect([operation, statuses]).toEqual([operation, expect.arrayContaining([200])]);
  }
  return answers;
}

/** What a client sends to an API that it takes for another one, with secrets in it, and what is answered. */
async function answersToStrangers(url: string, marks: Marks): Promise<[string, string][]> {
  const answers: [string, string][] = [];
  const ask = async (place: string, path: (mark: string) => string, init?: (mark: string) => RequestInit) => {
    const mark = marks.mark(`${place} of a request`);
    const answer = await fetch(`${url}${path(mark)}`, init?.(mark));
    answers.push([`${answer.status} to ${place}`, await answer.text()]);
  };
  for (const [place, query] of [
    ['an unknown parameter', (mark: string) => `token=${mark}`],
    ['the name of a parameter', (mark: string) => `${mark}=1`],
    ['a number', (mark: string) => `limit=${mark}`],
    ['a cursor', (mark: string) => `cursor=${mark}`],
  ] as const)
    await ask(place, (mark) => `/api/v1/runs?${query(mark)}`);
  await ask('a time', (mark) => `/api/v1/state?at=${mark}`);
  await ask('a query of no route', (mark) => `/api/v1/nothing?token=${mark}`);
  await ask(
    'a header',
    () => '/api/v1/nothing',
    (mark) => ({ headers: { authorization: `Bearer ${mark}`, 'x-token': mark } }),
  );
  await ask(
    'a cookie',
    () => '/api/v1/runs',
    (mark) => ({ headers: { cookie: `margay=${mark}; margay-token=${mark}` } }),
  );
  for (const path of ['/api/v1/session', '/api/v1/reports/inventory/runs', '/api/v1/nothing'])
    for (const body of [
      (mark: string) => `{"token":"${mark}"`,
      (mark: string) => JSON.stringify({ [mark]: mark }),
      (mark: string) => mark,
    ])
      await ask(
        'a body',
        () => path,
        (mark) => ({ method: 'POST', body: body(mark), headers: { 'content-type': 'application/json' } }),
      );
  return answers;
}

test(
  'no secret is kept, told or served that stands in logs, manifests and requests, whole or broken',
  { timeout: 180_000 },
  async () => {
    const marks = new Marks(SEED);
    const folder = ownFolder();
    const [data, reports] = [join(folder, 'data'), join(folder, 'reports')];
    mkdirSync(reports);
    const write = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const good = logOf([namespace('shop'), pod('shop', 'web-1'), networkPolicy('shop', 'deny')]);
    const lines = (rounds: number) => `${linesOfAudit(marks, rounds).join('\n')}\n`;
    const latin = (text: string) => Buffer.from(text.replaceAll('\uFFFD', '\u00ff'), 'latin1');
    const packed = gzipSync(lines(1));
    const audit = [
      write('audit.log', `${good}${lines(2)}`),
      write('no-text.log', Buffer.concat([Buffer.from(good), latin(lines(1))])),
      write('packed.log.gz', packed),
      write('cut.log.gz', packed.subarray(0, -200)),
      write(
        'behind.log.gz',
        Buffer.concat([gzipSync(good), Buffer.from(marks.mark('behind compressed data'))]),
      ),
      write('wide.log', Buffer.from(`\uFEFF${lines(1)}`, 'utf16le')),
    ];
    const flowLog = write('flows.log', `${linesOfFlows(marks, 2).join('\n')}\n`);
    for (const [name, text] of Object.entries(brokenManifests(marks)))
      writeFileSync(join(reports, name), text);
    for (const type of TYPES)
      writeFileSync(
        join(reports, `${type}.yaml`),
        `apiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: ${type} }\nspec: { reportType: ${type} }\n`,
      );
    const where = ['--permissions', 'none', '--cluster', 'c', '--data', data, '--reports', reports];
    const { child, url } = await startUp(
      [...where, '--audit-log', ...audit, '--flow-log', flowLog],
      undefined,
      {
        NOTIFY_URL: `http://127.0.0.1:1/${marks.mark('the path of a webhook')}`,
        NOTIFY_SECRET: marks.mark('the secret of a webhook'),
        MARGAY_TOKEN: marks.mark('the token of an installation'),
        LOG_LEVEL: 'debug',
      },
    );
    const strange = await answersToStrangers(url, marks);
    const answers = await answersOf(url);
    await stopped(child);

    const places: [string, string | Buffer][] = [
      ...filesIn(data),
      ...answers,
      ...strange,
      ['what was printed', child.said()],
    ];
    const found = places.flatMap(([place, text]) =>
      marks.foundIn(text).map((from) => `${from} is in ${place}`),
    );
    expect(found, `with MARGAY_TEST_SEED=${SEED}`).toEqual([]);

    // Nothing of this would say anything had nothing been read.
    const stores = openEmbedded(data, { readOnly: true });
    const { headers } = await stores.archive.headers();
    expect(headers.map(({ reportType }) => reportType).toSorted()).toEqual(TYPES);
    const problems = (await stores.coverage.marks()).flatMap((mark) => mark.problems);
    await stores.close();
    expect(problems.length).toBeGreaterThan(100);
    expect(problems.some(({ message }) => /\d+ characters, imprint/.test(message))).toBe(true);
    expect(filesIn(data).map(([path]) => path)).toContain(databaseIn(data));
  },
);

test('a message that nobody can read is nowhere but in its place, whatever topic it is on', async () => {
  const marks = new Marks(SEED + 1);
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const stop = await startServicesOver(bus, stores);
  onTestFinished(async () => {
    await stop();
    await stores.close();
    await bus.close();
  });
  const poison = [
    (mark: string) => Buffer.from(mark),
    (mark: string) => Buffer.from(`\u0000\u0000\u0000\u0000\u0009${mark}`),
    (mark: string) => Buffer.concat([Buffer.from([0xc3, 0x01]), Buffer.from(mark)]),
    (mark: string) => gzipSync(mark),
  ];
  const consumed = [resourceChanges, policyEvents, flows, coverageMarks, reportWindows];
  for (const { name } of topics)
    await bus.publish(
      name,
      poison.map((make) => ({
        key: `{"${marks.mark(`the key of a message on ${name}`)}"`,
        value: make(marks.mark(`a message on ${name}`)),
        headers: { token: marks.mark(`a header of a message on ${name}`) },
      })),
    );
  const found: string[] = [];
  for (const { name } of consumed) {
    const letters = async () => {
      const all = [];
      for await (const { key, value, headers } of bus.peek(deadLetterTopic(name)))
        all.push({
          headers,
          text: `${key} ${Buffer.from(value).toString('latin1')} ${JSON.stringify(headers)}`,
        });
      return all;
    };
    await expect.poll(async () => (await letters()).length, { timeout: 20_000 }).toBe(poison.length);
    for (const { headers, text } of await letters()) {
      expect(headers).toMatchObject({
        [DEAD_LETTER_HEADERS.code]: 'undecodable',
        [DEAD_LETTER_HEADERS.topic]: name,
      });
      found.push(...marks.foundIn(text));
    }
  }
  for (const mark of await stores.coverage.marks()) found.push(...marks.foundIn(JSON.stringify(mark)));
  expect((await stores.coverage.marks()).length).toBeGreaterThan(0);
  expect(found, `with MARGAY_TEST_SEED=${SEED}`).toEqual([]);
});

test('commands do not print what they could not read', () => {
  const marks = new Marks(SEED + 2);
  const folder = ownFolder();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const log = write('audit.log', logOf([namespace('shop')]));
  const list = write(
    'list.json',
    `{"kind":"List","items":[{"kind":"Secret","data":"${marks.mark('a baseline that breaks off')}`,
  );
  const kubeconfig = write(
    'kubeconfig',
    `users:\n- name: u\n  user: { token: ${marks.mark('the token of a kubeconfig')}\n  password: [${marks.mark('the password of a kubeconfig')}\n`,
  );
  const proxied = write(
    'proxied',
    `current-context: c\ncontexts: [{ name: c, context: { cluster: c, user: u } }]\nusers: [{ name: u, user: { token: ${marks.mark('a token')} } }]\n` +
      `clusters: [{ name: c, cluster: { server: 'https://127.0.0.1:1', proxy-url: 'ftp://u:${marks.mark('the password of a proxy')}@proxy/${marks.mark('the path of a proxy')}' } }]\n`,
  );
  const up = ['up', '--port', '0', '--cluster', 'c', '--data', join(folder, 'data')];
  const runs: (readonly [string, ReturnType<typeof margay>])[] = [
    [
      'verify',
      margay(['verify', write('report.json', `{"rows":["${marks.mark('a report that breaks off')}`)]),
    ],
    [
      'verify --key',
      margay([
        'verify',
        '--key',
        `PRIVATE+KEY+log+00000000+${marks.mark('the key that signs')}`,
        'report.json',
      ]),
    ],
    ['selector', margay(['selector'], `{"selector":"${marks.mark('a line that breaks off')}\n`)],
    [
      'report',
      margay([
        'report',
        '--config',
        write('r.yaml', `a: !${marks.mark('a tag in a manifest')} b`),
        '--audit-log',
        log,
      ]),
    ],
    [
      'baseline',
      margay([
        'report',
        '--type',
        'inventory',
        '--audit-log',
        log,
        '--baseline',
        list,
        '--baseline-at',
        '2026-03-01T08:00:00Z',
      ]),
    ],
    ['kubeconfig', margay([...up, '--watch', '--kubeconfig', kubeconfig])],
    ['proxy', margay([...up, '--watch', '--kubeconfig', proxied])],
  ];
  for (const [command, { out, err }] of runs) {
    expect([command, `${out}${err}` === '']).toEqual([command, false]);
    expect([command, ...marks.foundIn(`${out}${err}`)]).toEqual([command]);
  }
  expect(runs.map(([, { code }]) => code)).toEqual([1, 2, 0, 2, 1, 1, 1]);
});
