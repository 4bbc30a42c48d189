import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { anyone, archivedReport, byToken, type Authority } from '@margay/api';
import { OPERATIONS, ROWS, type Operation, type OperationId } from '@margay/api-contract';
import { formatInstant, parseInstant } from '@margay/ground';
import { REPORT_TYPES, toReportJson, type EndpointRow, type FlowRow, type Report } from '@margay/reports';
import { Problem } from '@margay/runtime';
import { readManifests } from '@margay/scheduler';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { unzipSync } from 'fflate';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from './testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';

const stores = await recordedStores();
const reports = new Map<string, Report>();
const HALF = { start: SPAN.start, end: SPAN.start + Math.floor((SPAN.end - SPAN.start) / 2) };
let http: NestFastifyApplication;

/** The API for somebody else, until the end of the test. */
async function serve(
  access: Authority,
  hosts?: string[],
  onRoute?: (route: RouteOptions) => void,
): Promise<NestFastifyApplication> {
  const server = await apiHere({ stores, access, ...(hosts && { hosts }), ...(onRoute && { onRoute }) });
  onTestFinished(() => server.close());
  return server;
}

beforeAll(async () => {
  for (const type of REPORT_TYPES.keys())
    reports.set(type, await report(stores, windowOf(`${type}-1`, type, SPAN, type)));
  await report(stores, windowOf('inventory-0', 'inventory', HALF, 'inventory'));
  await stores.windows.emit(
    [windowOf('late', 'inventory', { start: SPAN.end, end: SPAN.end + 1 })],
    SPAN.end,
  );
  http = await apiHere({ stores, access: anyone });
});
afterAll(() => http.close());

const get = (url: string, headers: Record<string, string> = {}) => http.inject({ url, headers });
const json = async <T>(url: string): Promise<T> => {
  const answer = await get(url);
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`);
  return answer.json<T>();
};
interface Listed {
  readonly items: { readonly id: string }[];
  readonly total: number;
  readonly next: string | null;
}

test('runs are listed newest window first, archived and running alike, and found by what they are', async () => {
  const ids = async (query: string) =>
    (await json<Listed>(`/api/v1/runs?${query}`)).items.map(({ id }) => id);
  expect(await ids('')).toEqual([
    'late',
    'protection-audit-1',
    'policy-audit-1',
    'network-access-1',
    'inventory-1',
    'inventory-0',
  ]);
  expect(await ids('state=emitted')).toEqual(['late']);
  expect(await ids('type=policy-audit')).toEqual(['policy-audit-1']);
  expect(await ids('report=inventory')).toEqual(['inventory-1', 'inventory-0']);
  expect(await ids('text=INVENTORY+0')).toEqual(['inventory-0']);
  expect(await ids('evidence=gaps')).toEqual([]);
  expect(await ids(`to=${formatInstant(SPAN.start)}`)).toEqual([]);
  expect(await ids(`from=${formatInstant(HALF.end)}&state=completed`)).toHaveLength(REPORT_TYPES.size);
});

test('pages of runs and rows join to the whole, without repeats', async () => {
  const pages = async (url: string) => {
    const all: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Listed = await json(`${url}limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      all.push(...page.items);
      cursor = page.next;
    }
    return all;
  };
  expect(await pages('/api/v1/runs?')).toEqual((await json<Listed>('/api/v1/runs')).items);
  expect(await pages('/api/v1/runs/inventory-1/rows/services?')).toEqual(reports.get('inventory')!.services);
});

test('rows are filtered by words and flags, and sorted', async () => {
  const { endpoints } = reports.get('inventory')!;
  const rows = (query: string) =>
    json<{ items: EndpointRow[]; total: number }>(
      `/api/v1/runs/inventory-1/rows/endpoints?limit=1000&${query}`,
    );
  const words = (row: EndpointRow) => JSON.stringify(Object.values(row)).toLowerCase();
  expect((await rows('filter=CACHE+default.p2')).items).toEqual(
    endpoints.filter((row) => words(row).includes('cache') && words(row).includes('default.p2')),
  );
  expect((await rows('where=ingressProtected:false,egressToInternet:true')).items).toEqual(
    endpoints.filter((row) => !row.ingressProtected && row.egressToInternet),
  );
  // The name of a field is no text of a row.
  expect((await rows('filter=ingressProtected')).total).toBe(0);
  const names = (await rows('sort=-endpoint')).items.map(({ endpoint }) => endpoint);
  expect(names).toEqual(
    endpoints
      .map(({ endpoint }) => endpoint)
      .sort()
      .reverse(),
  );
});

test('a timeline is open at the very instants at which the report says the endpoint was not protected', async () => {
  interface Span {
    readonly start: string;
    readonly end: string;
    readonly flags: Record<string, boolean>;
  }
  for (const row of reports.get('inventory')!.endpoints) {
    const { spans } = await json<{ spans: Span[] }>(
      `/api/v1/runs/inventory-1/timeline?endpoint=${encodeURIComponent(row.endpoint)}`,
    );
    for (const [flag, expected] of [
      ['ingressProtected', row.unprotectedIngress],
      ['egressProtected', row.unprotectedEgress],
    ] as const) {
      const open: { from: string; to: string }[] = [];
      for (const { start, end, flags } of spans) {
        if (flags[flag] || start === end) continue;
        if (open.at(-1)?.to === start) open.at(-1)!.to = end;
        else open.push({ from: start, to: end });
      }
      expect({ endpoint: row.endpoint, flag, open }).toEqual({
        endpoint: row.endpoint,
        flag,
        open: expected.intervals,
      });
    }
  }
});

test('the cluster at an instant shows as protected what no report says was open then', async () => {
  const { endpoints } = reports.get('inventory')!;
  const at = SPAN.start + 200_000_000;
  const state = await json<{ endpoints: { endpoint: string; ingressProtected: boolean }[] }>(
    `/api/v1/state?limit=1000&at=${formatInstant(at)}`,
  );
  expect(state.endpoints.length).toBeGreaterThan(40);
  const rows = new Map(endpoints.map((row) => [row.endpoint, row]));
  for (const { endpoint, ingressProtected } of state.endpoints) {
    const open = rows
      .get(endpoint)!
      .unprotectedIngress.intervals.some(
        ({ from, to }) => parseInstant(from)! <= at && at < parseInstant(to)!,
      );
    expect({ endpoint, ingressProtected }).toEqual({ endpoint, ingressProtected: !open });
  }
});

test('two windows are compared by their endpoints', async () => {
  const names = async (id: string) => {
    const { items } = await json<{ items: EndpointRow[] }>(`/api/v1/runs/${id}/rows/endpoints?limit=1000`);
    return new Map(items.map((row) => [row.endpoint, row]));
  };
  const [before, after] = [await names('inventory-0'), await names('inventory-1')];
  const comparison = await json<Record<string, string[]>>('/api/v1/runs/inventory-1/compare/inventory-0');
  expect(comparison['appeared']).toEqual([...after.keys()].filter((name) => !before.has(name)).sort());
  expect(comparison['appeared']!.length).toBeGreaterThan(0);
  expect(comparison['vanished']).toEqual([]);
  expect(comparison['lostIngress']).toEqual(
    [...after.keys()]
      .filter((name) => before.get(name)?.ingressProtected && !after.get(name)!.ingressProtected)
      .sort(),
  );
});

test('runs of different types are not compared, and the types are named', async () => {
  const answer = await get('/api/v1/runs/inventory-1/compare/policy-audit-1');
  expect(answer.statusCode).toBe(409);
  expect(answer.json<{ detail: string }>().detail).toMatch(
    /inventory-1 is of the type inventory.*policy-audit/,
  );
});

test('every download is, streamed from the archive, what the whole report renders', async () => {
  for (const type of reports.keys()) {
    const whole = (await archivedReport(stores.archive, `${type}-1`))!;
    const { downloads } = await json<{ downloads: { name: string; href: string }[] }>(
      `/api/v1/runs/${type}-1`,
    );
    for (const { name, href } of downloads) {
      const answer = await get(href);
      expect(answer.headers['content-disposition']).toBe(`attachment; filename="${type}-1-${name}"`);
      const download = REPORT_TYPES.get(type)!.downloads.find((known) => known.name === name);
      if (download) expect(answer.body).toBe([...download.render(whole)].join(''));
      if (name === 'report.json') expect(answer.body).toBe([...toReportJson(whole)].join(''));
      if (name === 'report.pdf') expect(answer.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
      expect([name, answer.rawPayload.equals((await get(href)).rawPayload)]).toEqual([name, true]);
    }
  }
});

test('the ZIP holds every file with the digest that its manifest says', async () => {
  const answer = await get('/api/v1/runs/policy-audit-1/downloads/evidence.zip');
  const files = unzipSync(answer.rawPayload);
  const manifest = JSON.parse(Buffer.from(files['manifest.json']!).toString()) as {
    digest: string;
    files: { name: string; sizeBytes: number; sha256: string }[];
  };
  expect(manifest.digest).toBe(reports.get('policy-audit')!.digest);
  expect(manifest.files.map(({ name }) => name).sort()).toEqual(
    Object.keys(files)
      .filter((name) => name !== 'manifest.json')
      .sort(),
  );
  for (const { name, sizeBytes, sha256 } of manifest.files) {
    expect(files[name]!.length).toBe(sizeBytes);
    expect(createHash('sha256').update(files[name]!).digest('hex')).toBe(sha256);
  }
});

test('what an event of the audit changed is shown from the history', async () => {
  const events = reports.get('policy-audit')!.auditEvents as {
    auditID: string;
    verb: string;
    objectRef: { name?: string; namespace?: string };
    responseObject?: { spec?: unknown };
  }[];
  const change = async (verb: string) => {
    const event = events.find((known) => known.verb === verb && known.objectRef.name !== undefined)!;
    return {
      event,
      change: await json<{ before: { spec: unknown } | null; after: { spec: unknown } | null }>(
        `/api/v1/runs/policy-audit-1/changes/${event.auditID}`,
      ),
    };
  };
  const created = await change('create');
  expect(created.change.before).toBeNull();
  expect(created.change.after).toMatchObject({ spec: created.event.responseObject!.spec });
  const patched = await change('patch');
  expect(patched.change.after).toMatchObject({ spec: patched.event.responseObject!.spec });
  expect(patched.change.before).not.toBeNull();
  const deleted = await change('delete');
  expect(deleted.change.after).toBeNull();
  expect(deleted.change.before).not.toBeNull();
});

test('an answer that is known already is not sent again', async () => {
  const first = await get('/api/v1/runs/inventory-1');
  const again = await get('/api/v1/runs/inventory-1', { 'if-none-match': String(first.headers['etag']) });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test.each([
  ['/api/v1/runs/none', 404, 'There is no run none'],
  ['/api/v1/runs/inventory-1/rows/passwords', 404, 'There is no kind of rows called passwords'],
  ['/api/v1/runs/inventory-1/downloads/passwd', 404, 'There is no file passwd'],
  ['/api/v1/runs/inventory-1/timeline?endpoint=Pod.v1(a/none)', 404, 'There is no endpoint'],
  ['/api/v1/runs/late/rows/endpoints', 409, 'emitted: it has no report yet'],
  ['/api/v1/runs?limit=0', 400, 'limit'],
  ['/api/v1/runs?mistyped=1', 400, 'mistyped'],
  ['/api/v1/runs?cursor=zzz', 400, 'cursor'],
  [`/api/v1/runs?text=${'x'.repeat(2_000)}`, 400, 'text'],
  ['/api/v1/runs/inventory-1/rows/endpoints?where=a', 400, 'where'],
  ['/api/v1/runs/inventory-1/rows/endpoints?where=nope:true', 400, 'endpoints have no field "nope"'],
  ['/api/v1/runs/inventory-1/rows/endpoints?sort=nope', 400, 'endpoints have no field "nope"'],
  ['/api/v1/runs/inventory-1/rows/services?sort=-egressProtected', 400, 'services have no field'],
  ['/api/v1/state?at=yesterday', 400, 'at'],
  ['/api/v1/nothing', 404, 'see /api/docs'],
])('%.60s is answered %i', async (url, status, detail) => {
  const answer = await get(url);
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ status, detail: expect.stringContaining(detail) as string });
});

test.each([
  ['POST', '/api/v1/runs', 'GET, HEAD'],
  ['DELETE', '/api/v1/runs/inventory-1/rows/endpoints?limit=1', 'GET, HEAD'],
  ['PUT', '/api/v1/session', 'POST, DELETE'],
  ['POST', '/api/openapi.json', 'GET, HEAD'],
  ['POST', '/api/v1/nothing', undefined],
] as const)('%s %s is not what is taken there', async (method, url, allowed) => {
  const answer = await http.inject({ method, url });
  expect(answer.statusCode).toBe(allowed === undefined ? 404 : 405);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.headers['allow']).toBe(allowed);
});

test('a filter of ten megabytes is refused at once', async () => {
  const answer = await http.inject({
    url: `/api/v1/runs/inventory-1/rows/endpoints?filter=${'x'.repeat(10_000_000)}`,
  });
  expect(answer.statusCode).toBe(400);
});

test('another name in the Host header is refused, whatever is asked for', async () => {
  const server = await serve(anyone, ['localhost']);
  for (const url of ['/', '/api/v1/runs', '/api/openapi.json'])
    expect((await server.inject({ url, headers: { host: 'evil.example' } })).statusCode).toBe(421);
  expect((await server.inject({ url: '/', headers: { host: 'localhost:8080' } })).statusCode).toBe(200);
});

test('a token is wanted on every route but the page itself, and a session carries it', async () => {
  const server = await serve(byToken('a-long-enough-token'));
  const authorization = 'Bearer a-long-enough-token';
  for (const url of [
    '/api/v1/runs',
    '/api/v1/cluster',
    '/api/v1/runs/inventory-1',
    '/api/v1/state?at=2026-11-24T00:19:00Z',
    '/api/v1/coverage',
    '/api/v1/events',
    '/api/v1/runs/inventory-1/downloads/report.json',
  ]) {
    const none = await server.inject({ url });
    const wrong = await server.inject({ url, headers: { authorization: 'Bearer wrong' } });
    expect([url, none.statusCode, wrong.statusCode]).toEqual([url, 401, 401]);
  }
  const wrong = await server.inject({
    url: '/api/v1/session',
    method: 'POST',
    headers: { authorization: 'Bearer wrong' },
  });
  expect(wrong.headers['set-cookie']).toBeUndefined();
  const session = await server.inject({ url: '/api/v1/session', method: 'POST', headers: { authorization } });
  expect(session.headers['set-cookie']).toMatch(/HttpOnly; SameSite=Strict/);
  const cookie = String(session.headers['set-cookie']).split(';')[0]!;
  expect((await server.inject({ url: '/api/v1/runs', headers: { cookie } })).statusCode).toBe(200);
  const broken = await server.inject({ url: '/api/v1/runs', headers: { cookie: 'margay-session=%' } });
  expect(broken.statusCode).toBe(401);
});

test('the description has every route of the API, and every route of the API is described', async () => {
  const { paths } = await json<{ paths: Record<string, object> }>('/api/openapi.json');
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const routes = new Set<string>();
  await serve(anyone, undefined, ({ method, url }) => {
    if (method !== 'HEAD' && url.startsWith('/api/v1/'))
      routes.add(
        // What takes all that is left of a path has a route for each number of segments.
        `${String(method).toLowerCase()} ${url
          .slice('/api/v1'.length)
          .replaceAll(/(\/:place\d)+$/g, '')
          .replaceAll(/:(\w+)/g, '{$1}')}`,
      );
  });
  expect(described.sort()).toEqual([...routes].sort());
});

test('every answer is as it is described, with nothing left out of the description', async () => {
  const { endpoints, auditEvents } = {
    endpoints: reports.get('inventory')!.endpoints,
    auditEvents: reports.get('policy-audit')!.auditEvents as { auditID: string; verb: string }[],
  };
  const about: Partial<Record<OperationId, readonly string[]>> = {
    clusters: ['/clusters', '/clusters?cluster=recorded'],
    cluster: ['/cluster'],
    runs: ['/runs', '/runs?revisions=all'],
    parentRuns: ['/parent-runs'],
    parentRun: ['/parent-runs/over-many'],
    globalReports: ['/reports'],
    run: ['/runs/late', ...[...reports.keys()].map((type) => `/runs/${type}-1`)],
    trend: ['/runs/inventory-1/trend'],
    compare: ['/runs/inventory-1/compare/inventory-0'],
    timeline: endpoints
      .slice(0, 20)
      .map(({ endpoint }) => `/runs/inventory-1/timeline?endpoint=${encodeURIComponent(endpoint)}`),
    change: [`/runs/policy-audit-1/changes/${auditEvents[0]!.auditID}`],
    state: ['/state?at=2026-11-24T00:19:00Z'],
    coverage: ['/coverage'],
    sessions: ['/sessions'],
    waysToSignIn: ['/login'],
  };
  const overMany = { clusters: ['recorded', 'elsewhere'], nonce: 'n', id: 'over-many', reportName: 'all' };
  const window = { cluster: 'recorded', reportType: 'inventory', spec: {}, manual: false };
  await stores.windows.emit([{ ...window, ...SPAN, ...overMany }], SPAN.end);
  const next = { start: SPAN.start, end: SPAN.end, due: SPAN.end };
  await stores.windows.keepReports([
    {
      name: 'inventory',
      reportType: 'inventory',
      spec: { reportType: 'inventory', schedule: '0 0 * * *' },
      next,
    },
    { name: 'new', reportType: 'inventory', spec: { reportType: 'inventory' } },
  ]);
  const { rows, ...others } = OPERATIONS;
  for (const [id, { method, answer }] of Object.entries<Operation>(others)) {
    if (method !== 'get' || answer.schema === undefined) continue;
    for (const url of about[id as OperationId]!) {
      const body = await json(`/api/v1${url}`);
      expect({ url, body: answer.schema.parse(body) }).toEqual({ url, body });
    }
  }
  const shown = new Set<string>();
  for (const type of reports.keys())
    for (const [kind, row] of Object.entries(ROWS)) {
      const page = await json<{ items: unknown[]; total: number }>(
        `/api/v1/runs/${type}-1/rows/${kind}?limit=1000`,
      );
      expect(rows.answer.schema.parse(page)).toMatchObject({ total: page.total });
      for (const item of page.items) expect(row.parse(item)).toEqual(item);
      if (page.total > 0) shown.add(kind);
    }
  expect([...shown].sort()).toEqual([
    'auditEvents',
    'endpoints',
    'namespaces',
    'protectionChanges',
    'refusedPolicyWrites',
    'services',
  ]);
  // The recording has no flows.
  const end = { kind: 'Pod', namespace: 'shop', name: 'web-*', nameIsAggregationPrefix: true } as const;
  const flow: FlowRow = { source: end, destination: end };
  expect(ROWS.flows.parse(flow)).toEqual(flow);
});

test('the page comes with a policy that lets nothing in from elsewhere, and stays within its budget', async () => {
  const page = await get('/');
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  const scripts = [
    'app',
    'api',
    'parts',
    'reports-page',
    'parent-runs',
    'run-page',
    'row-tables',
    'evidence-section',
    'endpoint-page',
    'state-page',
    'coverage-page',
    'line-diff',
    'trend-chart',
  ];
  const bodies = [
    page.rawPayload,
    (await get('/dashboard/style.css')).rawPayload,
    (await get('/dashboard/preact.js')).rawPayload,
  ];
  for (const name of scripts) bodies.push((await get(`/dashboard/${name}.js`)).rawPayload);
  const { gzipSync } = await import('node:zlib');
  const size = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
  expect(size).toBeLessThan(130_000);
});

test('whoever follows is told of runs as they change, until they may not any more', async () => {
  let isAllowed = true;
  const server = await serve({
    ofToken: async (token) => anyone.ofToken(token),
    get everybody() {
      if (!isAllowed) throw new Problem(401, 'Unauthorized', 'expired');
      return anyone.everybody;
    },
  });
  const url = await addressOf(server);
  const answer = await fetch(`${url}/api/v1/events`);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const told = (async () => {
    let text = '';
    for await (const piece of answer.body!) text += new TextDecoder().decode(piece);
    return text;
  })();
  await sleep(500);
  await stores.windows.begin('late', 1, SPAN.end + 5);
  await sleep(4_500);
  isAllowed = false;
  const [event] = (await told).split('\n\n').filter((text) => text.startsWith('event: runs'));
  expect(JSON.parse(event!.split('data: ')[1]!)).toMatchObject({ id: 'late', state: 'running' });
});

test('a report type of users makes its files; one whose template fails says so, and the ZIP has the others', async () => {
  const { reports: read, problems } = readManifests([
    {
      file: 'report-type.yaml',
      text: readFileSync(new URL('../examples/report-type.yaml', import.meta.url), 'utf8'),
    },
  ]);
  expect(problems).toEqual([]);
  const { spec, typeSpec } = read[0]!.report;
  const files = [
    ...typeSpec!.downloadTemplates!,
    { name: 'late.csv', template: '{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}' },
    { name: 'wrong.txt', template: 'a\n{{ index .Endpoints 100000 }}' },
  ];
  const window = {
    ...windowOf('exposure-1', 'exposure', HALF),
    spec,
    typeSpec: { ...typeSpec, downloadTemplates: files },
  };
  const { endpoints } = await report(stores, window);
  const run = await json<{ summary: { rings: unknown[] }; downloads: { name: string }[] }>(
    '/api/v1/runs/exposure-1',
  );
  expect(run.summary.rings).toEqual([
    {
      heading: 'Endpoints',
      label: 'Open to the internet',
      value: endpoints.filter((row) => row.ingressFromInternet).length,
      total: endpoints.length,
    },
  ]);
  expect(run.downloads.map(({ name }) => name)).toEqual([
    'exposed.csv',
    'page.txt',
    'late.csv',
    'wrong.txt',
    'report.json',
    'report.pdf',
    'evidence.zip',
  ]);
  const download = (name: string) => get(`/api/v1/runs/exposure-1/downloads/${name}`);
  const table = await download('exposed.csv');
  expect(table.headers['content-type']).toContain('text/csv');
  expect(table.body.trimEnd().split('\n').slice(1)).toEqual(
    endpoints.map(
      (row) =>
        `${row.endpoint},${row.ingressProtected && row.egressProtected},${row.ingressFromInternet || row.egressToInternet},`,
    ),
  );
  const wrong = await download('wrong.txt');
  expect(wrong.statusCode).toBe(422);
  expect(wrong.headers['content-type']).toContain('application/problem+json');
  expect(wrong.json<{ detail: string }>().detail).toContain('wrong.txt:2: index: index out of range: 100000');
  const zip = unzipSync((await download('evidence.zip')).rawPayload);
  expect(Object.keys(zip)).toEqual([
    'exposed.csv',
    'page.txt',
    'late.csv.problem.txt',
    'wrong.txt.problem.txt',
    'report.json',
    'manifest.json',
  ]);
  expect(Buffer.from(zip['late.csv.problem.txt']!).toString()).toMatch(
    /it does more than|it takes more than/,
  );
  expect(Buffer.from(zip['exposed.csv']!).toString()).toBe(table.body);
}, 180_000);

test('a permission that is taken away while a file is under way ends it, so that whoever reads sees that it is not whole', async () => {
  let isAllowed = true;
  const { archive } = stores;
  // Its rows come slowly, as those of a large report do.
  const slow: typeof archive = {
    ...archive,
    header: (id) => archive.header(id),
    async *parts(id, kind) {
      await sleep(kind === 'endpoints' ? 0 : 2_000);
      yield* archive.parts(id, kind);
    },
    headers: (query) => archive.headers(query),
  };
  const server = await apiHere({
    stores: { ...stores, archive: slow },
    access: {
      ofToken: async (token) => ({
        ...anyone.everybody!,
        name: token,
        require: async () => {
          if (!isAllowed) throw new Problem(403, 'Forbidden', 'get globalreporttypes');
        },
      }),
    },
  });
  onTestFinished(() => server.close());
  const url = `${await addressOf(server)}/api/v1/runs/inventory-1/downloads/report.json`;
  const answer = await fetch(url, { headers: { authorization: 'Bearer candice' } });
  expect(answer.status).toBe(200);
  const reader = answer.body!.getReader();
  expect((await reader.read()).value!.length).toBeGreaterThan(0);
  isAllowed = false;
  const rest = async () => {
    for (;;) if ((await reader.read()).done) return 'whole';
  };
  await expect(rest()).rejects.toThrow('terminated');
  expect((await fetch(url, { headers: { authorization: 'Bearer candice' } })).status).toBe(403);
});
