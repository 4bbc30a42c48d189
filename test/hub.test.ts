import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNews } from '@margay/contracts';
import { openEmbeddedBus, publishAll, type Bus } from '@margay/messaging';
import { computeWindow, workOn } from '@margay/report-worker';
import { splitReport } from '@margay/reports';
import { openEmbedded, type Stores } from '@margay/storage';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cellsOf, hubHere, logKeyOf } from './testing/hub-here.ts';
import { recordedStores, SPAN, windowOf } from './testing/recorded-stores.ts';

/** One API over cells, each with stores of its own, that tell it of their clusters by topic. */
const NOW = SPAN.end + 3_600_000_000;
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

/** The worker of a cell, whose reports have the evidence of the recorded cluster. */
function cellOf(cluster: string) {
  const stores = openEmbedded(':memory:');
  closing.push(() => stores.close());
  const own = { ...evidence, archive: stores.archive, ledger: stores.ledger, windows: stores.windows };
  return {
    stores,
    async report(id: string): Promise<void> {
      const window = { ...windowOf(id, 'inventory'), cluster, reportName: 'daily' };
      await stores.windows.emit([window], NOW);
      const result = await workOn(window, {
        bus,
        stores: own,
        compute: async (asked) => {
          const { header, digest, parts } = splitReport(await computeWindow(evidence, asked));
          return { header, digest, parts: [...parts], read: await evidence.arrivals.place() };
        },
        now: () => NOW,
        signal: new AbortController().signal,
        evidenceMilliseconds: 0,
        ledgerKey: logKeyOf(cluster),
        tell: {
          failed: (_, error) => {
            throw error;
          },
          away: () => {},
          late: () => {},
          logged: () => {},
          unlogged: (error) => {
            throw error;
          },
        },
      });
      expect(result).toBe('completed');
    },
  };
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
  const { ask, caughtUp } = await hub(cellsOf('alpha', 'beta'));
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
