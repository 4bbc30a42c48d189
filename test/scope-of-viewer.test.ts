import { anyone, type Authority } from '@margay/api';
import type { ClusterState, Coverage, RunDetail, Timeline } from '@margay/api-contract';
import { Problem } from '@margay/runtime';
import { afterAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { archive, recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';
import { computeWindow } from '@margay/report-worker';

const AT = '2026-11-24T00:19:00Z';
const STAGING = { namespaces: { names: ['collections'] } };

const stores = await recordedStores();
await stores.windows.keepReports([
  { name: 'staging', reportType: 'inventory', spec: { reportType: 'inventory', endpoints: STAGING } },
  { name: 'whole', reportType: 'inventory', spec: { reportType: 'inventory' } },
]);
const window = {
  ...windowOf('staging-1', 'inventory', SPAN, 'staging'),
  spec: { reportType: 'inventory', endpoints: STAGING },
};
await archive(stores, window, await computeWindow(stores, window));
await report(stores, windowOf('whole-1', 'inventory', SPAN, 'whole'));

/** Somebody who may list these reports and export those. */
function viewer(lists: readonly string[], exports: readonly string[]): Authority {
  const forbidden = () => new Problem(403, 'Forbidden', 'get globalreporttypes');
  const everybody: Authority['everybody'] = {
    name: 'somebody',
    listable: async (reports) => reports.filter(({ name }) => lists.includes(name)),
    require: async (_, { name }) => {
      if (!exports.includes(name)) throw forbidden();
    },
    exportable: async (reports) => {
      const found = reports.filter(({ name }) => exports.includes(name));
      if (found.length === 0) throw forbidden();
      return found;
    },
  };
  return { everybody, ofToken: async () => everybody };
}

const everybody = await apiHere({ stores, access: anyone });
const ofStaging = await apiHere({ stores, access: viewer(['staging'], ['staging']) });
const ofWhole = await apiHere({ stores, access: viewer(['staging', 'whole'], ['whole']) });
const lister = await apiHere({ stores, access: viewer(['staging', 'whole'], []) });
afterAll(async () => {
  for (const app of [everybody, ofStaging, ofWhole, lister]) await app.close();
  await stores.close();
});

const state = `/api/v1/state?limit=1000&at=${AT}`;
const timeline = (run: string, endpoint: string) =>
  `/api/v1/runs/${run}/timeline?endpoint=${encodeURIComponent(endpoint)}`;
const all = (await everybody.inject({ url: state })).json<ClusterState>();
const inside = all.endpoints.find(({ namespace }) => namespace === 'collections')!.endpoint;
const outside = all.endpoints.find(({ namespace }) => namespace !== 'collections')!.endpoint;

test('of the cluster at an instant is shown what lies in the scope of what one may export', async () => {
  const shown = (await ofStaging.inject({ url: state })).json<ClusterState>();
  const own = all.endpoints.filter(({ namespace }) => namespace === 'collections');
  expect(own.length).toBeLessThan(all.endpoints.length);
  expect(shown.endpoints).toEqual(own);
  expect(shown.total).toBe(own.length);
  expect(shown.namespaces).toEqual(all.namespaces.filter(({ name }) => name === 'collections'));
  const applying = new Set(own.flatMap(({ policies }) => policies));
  expect(applying.size).toBeGreaterThan(0);
  expect(shown.policies).toEqual(all.policies.filter(({ name }) => applying.has(name)));
  expect(shown.policies.length).toBeLessThan(all.policies.length);
  expect((await ofWhole.inject({ url: state })).json()).toEqual(all);
});

test('an endpoint outside of it has no timeline, and whether there is one is not told', async () => {
  const own = await ofStaging.inject({ url: timeline('staging-1', inside) });
  expect(own.statusCode).toBe(200);
  expect(own.json<Timeline>()).toEqual(
    (await everybody.inject({ url: timeline('whole-1', inside) })).json<Timeline>(),
  );
  const refusals = [];
  for (const endpoint of [outside, outside.replace(/\(.*/, '(none/none)')]) {
    const { statusCode, body } = await ofStaging.inject({ url: timeline('staging-1', endpoint) });
    refusals.push([statusCode, body.replaceAll(endpoint, 'it')]);
  }
  expect(refusals[0]).toEqual(refusals[1]);
  expect(refusals[0]).toEqual([
    403,
    expect.stringMatching(/get globalreports, and to get globalreporttypes, of a report whose scope/),
  ]);
  // Who may export a report of it sees it from the page of any run.
  expect((await everybody.inject({ url: timeline('staging-1', outside) })).statusCode).toBe(200);
});

test('who may export nothing sees summaries, and nothing that names an object', async () => {
  for (const url of [state, '/api/v1/coverage', timeline('whole-1', inside)]) {
    const { statusCode, body } = await lister.inject({ url });
    expect([url, statusCode, body]).toEqual([url, 403, expect.stringContaining('get globalreporttypes')]);
  }
  const url = '/api/v1/runs/whole-1';
  const listed = (await lister.inject({ url })).json<RunDetail>();
  expect([listed.evidence, listed.summary === null]).toEqual([null, false]);
  expect((await ofWhole.inject({ url })).json<RunDetail>().evidence).not.toBeNull();
});

test('what could not be read is listed for who may export a report of the whole cluster', async () => {
  const listed = async (app: typeof everybody) =>
    (await app.inject({ url: '/api/v1/coverage' }))
      .json<Coverage>()
      .sources.map(({ problems: { total, listed } }) => [total > 0, listed.length > 0]);
  expect(await listed(ofWhole)).toEqual(await listed(everybody));
  expect((await listed(ofStaging)).map(([, names]) => names)).not.toContain(true);
});
