import { existsSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts a headless Chromium. @throws Error that says how to name one. */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? INSTALLED.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error('There is no Chromium: install one, or name it in CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
}

/**
 * A page, and everything that went wrong on it.
 *
 * @param look `isMobile`: as on a telephone, where a page that does not say how wide it is is drawn as wide as on a desk, and small.
 */
export async function openPage(
  browser: Browser,
  { colorScheme = 'light', isMobile = false }: { colorScheme?: 'light' | 'dark'; isMobile?: boolean } = {},
) {
  const context = await browser.newContext({ colorScheme, isMobile, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return { page, problems };
}

/** Keeps a picture of the page, for whoever looks at it, in the folder that MARGAY_NARROW names. */
export async function keepPicture(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  const folder = process.env['MARGAY_NARROW'];
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}

/** What an accessibility checker finds serious on the page. */
export async function seriousFindings(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `${axe.source}; axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
  );
}
