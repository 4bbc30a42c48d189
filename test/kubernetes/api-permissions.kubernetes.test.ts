import { byKubernetes } from '@margay/api';
import { documentedAnswers } from '@margay/api-contract';
import { Permissions } from '@margay/kubernetes';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { openBrowser, openPage } from '../browser/browser.ts';
import { admin, apply, applyDefinitions, kubectl, SAMPLES } from './cluster.ts';

const stores = await recordedStores();
const http = await apiHere({ stores, access: byKubernetes(new Permissions(admin())) });

beforeAll(async () => {
  applyDefinitions();
  kubectl(['apply', '-f', SAMPLES]);
  for (const [id, type, name] of [
    ['dev', 'inventory', 'dev-inventory'],
    ['weekly', 'inventory', 'weekly-full-inventory'],
    ['audit', 'policy-audit', 'monthly-widgets-controller-tigera-policy-audit'],
  ] as const)
    await report(stores, windowOf(id, type, SPAN, name));
  await stores.windows.keepReports(
    ['dev-inventory', 'weekly-full-inventory'].map((name) => ({
      name,
      reportType: 'inventory',
      spec: { reportType: 'inventory' },
    })),
  );
});

const ask = (user: string, url: string) =>
  http.inject({ url: `/api/v1${url}`, headers: { authorization: `Bearer ${user}-token` } });

test.each([
  ['paul', ['audit', 'dev', 'weekly']],
  ['candice', ['audit', 'dev', 'weekly']],
  ['david', ['dev']],
])('%s sees in lists and counts what they may get: %o', async (user, ids) => {
  const { items, total } = (await ask(user, '/runs')).json<{ items: { id: string }[]; total: number }>();
  expect(items.map(({ id }) => id).sort()).toEqual(ids);
  expect(total).toBe(ids.length);
  const { counts } = (await ask(user, '/cluster')).json<{ counts: { runs: number } }>();
  expect(counts.runs).toBe(ids.length);
});

/** What a route answers to each of the documented users: paul may list, candice export all, david export dev-inventory. */
test.each([
  ['/runs/dev', 200, 200, 200],
  ['/runs/weekly', 200, 200, 404],
  ['/runs/dev/rows/endpoints', 403, 200, 200],
  ['/runs/weekly/rows/endpoints', 403, 200, 404],
  ['/runs/dev/downloads/endpoints.csv', 403, 200, 200],
  ['/runs/dev/downloads/report.pdf', 403, 200, 200],
  ['/runs/dev/downloads/evidence.zip', 403, 200, 200],
  ['/runs/audit/downloads/events.json', 403, 200, 404],
  ['/runs/dev/compare/weekly', 403, 200, 404],
  ['/runs/dev/timeline?endpoint=Pod.v1(collections/api-0)', 403, 200, 200],
  ['/runs/dev/trend', 200, 200, 200],
  ['/state?at=2026-11-24T00:19:00Z', 403, 200, 200],
  ['/coverage', 403, 200, 200],
])('%s: paul %i, candice %i, david %i', async (url, ...expected) => {
  const answers = await Promise.all(['paul', 'candice', 'david'].map((user) => ask(user, url)));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(expected);
});

const QUERIES: Readonly<Record<string, string>> = {
  timeline: '?endpoint=Pod.v1(collections/api-0)',
  state: '?at=2026-11-24T00:19:00Z',
  growth: '?from=0&to=1',
};

/** Every cell of the documented table, but for asking for runs with the right to it, and the stream that does not end. */
test.each(documentedAnswers.filter(({ id }) => id !== 'events'))(
  '$id is answered as docs/permissions.md says',
  async ({ id, operation, answers }) => {
    for (const { user, report: of, status } of answers) {
      if (operation.right === 'run' && status === 200) continue;
      const run = of.name === 'dev-inventory' ? 'dev' : 'weekly';
      const url = operation.path
        .replaceAll(/\{id\}|\{other\}/g, run)
        .replace('{kind}', 'endpoints')
        .replace('{auditId}', 'none')
        .replace('{name}', operation.report === undefined ? 'report.json' : of.name);
      const { statusCode, body } = await http.inject({
        method: ({ get: 'GET', post: 'POST', delete: 'DELETE' } as const)[operation.method],
        url: `/api/v1${url}${QUERIES[id] ?? ''}`,
        ...(user !== 'no token' && { headers: { authorization: `Bearer ${user}-token` } }),
      });
      // Who may ask for a change is told that the report has none of the name.
      const isServed =
        (id === 'change' && body.includes('audit event none')) ||
        // Here nothing is signed, which who may ask is told.
        (['checkpoint', 'tile'].includes(id) && statusCode === 404) ||
        // Nor is there a run over many clusters, and one that may not be seen looks the same.
        (id === 'parentRun' && statusCode === 404 && status === 200) ||
        (id === 'growth' && statusCode === 400);
      // Entries that are not there are refused to nobody who is known for what they hold.
      if (id === 'entries' && statusCode === 404 && status !== 401) continue;
      expect([user, of.name, isServed ? 200 : statusCode]).toEqual([user, of.name, status]);
    }
  },
);

test('a refusal names the missing verb, and a token that is nobody’s is asked to sign in', async () => {
  expect((await ask('paul', '/runs/dev/downloads/endpoints.csv')).json()).toMatchObject({
    title: 'Forbidden',
    detail: expect.stringContaining('get globalreporttypes.projectcalico.org "inventory"') as string,
  });
  expect((await ask('nobody', '/runs')).statusCode).toBe(403);
  expect((await ask('nobody', '/runs')).json()).toMatchObject({
    detail: expect.stringContaining('list globalreports') as string,
  });
  const unknown = await ask('made-up', '/runs');
  expect([unknown.statusCode, unknown.headers['www-authenticate']]).toEqual([401, 'Bearer']);
});

test('what a user may whom a proxy names, the cluster’s roles say of their name and of their groups', async () => {
  const behind = await apiHere({
    stores,
    access: byKubernetes(new Permissions(admin())),
    door: {
      proxies: { networks: ['127.0.0.1'], headers: 'x-forwarded' },
      signIn: {
        headers: { user: 'x-user', groups: 'x-groups', userPrefix: 'sso:', groupsPrefix: 'sso:' },
      },
    },
  });
  onTestFinished(() => behind.close());
  const binding = (name: string, role: string, subject: object) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }],
  });
  apply(
    binding('sso-auditors', 'tigera-compliance-list-download-all-reports', {
      kind: 'Group',
      name: 'sso:auditors',
    }),
    binding('sso-candice', 'tigera-compliance-list-download-all-reports', {
      kind: 'User',
      name: 'sso:candice',
    }),
  );
  const statusFor = async (headers: Record<string, string>) =>
    (await behind.inject({ url: '/api/v1/runs/dev/downloads/endpoints.csv', headers })).statusCode;
  for (const [headers, status] of [
    [{ 'x-user': 'alice', 'x-groups': 'staff,auditors' }, 200],
    [{ 'x-user': 'candice' }, 200],
    [{ 'x-user': 'alice', 'x-groups': 'staff' }, 403],
    // A user of the cluster of that name is somebody else.
    [{ 'x-user': 'david' }, 403],
    [{}, 401],
  ] as const)
    await expect.poll(() => statusFor(headers), { timeout: 15_000 }).toBe(status);
});

test('the pages, signed in with the tokens of paul, candice and david', async () => {
  const url = await addressOf(http);
  const browser = await openBrowser();
  onTestFinished(async () => {
    await browser.close();
    await http.close();
  });
  for (const [name, runs, seen] of [
    ['paul', '3 runs', /get globalreporttypes/],
    ['candice', '3 runs', /174 rows/],
    ['david', '1 run', /174 rows/],
  ] as const) {
    const { page } = await openPage(browser);
    await page.goto(url);
    await page.getByLabel('Token').fill(`${name}-token`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(runs, { exact: true }).waitFor();
    await page.goto(`${url}/#/runs/dev`);
    await page.getByText(seen).first().waitFor();
    await page.goto(`${url}/#/runs/weekly`);
    await page
      .getByText(name === 'david' ? /There is no run weekly/ : seen)
      .first()
      .waitFor();
    await page.goto(`${url}/#/cluster`);
    await page
      .getByText(name === 'paul' ? /get globalreporttypes/ : /endpoints/)
      .first()
      .waitFor();
    await page.context().close();
  }
});
