import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hubNews, type HubNews } from '@margay/contracts';
import { openEmbeddedBus, publishAll, type Bus } from '@margay/messaging';
import { tellHubsOf } from '@margay/report-worker';
import { Readiness } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cellHere, cellsOf, cellsWith, hubHere, logKeyOf } from './testing/hub-here.ts';
import { recordedStores } from './testing/recorded-stores.ts';

/** One API over cells, each with stores of its own, that tell it of their clusters by topic. */
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

let evidence: Stores;
beforeAll(async () => {
  evidence = await recordedStores();
});

let directory: string;
let bus: Bus;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'margay-hub-'));
  bus = openEmbeddedBus(':memory:');
  closing.push(
    () => rmSync(directory, { recursive: true }),
    () => bus.close(),
  );
});

function cellOf(cluster: string) {
  const cell = cellHere(cluster, evidence, bus);
  closing.push(() => cell.stores.close());
  return cell;
}

async function hub(cells: string, clock = () => Date.now() * 1_000) {
  const here = await hubHere({ bus, directory, cells, clock });
  closing.push(() => here.app.close());
  return {
    ...here,
    caughtUp: () => expect.poll(() => bus.lag(hubNews.name, 'hub'), { timeout: 10_000 }).toBe(0),
  };
}

test('what the workers of cells log stands in one API, with the same bytes and proofs', async () => {
  const [alpha, beta] = [cellOf('alpha'), cellOf('beta')];
  const { clusters, caughtUp, ask } = await hub(cellsOf('alpha', 'beta', 'gamma'));
  await alpha.report('a1');
  await alpha.report('a2');
  await beta.report('b1');
  await Promise.all([alpha.tellHead(), beta.tellHead()]);
  await caughtUp();
  const told = await clusters();
  expect(
    Object.values(told).map(({ name, told: how }) => [name, how!.feed!.state, how!.feed!.logged, how!.grade]),
  ).toEqual([
    ['alpha', 'heard', 2, 'no gap seen'],
    ['beta', 'heard', 1, 'no gap seen'],
    ['gamma', 'never heard', 0, null],
  ]);
  expect(told['alpha']!.told).toMatchObject({
    lastReport: { report: 'daily' },
    feed: { cell: 'cell-of-alpha', missing: [], words: 'All that it told of is here.' },
  });
  // Whoever checks the log of the cell checks it here.
  expect((await ask('/log/checkpoint?cluster=alpha')).body).toBe(
    (await alpha.stores.ledger.head())!.checkpoint,
  );
  const header = await alpha.stores.archive.header('a2');
  const run = (await ask('/runs/a2?cluster=alpha')).json<{
    digest: string;
    late: unknown;
    archiveProblem: unknown;
  }>();
  expect(run).toMatchObject({ digest: header!.digest, late: null, archiveProblem: null });
});

test('rows are where they were made, and it is said where', async () => {
  const alpha = cellOf('alpha');
  const { ask, post, caughtUp } = await hub(cellsOf('alpha', 'beta'));
  await alpha.report('a1');
  await caughtUp();
  const answer = await ask('/runs/a1/rows/endpoints?cluster=alpha&limit=5');
  const url = 'https://margay.alpha.example/api/v1/runs/a1/rows/endpoints?cluster=alpha&limit=5';
  expect({ status: answer.statusCode, link: answer.headers['link'], body: answer.json<object>() }).toEqual({
    status: 404,
    link: `<${url}>; rel="alternate"`,
    body: {
      type: 'about:blank',
      title: 'Kept in the cell',
      status: 404,
      detail: `This hub has headers only: it is in the cell cell-of-alpha, at ${url}`,
    },
  });
  const revised = await post('/runs/a1/revisions?cluster=alpha');
  expect(revised.json<object>()).toMatchObject({ status: 404, title: 'Kept in the cell' });
  expect((await ask('/runs/a1?cluster=alpha')).json<object>()).toMatchObject({
    downloads: [],
    keptIn: { cell: 'cell-of-alpha', url: 'https://margay.alpha.example/?cluster=alpha#/runs/a1' },
  });
  // Of a report that there is not, nothing is said.
  expect((await ask('/runs/a9/rows/endpoints?cluster=alpha')).json()).toMatchObject({ title: 'Not found' });
});

test('a hub that was away, or was ended at any instant, goes on where it was', async () => {
  const alpha = cellOf('alpha');
  const first = await hub(cellsOf('alpha'));
  await alpha.report('a1');
  await first.caughtUp();
  await first.app.close();
  await alpha.report('a2');
  await alpha.report('a3');
  const second = await hub(cellsOf('alpha'));
  await second.caughtUp();
  expect((await second.clusters())['alpha']!.told!.feed).toMatchObject({ logged: 3, missing: [] });
  // All of it again.
  for await (const { value } of bus.peek(hubNews.name))
    await publishAll(bus, hubNews, [hubNews.decode(value)]);
  await second.caughtUp();
  expect((await second.clusters())['alpha']!.told!.feed).toMatchObject({ logged: 3, missing: [] });
});

test('what has not come is said by its number, and comes when the cell tells it again', async () => {
  const alpha = cellOf('alpha');
  const told: HubNews[] = [];
  const lossy = { ...bus, publish: async () => undefined };
  await alpha.report('a1');
  await alpha.report('a2', lossy);
  await alpha.report('a3');
  for await (const { value } of bus.peek(hubNews.name)) told.push(hubNews.decode(value));
  expect(told).toHaveLength(2);
  await alpha.tellHead();
  const { clusters, caughtUp, metrics } = await hub(cellsOf('alpha'));
  await caughtUp();
  const { feed, lastReport } = (await clusters())['alpha']!.told!;
  expect(feed).toMatchObject({
    state: 'heard',
    logged: 3,
    missing: [{ from: 1, to: 1 }],
    words: 'Entry 1 of its log of reports has not come.',
  });
  expect(lastReport).not.toBeNull();
  expect(await metrics.exposition()).toContain('margay_hub_missing_entries{cluster="alpha"} 1\n');
  await tellHubsOf(bus, alpha.stores, (await alpha.stores.archive.header('a2'))!);
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toMatchObject({ logged: 3, missing: [] });
});

test('a cell that is away is said to be, whatever is told again of what it said before', async () => {
  const alpha = cellOf('alpha');
  await alpha.report('a1');
  await alpha.tellHead();
  let later = 0;
  const { clusters, caughtUp } = await hub(cellsOf('alpha'), () => Date.now() * 1_000 + later);
  await caughtUp();
  const heard = (await clusters())['alpha']!.told!.feed!;
  expect(heard.state).toBe('heard');
  later = 11 * 60_000_000;
  for await (const { value } of bus.peek(hubNews.name))
    await publishAll(bus, hubNews, [hubNews.decode(value)]);
  // What its stores tell without its workers.
  await tellHubsOf(bus, alpha.stores, (await alpha.stores.archive.header('a1'))!);
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toEqual({
    ...heard,
    state: 'away',
    words: `Nothing was heard of it since ${heard.heard}.`,
  });
});

test('a cell whose clock is ahead is said to be so, and is not heard by that', async () => {
  const alpha = cellOf('alpha');
  const { clusters, caughtUp } = await hub(cellsOf('alpha'));
  await alpha.report('a1');
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toMatchObject({
    state: 'never heard',
    words:
      'It told of its log of reports, and not yet that its workers are there: they say so each minute, and those of older releases never do.',
  });
  await alpha.tellHead(4_102_444_800_000_000);
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toMatchObject({
    state: 'never heard',
    heard: null,
    words: 'Nothing was heard of it yet. Its clock is ahead of this hub’s: it said 2100-01-01T00:00:00Z.',
  });
});

test('what is no message is set aside, and stops nothing', async () => {
  const alpha = cellOf('alpha');
  const { clusters, caughtUp, metrics } = await hub(cellsOf('alpha'));
  await alpha.report('a1');
  let whole: Uint8Array = new Uint8Array();
  for await (const { value } of bus.peek(hubNews.name)) whole = value;
  const none = [new Uint8Array(), whole.slice(0, -1), whole.slice(0, 11), Buffer.alloc(3_000_000, 0xc3)];
  await bus.publish(
    hubNews.name,
    none.map((value) => ({ key: 'alpha', value, headers: {} })),
  );
  await alpha.report('a2');
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toMatchObject({ logged: 2, missing: [] });
  expect(await metrics.exposition()).toContain(
    `margay_hub_refused_total{cluster="alpha",reason="undecodable"} ${none.length}\n`,
  );
});

test('what is not a cell’s to tell is set aside and counted, and what it tells is taken all the same', async () => {
  const alpha = cellOf('alpha');
  const { clusters, caughtUp, metrics } = await hub(cellsOf('alpha', 'beta'));
  await alpha.report('a1');
  const told: HubNews[] = [];
  for await (const { value } of bus.peek(hubNews.name)) told.push(hubNews.decode(value));
  const [news] = told;
  await publishAll(bus, hubNews, [
    { ...news!, cluster: 'beta' },
    { ...news!, cluster: 'nobody’s' },
    { ...news!, report: { ...news!.report!, header: '{}' } },
  ]);
  await alpha.report('a2');
  await caughtUp();
  expect((await clusters())['alpha']!.told!.feed).toMatchObject({ logged: 2, missing: [] });
  expect((await clusters())['beta']!.told!.feed).toMatchObject({ state: 'never heard' });
  const counted = (await metrics.exposition())
    .split('\n')
    .filter((line) => line.startsWith('margay_hub_refused'));
  expect(counted.sort(byText)).toEqual([
    'margay_hub_refused_total{cluster="",reason="unknown-cluster"} 1',
    'margay_hub_refused_total{cluster="alpha",reason="other-digest"} 1',
    'margay_hub_refused_total{cluster="beta",reason="unknown-key"} 1',
  ]);
  const letters = [];
  for await (const { headers } of bus.peek(`${hubNews.name}.dlq`))
    letters.push(headers['dlq-code'] ?? headers['dlq-reason']);
  expect(letters).toHaveLength(3);
});

test('a cell whose log was forked raises an alert, and what it had told stays', async () => {
  const [alpha, forger] = [cellOf('alpha'), cellOf('alpha')];
  const { clusters, caughtUp, metrics } = await hub(cellsOf('alpha'));
  await alpha.report('a1');
  await alpha.report('a2');
  await forger.report('x1');
  await caughtUp();
  const { feed, lastReport } = (await clusters())['alpha']!.told!;
  expect(feed!.state).toBe('another log');
  expect(lastReport).not.toBeNull();
  const exposed = await metrics.exposition();
  expect(exposed).toContain('margay_hub_log_changed{cluster="alpha"} 1\n');
  expect(exposed).toContain('margay_hub_refused_total{cluster="alpha",reason="other-log"} 1\n');
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const ROOT = process.getuid?.() === 0;

describe('of which clusters a hub is told by their uids', () => {
  const [ONE, OTHER] = ['0f1e2d3c-0000-4000-8000-000000000001', '0f1e2d3c-0000-4000-8000-000000000002'];

  /** Whose kube-system has this uid. */
  function cellWith(cluster: string, uid: string) {
    const cell = cellHere(cluster, evidence, bus, logKeyOf(cluster), uid);
    closing.push(() => cell.stores.close());
    return cell;
  }

  const named = ({ clusters }: Awaited<ReturnType<typeof hub>>) =>
    clusters().then((all) =>
      Object.values(all).map(({ name, told: how }) => [name, how!.uid, how!.sameAs, how!.grade]),
    );
  const warned = async ({ app }: Awaited<ReturnType<typeof hub>>) =>
    (await app.get(Readiness).look()).checks['clusters'];

  test('each has the uid that entries of its log say, also after another start, or else that of HUB_CELLS', async () => {
    const cells = cellsWith({ alpha: undefined, beta: OTHER.toUpperCase() });
    const first = await hub(cells);
    await cellWith('alpha', ONE).report('a1');
    await first.caughtUp();
    const expected = [
      ['alpha', ONE, [], 'no gap seen'],
      ['beta', OTHER, [], null],
    ];
    expect(await named(first)).toEqual(expected);
    expect(await warned(first)).toEqual({ ready: true });
    await first.app.close();
    expect(await named(await hub(cells))).toEqual(expected);
  });

  test('one that is told of under two names is said to be one, and neither is worse for what the other one says', async () => {
    const here = await hub(cellsOf('alpha', 'beta', 'gamma'));
    const [alpha, beta] = [cellWith('alpha', ONE), cellWith('beta', ONE)];
    await alpha.report('a1');
    await cellWith('gamma', OTHER).report('c1');
    await here.caughtUp();
    const graded = async () =>
      Object.values(await here.clusters()).map(({ told: how }) => [how!.complete, how!.words]);
    const [before] = await graded();
    expect(await warned(here)).toEqual({ ready: true });
    await beta.report('b1');
    await here.caughtUp();
    expect(await named(here)).toEqual([
      ['alpha', ONE, ['beta'], 'no gap seen'],
      ['beta', ONE, ['alpha'], 'no gap seen'],
      ['gamma', OTHER, [], 'no gap seen'],
    ]);
    expect((await graded())[0]).toEqual(before);
    expect(await warned(here)).toEqual({
      ready: true,
      reason: expect.stringMatching(
        new RegExp(`^alpha and beta have one kube-system, with the uid ${ONE}`),
      ) as string,
    });
  });

  test('who has not the key of a log says nothing of its cluster', async () => {
    const here = await hub(cellsOf('alpha', 'beta'));
    await cellWith('alpha', ONE).report('a1');
    // Whoever may publish, with a log and a key of his own.
    const forger = cellHere('beta', evidence, bus, logKeyOf('forger'), ONE);
    closing.push(() => forger.stores.close());
    await forger.report('b1');
    // And the cell of another cluster under that name.
    const told: HubNews[] = [];
    for await (const { value } of bus.peek(hubNews.name)) told.push(hubNews.decode(value));
    await publishAll(bus, hubNews, [{ ...told[0]!, cluster: 'beta' }]);
    await here.caughtUp();
    expect(await named(here)).toEqual([
      ['alpha', ONE, [], 'no gap seen'],
      ['beta', null, [], null],
    ]);
    expect(await warned(here)).toEqual({ ready: true });
  });

  test('another uid in HUB_CELLS than that of what is here is said, with what to do', async () => {
    const first = await hub(cellsOf('alpha'));
    const alpha = cellWith('alpha', ONE);
    await alpha.report('a1');
    await first.caughtUp();
    await first.app.close();
    const { clusters, caughtUp } = await hub(cellsWith({ alpha: OTHER }));
    await alpha.report('a2');
    await caughtUp();
    const { uid, feed } = (await clusters())['alpha']!.told!;
    expect([uid, feed!.logged]).toEqual([ONE, 1]);
    expect(feed!.words).toMatch(new RegExp(`uid ${ONE}, and HUB_CELLS says ${OTHER}.*remove the folder`));
  });
});

describe('a hub of which one cluster cannot be read serves the others, and says which one', () => {
  const damages: [string, (folder: string) => unknown, RegExp, boolean?][] = [
    [
      'no database any more',
      (at) => writeFileSync(join(at, 'margay.db'), 'text'.repeat(5_000)),
      /is damaged/,
    ],
    ['emptied', (at) => truncateSync(join(at, 'margay.db')), /is empty/],
    [
      'a table less',
      (at) => {
        const outside = new DatabaseSync(join(at, 'margay.db'));
        outside.exec('DROP TABLE headers');
        outside.close();
      },
      /is damaged/,
    ],
    [
      'a file in the place of its folder',
      (at) => {
        rmSync(at, { recursive: true });
        writeFileSync(at, '');
      },
      /cannot be opened/,
    ],
    // The super-user may write everywhere.
    ['not to be written to', (at) => chmodSync(at, 0o500), /not writable/, ROOT],
  ];
  const cases = damages.flatMap(([what, damage, why, isNot]) =>
    isNot === true ? [] : ['alpha', 'beta'].map((broken) => ({ what, damage, why, broken })),
  );

  test.each(cases)('$broken: $what', async ({ damage, why, broken }) => {
    const other = broken === 'alpha' ? 'beta' : 'alpha';
    const cells = { alpha: cellOf('alpha'), beta: cellOf('beta') };
    const first = await hub(cellsOf('alpha', 'beta'));
    for (const [name, cell] of Object.entries(cells)) await cell.report(`${name}-1`);
    await first.caughtUp();
    await first.app.close();
    const folder = join(directory, broken);
    damage(folder);

    const again = await hub(cellsOf('alpha', 'beta'));
    for (const [name, cell] of Object.entries(cells)) await cell.report(`${name}-2`);
    await again.caughtUp();
    expect(await again.clusters()).toMatchObject({
      [broken]: { told: null, problem: expect.stringMatching(/cannot be looked at now/) as string },
      [other]: { told: { feed: { logged: 2, missing: [] } }, problem: null },
    });
    expect((await again.ask(`/runs/${other}-2?cluster=${other}`)).statusCode).toBe(200);
    expect((await again.ask(`/runs?cluster=${broken}`)).statusCode).toBeGreaterThanOrEqual(500);
    expect((await again.app.get(Readiness).look()).checks['clusters']).toEqual({
      ready: true,
      reason: expect.stringMatching(why) as string,
    });
    expect(await again.metrics.exposition()).toMatch(
      `margay_hub_refused_total{cluster="${broken}",reason="unreadable"} `,
    );
    await again.app.close();

    // As is said: mended, started, and told all again.
    rmSync(folder, { recursive: true });
    const mended = await hub(cellsOf('alpha', 'beta'));
    const { stores } = cells[broken as 'alpha' | 'beta'];
    for (const id of [`${broken}-1`, `${broken}-2`])
      await tellHubsOf(bus, stores, (await stores.archive.header(id))!);
    await mended.caughtUp();
    expect(await mended.clusters()).toMatchObject({
      alpha: { told: { feed: { logged: 2, missing: [] } }, problem: null },
      beta: { told: { feed: { logged: 2, missing: [] } }, problem: null },
    });
    expect((await mended.app.get(Readiness).look()).checks['clusters']).toEqual({ ready: true });
  });
});
