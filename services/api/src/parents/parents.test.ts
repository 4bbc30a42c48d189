import type { ParentRuns } from '@margay/api-contract';
import { childWindows, reportWindowOf, type ParentWindow } from '@margay/contracts';
import { formatInstant, HOUR } from '@margay/ground';
import { Problem } from '@margay/runtime';
import type { Cell } from '@margay/storage';
import { expect, test } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import { apiOfBoth, ask } from '../testing/two-clusters.ts';

const NAMES = ['hub', 'alpha', 'secret'];
const NOW = Date.now() * 1_000;
const SPAN = { start: NOW - 2 * HOUR, end: NOW - HOUR };

/** Keeps a run over the three clusters, of which these are archived. */
async function overAll(cell: Cell, archived: readonly string[], name = 'all') {
  const parent: ParentWindow = {
    ...reportWindowOf('hub', { name, spec: { reportType: 'inventory' } }, SPAN),
    clusters: ['alpha', 'hub', 'secret'],
    nonce: 'n',
  };
  await cell.of('hub').windows.emit([parent], NOW);
  for (const child of childWindows(parent)) {
    const { cluster, id, reportName, reportType, start, end, spec } = child;
    const { windows, archive, arrivals } = cell.of(cluster);
    await windows.emit([child], NOW);
    if (!archived.includes(cluster)) continue;
    await archive.complete({
      id,
      cluster,
      reportName,
      reportType,
      start,
      end,
      generatedAt: NOW,
      digest: `d of ${cluster}`,
      parts: [],
      read: await arrivals.place(),
      content: { reportSpec: spec, evidence: { sources: { complete: true, grade: 'proven' } } },
    });
    await windows.complete(id, NOW);
  }
  return parent;
}

/** Somebody who may get these reports; of a cluster that lets them see nothing nothing. */
const mayGet = (...names: readonly string[]): Authority => {
  const viewer = {
    ...anyone.everybody!,
    name: 'ada',
    listable: async <R extends { readonly name: string }>(reports: readonly R[]): Promise<R[]> => {
      if (names.length === 0) throw new Problem(403, 'Forbidden', 'list globalreports');
      return reports.filter(({ name }) => names.includes('*') || names.includes(name));
    },
  };
  const user = { name: 'ada', groups: [] };
  return { ofToken: async () => ({ ...viewer, user }), ofUser: () => viewer };
};

const asAda = (rights: Readonly<Record<string, Authority>>) =>
  apiOfBoth({
    names: NAMES,
    access: (cluster) => rights[cluster]!,
    ofFirst: rights['hub']!,
  });
const token = 'ada';

test('whoever may see all sees which clusters were chosen, and how far each is', async () => {
  const { app, cell } = await apiOfBoth({ names: NAMES, isOneAuthority: true });
  const parent = await overAll(cell, ['alpha', 'secret']);
  const { body } = await ask(app, '/parent-runs');
  expect(body).toMatchObject({
    total: 1,
    next: null,
    items: [
      {
        id: parent.id,
        report: 'all',
        state: 'running',
        grade: 'not known',
        clusters: 3,
        hidden: 0,
        children: [
          { cluster: 'alpha', state: 'completed', digest: 'd of alpha', grade: 'proven', complete: true },
          { cluster: 'hub', state: 'not yet', digest: null, reason: null },
          { cluster: 'secret', state: 'completed', digest: 'd of secret' },
        ],
      },
    ],
  });
  // It has no report of its own, and is no run of the hub.
  const ids = (await ask(app, '/runs')).body.items!.map(({ id }) => id);
  expect(ids).not.toContain(parent.id);
  expect((await ask(app, `/runs/${parent.id}`)).status).toBe(404);
});

test('a run is asked for by who may change the report, and is over what the report chooses', async () => {
  const { app, cell } = await apiOfBoth({ names: NAMES, isOneAuthority: true });
  const report = { name: 'all', reportType: 'inventory', spec: { clusters: { selector: 'all()' } } };
  await cell.of('hub').windows.keepReports([{ ...report, clusters: ['alpha', 'secret'] }]);
  const span = `start=${formatInstant(SPAN.start)}&end=${formatInstant(SPAN.end)}`;
  const asked = await ask(app, `/reports/all/runs?${span}`, { method: 'POST' });
  expect(asked.body).toMatchObject({ isNew: true, isOverClusters: true, state: 'emitted' });
  const { id } = asked.body as unknown as { id: string };
  expect((await ask(app, `/parent-runs/${id}`)).body).toMatchObject({
    state: 'running',
    children: [{ cluster: 'alpha' }, { cluster: 'secret' }],
  });
  await cell.of('hub').windows.keepReports([{ ...report, clusters: [] }]);
  const none = await ask(
    app,
    `/reports/all/runs?start=${formatInstant(SPAN.start + 1)}&end=${formatInstant(SPAN.end)}`,
    { method: 'POST' },
  );
  expect([none.status, JSON.stringify(none.body)]).toEqual([409, expect.stringContaining('it chooses none')]);
});

test('a run is complete when all of its clusters are, those that one may not see too', async () => {
  const { app, cell } = await asAda({ hub: mayGet('*'), alpha: mayGet('*'), secret: mayGet() });
  const parent = await overAll(cell, ['alpha', 'hub']);
  const told = async () => (await ask(app, `/parent-runs/${parent.id}`, { token })).body;
  expect(await told()).toMatchObject({ state: 'running', hidden: 1 });
  await overAll(cell, NAMES);
  expect(await told()).toMatchObject({ state: 'complete', grade: 'proven', hidden: 1 });
});

test.each<[string, Readonly<Record<string, Authority>>, string[], number]>([
  ['all of one cluster', { hub: mayGet('*'), alpha: mayGet('*'), secret: mayGet() }, ['alpha', 'hub'], 1],
  [
    'the report by name',
    { hub: mayGet('all'), alpha: mayGet('hub:all'), secret: mayGet('hub:all') },
    ['alpha', 'secret'],
    1,
  ],
  ['other reports there', { hub: mayGet('all'), alpha: mayGet('daily'), secret: mayGet('all') }, [], 3],
])(
  'of clusters that one may not see only their number is told: whoever may get %s',
  async (_, rights, seen, hidden) => {
    const { app, cell } = await asAda(rights);
    const parent = await overAll(cell, NAMES);
    for (const path of ['/parent-runs', `/parent-runs/${parent.id}`]) {
      const { status, body } = await ask(app, path, { token });
      expect(status).toBe(200);
      const one = (body.items?.[0] ?? body) as { children: { cluster: string }[]; hidden: number };
      expect([one.children.map(({ cluster }) => cluster), one.hidden]).toEqual([seen, hidden]);
      const others = NAMES.filter((name) => name !== 'hub' && !seen.includes(name));
      for (const name of others) expect(JSON.stringify(body)).not.toContain(name);
    }
  },
);

test('a cluster that cannot be asked what one may see shows nothing, and the others are shown', async () => {
  const away: Authority = {
    ofToken: () => Promise.reject(new Error('connect ECONNREFUSED')),
    ofUser: () => ({
      ...anyone.everybody!,
      listable: () => Promise.reject(new Error('connect ECONNREFUSED')),
    }),
  };
  const { app, cell } = await asAda({ hub: mayGet('*'), alpha: mayGet('*'), secret: away });
  await overAll(cell, NAMES);
  const { body } = await ask(app, '/parent-runs', { token });
  expect(body.items).toMatchObject([{ hidden: 1, children: [{ cluster: 'alpha' }, { cluster: 'hub' }] }]);
  expect(JSON.stringify(body)).not.toContain('secret');
});

test('each cluster is asked once what one may see of it, however many runs are listed', async () => {
  const asked: string[][] = [];
  const alpha = mayGet('*');
  const counted: Authority = {
    ...alpha,
    ofUser: (user) => {
      const viewer = alpha.ofUser!(user);
      return {
        ...viewer,
        listable: (reports) => {
          asked.push(reports.map(({ name }) => name));
          return viewer.listable(reports);
        },
      };
    },
  };
  const { app, cell } = await asAda({ hub: mayGet('*'), alpha: counted, secret: mayGet('*') });
  for (const name of ['a', 'b']) await overAll(cell, NAMES, name);
  const { body } = await ask(app, '/parent-runs', { token });
  expect(body.items).toMatchObject([{ hidden: 0 }, { hidden: 0 }]);
  expect(asked.map((names) => names.toSorted())).toEqual([['hub:a', 'hub:b']]);
});

test('a run of a report that one may not get looks as if it were not there', async () => {
  const { app, cell } = await asAda({ hub: mayGet('daily'), alpha: mayGet('*'), secret: mayGet('*') });
  const parent = await overAll(cell, NAMES);
  expect((await ask(app, '/parent-runs', { token })).body).toMatchObject({ items: [], total: 0 });
  expect((await ask(app, `/parent-runs/${parent.id}`, { token })).status).toBe(404);
  expect((await ask(app, '/parent-runs/none', { token })).status).toBe(404);
});

test('every one of a long list is reached, and counted', async () => {
  const { app, cell } = await asAda({ hub: mayGet('all'), alpha: mayGet('*'), secret: mayGet('*') });
  const kept = (report: string, i: number): ParentWindow => ({
    ...reportWindowOf(
      'hub',
      { name: report, spec: { reportType: 'inventory' } },
      { start: i * HOUR, end: (i + 1) * HOUR },
    ),
    clusters: ['alpha'],
    nonce: 'n',
  });
  const of = (report: string, many: number) => Array.from({ length: many }, (_, i) => kept(report, i));
  // The other report is nothing that ada may see: neither in the list nor in its count.
  await cell.of('hub').windows.emit([...of('all', 1_050), ...of('other', 300)], NOW);
  const ends: string[] = [];
  for (let query = '?limit=100'; ;) {
    const { body } = await ask(app, `/parent-runs${query}`, { token });
    const { items, next, total } = body as unknown as ParentRuns;
    expect(total).toBe(1_050);
    ends.push(...items.map(({ window }) => window.end));
    if (next === null) break;
    query = `?limit=100&cursor=${next}`;
  }
  expect(ends).toEqual(ends.toSorted().reverse());
  expect(new Set(ends).size).toBe(1_050);
  expect((await ask(app, '/parent-runs?cursor=bm9uZQ', { token })).status).toBe(400);
});

test('they are listed page by page, of one report where it is named', async () => {
  const { app, cell } = await apiOfBoth({ names: NAMES, isOneAuthority: true });
  const ids = [];
  for (const name of ['a', 'b', 'c']) ids.push((await overAll(cell, [], name)).id);
  const found: string[] = [];
  for (let query = '?limit=2'; ;) {
    const { items, next } = (await ask(app, `/parent-runs${query}`)).body as unknown as {
      items: { id: string }[];
      next: string | null;
    };
    found.push(...items.map(({ id }) => id));
    if (next === null) break;
    query = `?limit=2&cursor=${next}`;
  }
  expect(found.sort()).toEqual(ids.sort());
  expect((await ask(app, '/parent-runs?report=b')).body.items).toMatchObject([{ report: 'b' }]);
  expect((await ask(app, '/parent-runs?limit=0')).status).toBe(400);
  // Those that another cluster has begun are its own.
  expect((await ask(app, '/parent-runs?cluster=alpha')).body.items).toEqual([]);
});
