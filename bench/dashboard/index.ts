import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { anyone } from '@margay/api';
import { ApiModule } from '@margay/api/module';
import { computeReport } from '@margay/reports';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { openEmbedded } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { archiveBigReport } from '../../test/browser/big-report.ts';
import { openBrowser, openPage } from '../../test/browser/browser.ts';
import { benchCluster } from '../reports/cluster.ts';

const ROUNDS = 9;
const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const verdict = (milliseconds: number, goal: number) =>
  `${milliseconds.toFixed(0)} ms   goal ≤ ${goal} ms: ${milliseconds <= goal ? 'met' : 'MISSED'}`;

/** The dashboard in a browser: its first page over many archived runs, and a filter on many rows. */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<void> {
  const [runs, rows] = quick ? [500, 10_000] : [5_000, 100_000];
  const stores = openEmbedded(':memory:');
  const { versions, window } = benchCluster(100, 10);
  const small = computeReport({
    name: 'daily',
    spec: { reportType: 'inventory' },
    window,
    cluster: 'bench',
    versions,
    policyEvents: [],
    flows: [],
  });
  for (let i = 0; i < runs; i++) await archiveBigReport(stores, small, 1, `daily-${i}`);
  await archiveBigReport(stores, small, rows);
  const stopping = new AbortController();
  const given = {
    module: class Given {},
    providers: [{ provide: STORES, useValue: stores }],
    exports: [STORES],
  };
  const { url, ended } = await startApplication({
    modules: [ApiModule.over({ cluster: 'bench', access: () => anyone }, given)],
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
  });
  const browser = await openBrowser();
  try {
    const first: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { page } = await openPage(browser);
      const start = performance.now();
      await page.goto(url);
      await page.locator('article.card').first().waitFor();
      first.push(performance.now() - start);
      await page.context().close();
    }
    print(
      `first page with ${runs} archived runs: the first time ${first[0]!.toFixed(0)} ms, then ${verdict(median(first.slice(1)), 1_500)}`,
    );

    const ask = async (filter: string) => {
      const start = performance.now();
      const answer = await fetch(`${url}/api/v1/runs/big/rows/endpoints?limit=100&filter=${filter}`);
      await answer.arrayBuffer();
      return performance.now() - start;
    };
    const reading = await ask('nothing');
    const answers: number[] = [];
    for (let round = 0; round < ROUNDS; round++) answers.push(await ask(`shop-${round}/+web-0`));
    // What every filter must do at least: look into each text once.
    const texts = Array.from({ length: rows }, (_, i) =>
      `pod.v1(shop-${i % 100}/web-${i}) default `.repeat(3),
    );
    const scans: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      found = texts.filter((text) => text.includes(`shop-${round}/`)).length;
      scans.push(performance.now() - start);
    }
    print(
      `a filter on ${rows} rows: the first time ${reading.toFixed(0)} ms, then ${verdict(median(answers), 100)}; ` +
        `${(median(answers) / median(scans)).toFixed(1)} times a plain scan`,
    );
    const { page } = await openPage(browser);
    await page.goto(`${url}/#/runs/big`);
    await page.getByText(`${rows.toLocaleString('en')} rows`).waitFor();
    const typed: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const start = performance.now();
      await page.getByLabel('Filter').fill(`web-00000${round}`);
      await page.getByText(`1 row`, { exact: true }).waitFor();
      typed.push(performance.now() - start);
      await page.getByLabel('Filter').fill('');
      await page.getByText(`${rows.toLocaleString('en')} rows`).waitFor();
    }
    print(
      `  from typing it to seeing its rows, waiting for more typing included: ${median(typed).toFixed(0)} ms`,
    );
  } finally {
    await browser.close();
    stopping.abort();
    await ended;
    await stores.close();
  }
}

/** The last result, so that no work can be left out. */
export let found = 0;

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  await run(console.log, { quick: argv.includes('--quick') });
}
