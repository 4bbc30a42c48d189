import {
  documentedAnswers,
  OPERATIONS,
  RIGHTS,
  routeOf,
  type Operation,
  type Permission,
  type Right,
} from '@margay/api-contract';
import { accessesFor } from '@margay/kubernetes';
import { signingKey } from '@margay/ledger';
import { openMetrics, Problem, silentLog } from '@margay/runtime';
import { Open, ProcessModule, Right as NeedsRight } from '@margay/runtime/nest';
import { logReports, openEmbedded } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Controller, Get, type DynamicModule, type Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { anyone, type Authority } from './access/access.ts';
import { ApiModule } from './api.module.ts';
import { Serves } from './http/serves.ts';
import { apiWith } from './testing/api-with.ts';

const stores = openEmbedded(':memory:');
const given: DynamicModule = {
  module: class Given {},
  providers: [{ provide: STORES, useValue: stores }],
  exports: [STORES],
};

/** What each token's owner may do: verb, resource, and for `get` the name or `*` for all. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  nothing: [],
  nobody: [],
  lists: ['list globalreports'],
  'lists-another': ['list globalreports', 'get globalreports weekly'],
  sees: ['list globalreports', 'get globalreports daily'],
  exports: ['list globalreports', 'get globalreports daily', 'get globalreporttypes inventory'],
  changes: ['list globalreports', 'get globalreports daily', 'update globalreports daily'],
  'sees-all': ['list globalreports', 'get globalreports *'],
  // The roles of permissions.yaml, where dev-inventory is called daily.
  paul: ['list globalreports', 'get globalreports *', 'update globalreports *'],
  candice: ['list globalreports', 'get globalreports *', 'get globalreporttypes *'],
  david: ['list globalreports', 'get globalreports daily', 'get globalreporttypes daily'],
  'exports-all': ['list globalreports', 'get globalreports *', 'get globalreporttypes *'],
};

/** What a cluster of these people decides. */
const ofToken: Authority['ofToken'] = async (name) => {
  const grants = GRANTS[name];
  if (grants === undefined) throw new Problem(401, 'Unauthorized', 'nobody');
  const may = (verb: string, resource: string, object: string) =>
    grants.includes(`${verb} ${resource} ${object}`) || grants.includes(`${verb} ${resource} *`);
  const mayExport = (report: { readonly name: string; readonly type: string }) =>
    [report.name, report.type].some((each) => may('get', 'globalreporttypes', each));
  const forbidden = (what: string) => new Problem(403, 'Forbidden', what);
  const listable = <R extends { readonly name: string }>(reports: readonly R[]): R[] => {
    if (!grants.includes('list globalreports')) throw forbidden('list globalreports');
    return reports.filter((report) => may('get', 'globalreports', report.name));
  };
  return {
    name,
    listable: async (reports) => listable(reports),
    require: async (action, report) => {
      if (action === 'run' && !may('update', 'globalreports', report.name))
        throw forbidden('update globalreports');
      if (action === 'export' && !mayExport(report)) throw forbidden('get globalreporttypes');
    },
    exportable: async (reports) => {
      const visible = listable(reports);
      if (may('get', 'globalreports', '*') && may('get', 'globalreporttypes', '*')) return 'every';
      const found = visible.filter(mayExport);
      if (found.length === 0) throw forbidden('get globalreporttypes');
      return found;
    },
  };
};

let app: NestFastifyApplication;
beforeAll(async () => {
  const window = {
    cluster: 'here',
    reportType: 'inventory',
    spec: { reportType: 'inventory' },
    manual: false,
  };
  const times = { start: 0, end: 60_000_000 };
  const overMany = { clusters: ['here'], nonce: 'n' };
  await stores.windows.emit(
    [
      { ...window, ...times, id: 'd1', reportName: 'daily' },
      { ...window, ...times, id: 'd2', reportName: 'daily' },
      { ...window, ...times, id: 'm1', reportName: 'monthly' },
      { ...window, ...times, ...overMany, id: 'pd', reportName: 'daily' },
      { ...window, ...times, ...overMany, id: 'pm', reportName: 'monthly' },
    ],
    60_000_000,
  );
  await stores.windows.keepReports([
    { name: 'daily', reportType: 'inventory', spec: { reportType: 'inventory', schedule: '0 0 * * *' } },
    { name: 'monthly', reportType: 'inventory', spec: { reportType: 'inventory', schedule: '0 0 1 * *' } },
  ]);
  const logged = {
    ...times,
    id: 'd0',
    cluster: 'here',
    reportName: 'daily',
    reportType: 'inventory',
    generatedAt: 1,
    digest: 'd',
    parts: [],
    content: {},
    sequence: 1,
    headerDigest: 'h',
  };
  const monthly = { ...logged, id: 'm0', reportName: 'monthly' };
  await logReports(stores, [logged, monthly], signingKey('margay.example/here', new Uint8Array(32)));
  app = await apiWith([ApiModule.over({ cluster: 'here', access: () => ({ ofToken }) }, given)]);
});
afterAll(async () => {
  await app.close();
  await stores.close();
});

/** The status that the description promises somebody with these grants. */
function promised(
  { right, together, runs = [], report, parentRun }: Operation,
  token: string | undefined,
): number | 'served' {
  const { signedIn, permissions } = RIGHTS[right];
  if (!signedIn) return 'served';
  const grants = token === undefined ? undefined : GRANTS[token];
  if (grants === undefined) return 401;
  const has = ({ verb, resource, of }: Permission) => {
    const some = resource === 'globalreports' ? ' daily' : ' inventory';
    const object = { all: '', report: ' daily', type: ' inventory', some }[of];
    const own = resource === 'globalreporttypes' && grants.includes(`${verb} ${resource} daily`);
    return own || grants.includes(`${verb} ${resource}${object}`) || grants.includes(`${verb} ${resource} *`);
  };
  for (const permission of permissions) {
    if (has(permission)) continue;
    // What one may not get is not in lists, and looks as if it were not there.
    const isGet = together !== true && permission.verb === 'get' && permission.of === 'report';
    if (isGet && runs.length === 0 && report === undefined && parentRun === undefined) continue;
    return isGet ? 404 : 403;
  }
  return 'served';
}

const QUERIES: Readonly<Record<string, string>> = {
  timeline: '?endpoint=Pod.v1(shop/web-1)',
  state: '?at=2026-11-24T00:19:00Z',
  growth: '?from=0&to=1',
};
const asked = Object.entries<Operation>(OPERATIONS).filter(([id]) => id !== 'events');

test.each(
  asked.flatMap(([id, operation]) =>
    [undefined, 'made-up', ...Object.keys(GRANTS)].map(
      (token) => [id, token ?? 'nobody', promised(operation, token), operation, token] as const,
    ),
  ),
)('%s for who %s: %s', async (id, _, expected, operation, token) => {
  const url = routeOf(operation)
    .replace(':id', 'd1')
    .replace(':parent', 'pd')
    .replace(':other', 'd2')
    .replace(':kind', 'endpoints')
    .replace(':name', 'daily')
    .replace(':level', '0')
    .replace(':place', '000.p/1');
  const answer = await app.inject({
    method: operation.method === 'get' ? 'GET' : operation.method === 'post' ? 'POST' : 'DELETE',
    url: `${url}${QUERIES[id] ?? ''}`,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  // A run that is not finished has no report to export or to revise, and there is no evidence of another: who may is told that.
  const served = operation.right === 'export' || operation.right === 'run' ? 409 : 200;
  expect(answer.statusCode).toBe(expected === 'served' ? served : expected);
  if (answer.statusCode >= 400) expect(answer.headers['content-type']).toContain('application/problem+json');
});

test.each(documentedAnswers.filter(({ id }) => id !== 'events'))(
  '$id is answered as the documented table says',
  async ({ id, operation, answers }) => {
    for (const { user, report, status } of answers) {
      const [name, run] = report.name === 'dev-inventory' ? ['daily', 'd1'] : ['monthly', 'm1'];
      const answer = await app.inject({
        method: operation.method === 'get' ? 'GET' : operation.method === 'post' ? 'POST' : 'DELETE',
        url: `${routeOf(operation)
          .replaceAll(/:id|:other/g, run)
          .replace(':parent', name === 'daily' ? 'pd' : 'pm')
          .replace(':kind', 'endpoints')
          .replace(':name', name)
          .replace(':level', '0')
          // The first entry is of daily, the second of monthly.
          .replace(':place', name === 'daily' ? '000.p/1' : '000.p/2')}${QUERIES[id] ?? ''}`,
        headers: user === 'no token' ? {} : { authorization: `Bearer ${user}` },
      });
      // What is not finished is a 409 for who may have it.
      const isServed = answer.statusCode === 409;
      expect([user, name, isServed ? 200 : answer.statusCode]).toEqual([user, name, status]);
    }
  },
);

test('what the description says is needed is what the cluster is asked for', () => {
  const asData = (action: 'list' | 'export' | 'run') =>
    accessesFor(action, { name: 'daily', type: 'inventory' })
      .map(([access]) => access!)
      .map(({ verb, resource, name }) => `${verb} ${resource} ${name ?? ''}`);
  const inWords = (right: Right) =>
    RIGHTS[right].permissions.map(
      ({ verb, resource, of }: Permission) =>
        `${verb} ${resource} ${{ all: '', report: 'daily', type: 'inventory', some: '' }[of]}`,
    );
  expect(inWords('list').sort()).toEqual(asData('list').sort());
  expect(inWords('run').sort()).toEqual([...new Set([...asData('list'), ...asData('run')])].sort());
  expect(inWords('export').sort()).toEqual([...new Set([...asData('list'), ...asData('export')])].sort());
});

test('a list holds only what its viewer may get', async () => {
  const idsOf = async (token: string) => {
    const answer = await app.inject({ url: '/api/v1/runs', headers: { authorization: `Bearer ${token}` } });
    return answer
      .json<{ items: { id: string }[] }>()
      .items.map(({ id }) => id)
      .sort();
  };
  expect(await idsOf('lists')).toEqual([]);
  expect(await idsOf('lists-another')).toEqual([]);
  // The log of reports has d0, and the archive has not.
  expect(await idsOf('sees')).toEqual(['d0', 'd1', 'd2']);
});

const another = (controller: Type): DynamicModule => ({
  module: class Another {},
  controllers: [controller],
});

@Controller('another')
class Undeclared {
  @Get('secret')
  secret() {
    return {};
  }
}
@Controller('another')
class Unknown {
  @Get('secret')
  @NeedsRight('see-secrets')
  secret() {
    return {};
  }
}

test.each([
  ['without a right', Undeclared, 'GET /another/secret (Undeclared.secret) declares no right: put @Right(…)'],
  ['with a right that nobody judges', Unknown, 'declares the right "see-secrets", which nobody judges'],
])('a route %s keeps the API from starting, and says what to do', async (_, controller, words) => {
  await expect(
    apiWith([ApiModule.over({ cluster: 'here', access: () => ({ ofToken }) }, given), another(controller)]),
  ).rejects.toThrow(words);
});

test('its routes are written as Nest and Fastify have them: nobody is warned at the start', async () => {
  const warnings: unknown[] = [];
  const module = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics: openMetrics() }),
      ApiModule.over({ cluster: 'here', access: () => ({ ofToken }) }, given),
    ],
  }).compile();
  const warned = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: { log() {}, error() {}, warn: (text) => void warnings.push(text) },
  });
  onTestFinished(() => warned.close());
  await warned.init();
  expect(warnings).toEqual([]);
});

test('a handler that needs a right of the API without an operation is an error of the API, not a way in', async () => {
  @Controller('another')
  class Bare {
    @Get('bare')
    @NeedsRight('list')
    bare() {
      return { secret: true };
    }
    @Get('open')
    @Open()
    open() {
      return {};
    }
  }
  const with2 = await apiWith([
    ApiModule.over({ cluster: 'here', access: () => ({ ofToken }) }, given),
    another(Bare),
  ]);
  const headers = { authorization: 'Bearer sees-all' };
  expect((await with2.inject({ url: '/another/bare', headers })).statusCode).toBe(500);
  expect((await with2.inject({ url: '/another/open' })).statusCode).toBe(200);
  await with2.close();
});

test.each([
  ['/api/v1/runs?limit=0', 'limit: '],
  ['/api/v1/runs?revisions=some', 'revisions: '],
  ['/api/v1/runs?limit=many', 'limit: '],
  ['/api/v1/runs?state=lost', 'state: '],
  ['/api/v1/runs?mistyped=1', '"mistyped"'],
  ['/api/v1/runs/d1/rows/endpoints?where=a', 'where: "a" is no condition like ingressProtected:false'],
  ['/api/v1/state?at=yesterday', 'at: '],
  ['/api/v1/state', 'at: '],
  ['/api/v1/runs/d1/timeline', 'endpoint: '],
])('%s is answered with a problem that names what is wrong', async (url, words) => {
  const answer = await app.inject({
    url,
    headers: {
      authorization: `Bearer ${'exports'}`,
    },
  });
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({
    type: 'about:blank',
    status: 400,
    title: 'Bad request',
    detail: expect.stringContaining(words) as string,
  });
});

test('every answer keeps its page to itself, also one that is refused', async () => {
  for (const url of [
    '/',
    '/api/docs',
    '/api/openapi.json',
    '/api/v1/runs',
    '/api/v1/none',
    '/dashboard/none.js',
  ]) {
    const { headers } = await app.inject({ url });
    expect([url, headers['content-security-policy'], headers['x-content-type-options']]).toEqual([
      url,
      expect.stringContaining("frame-ancestors 'none'"),
      'nosniff',
    ]);
  }
});

test.each([
  ['a page of its own', { 'sec-fetch-site': 'same-origin', origin: 'http://margay' }, 409],
  ['a page elsewhere', { 'sec-fetch-site': 'cross-site', origin: 'http://elsewhere' }, 403],
  ['one of an older browser', { origin: 'http://elsewhere' }, 403],
  ['one whose origin is hidden', { origin: 'null' }, 403],
  ['a program', {}, 409],
])('where nobody is asked who they are, %s is answered with what it may', async (_, headers, status) => {
  const open = await apiWith([ApiModule.over({ cluster: 'here', access: () => anyone }, given)]);
  onTestFinished(() => open.close());
  const answer = await open.inject({
    method: 'POST',
    url: '/api/v1/runs/d1/revisions',
    headers: { host: 'margay', ...headers },
  });
  expect(answer.statusCode).toBe(status);
});

// Held by the compiler: a handler answers what its operation describes.
export class Mistaken {
  // @ts-expect-error a page of runs is no coverage
  @Serves(OPERATIONS.coverage)
  coverage() {
    return { items: [] };
  }
}
