import { anyone } from '@margay/api';
import { canarySource, markOf, type Canary, type CoverageMark, type Read } from '@margay/coverage';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from '../testing/api-application.ts';
import { report, SPAN, windowOf } from '../testing/recorded-stores.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

const STEP = 30_000_000;
const [FIRST, STOPPED, LAST] = [0, 5, 9];
const SERVER = '10.0.0.1:6443';
const canary = (sequence: number) => ({ writer: 'w', server: SERVER, servers: 1, sequence });
const at = (sequence: number) => SPAN.start + sequence * STEP;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A source in which the canaries up to one came. */
const cameIn = (source: string, last: number): CoverageMark =>
  markOf(
    source,
    1,
    last + 2,
    numbers(FIRST, last).map((n) => ({
      position: n + 1,
      reading: { kind: 'ignored', reason: 'canary', at: at(n), canary: canary(n) },
    })),
  );

const written = (sequence: number): Canary => ({ ...canary(sequence), state: 'written', at: at(sequence) });
const refused: Read = {
  position: 1,
  reading: {
    kind: 'doubtful',
    reason: 'unwatched',
    at: at(LAST),
    message: 'networkpolicies.networking.k8s.io cannot be watched: forbidden',
  },
};
const notWritten: Canary = {
  ...canary(LAST),
  server: '10.0.0.2:6443',
  state: 'failed',
  at: at(LAST),
  message:
    'The API server 10.0.0.2:6443 refused to write leases.coordination.k8s.io margay/margay-canary: forbidden',
};

/** One log tells everything, one stopped, one API server refuses canaries, and a kind may not be watched. */
async function storesWithCanaries() {
  const stores = openEmbedded(':memory:');
  const told = markOf(canarySource('w'), 0, 1, []);
  await stores.coverage.append([
    cameIn('webhook:whole', LAST),
    cameIn('webhook:stopped', STOPPED),
    markOf('watch/networkpolicies.networking.k8s.io@m', 1, 2, [refused]),
    { ...told, canaries: [...numbers(FIRST, LAST).map(written), notWritten] },
  ]);
  return stores;
}

test.each([
  [1280, 'light'],
  [390, 'light'],
  [390, 'dark'],
] as const)('coverage says how each source is, %i pixels wide, %s', async (width, scheme) => {
  const stores = await storesWithCanaries();
  await report(stores, windowOf('proven-1', 'inventory', { start: at(1), end: at(4) }));
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const server = await apiHere({ stores, access: anyone });
  onTestFinished(() => server.close());
  const { page, problems } = await openPage(browser, { colorScheme: scheme });
  await page.setViewportSize({ width, height: 844 });
  const url = await addressOf(server);
  const look = async (name: string) => {
    await keepPicture(page, `${name}-${width}-${scheme}`, { fullPage: true });
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
    expect(await seriousFindings(page)).toEqual([]);
  };
  await page.goto(`${url}/#/coverage`);
  const card = (name: string) => page.locator('section.card', { has: page.getByRole('heading', { name }) });
  await card('webhook:whole').getByText('they come').waitFor();
  await card('webhook:stopped').getByText('silent since').waitFor();
  await card('watch/networkpolicies').locator('p.bad', { hasText: 'cannot be watched: forbidden' }).waitFor();
  const canaries = page.getByRole('region', { name: 'Canaries' }).locator('tbody');
  expect(await canaries.textContent()).toContain(SERVER);
  expect(await canaries.textContent()).toContain('refused to write');
  await look('sources');
  // What matters most is seen without moving anything sideways.
  for (const sign of ['silent since', 'they come', 'refused to write']) {
    const { x, width: wide } = (await page.getByText(sign).first().boundingBox())!;
    expect(x + wide).toBeLessThanOrEqual(width);
  }

  await page.goto(`${url}/#/runs/proven-1`);
  const evidence = page.getByRole('region', { name: 'Evidence' });
  await evidence.getByText(/Canaries that all came prove that .* told all of the API server/).waitFor();
  await look('proven');
  expect(problems).toEqual([]);
});
