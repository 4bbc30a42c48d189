import { anyone, doorOf, doorSettings, type Authority } from '@margay/api';
import { Problem, readConfig } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { apiHere } from '../testing/api-application.ts';
import { freePort } from '../testing/free-port.ts';
import { CLIENT, loginProvider } from '../testing/login-provider.ts';
import { keepPicture, openBrowser, openPage, seriousFindings } from './browser.ts';

/** A cluster that lets whomever the provider names see everything. */
const authority: Authority = {
  ofToken: async () => {
    throw new Problem(401, 'Unauthorized', 'The token is not valid');
  },
  ofUser: ({ name }) => ({ ...anyone.everybody!, name }),
};

/** An API whose people sign in by a provider, which is away until it is opened. */
async function installation(name = 'Example') {
  const port = await freePort(1);
  const url = `http://127.0.0.1:${port}`;
  const door = doorOf(
    readConfig(z.object(doorSettings), {
      API_URL: url,
      OIDC_ISSUER: `http://localhost:${port + 1}`,
      OIDC_CLIENT_ID: CLIENT.id,
      OIDC_CLIENT_SECRET: CLIENT.secret,
      OIDC_NAME: name,
      OIDC_USERNAME_PREFIX: '-',
    }),
  );
  const server = await apiHere({ stores: openEmbedded(':memory:'), access: authority, door });
  onTestFinished(() => server.close());
  await server.listen(port, '127.0.0.1');
  const openProvider = async () =>
    onTestFinished(await loginProvider(port + 1, `${url}/login/oidc/callback`));
  return { url, openProvider };
}

async function open(width: number) {
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const { page, problems } = await openPage(browser, { isMobile: width < 640 });
  await page.setViewportSize({ width, height: 844 });
  const look = async (name: string) => {
    await keepPicture(page, `${name}-${width}`);
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
    expect(await seriousFindings(page)).toEqual([]);
  };
  return { page, problems, look };
}

const statusOf = (page: Page, path: string) =>
  page.evaluate<number>(`fetch('${path}').then(({ status }) => status)`);

const WIDTHS = [1280, 390];

test.each(WIDTHS)(
  'by the button one goes to the provider, comes back to the page that was open, is named, and signs out, %i pixels wide',
  async (width) => {
    const { url, openProvider } = await installation();
    await openProvider();
    const { page, problems, look } = await open(width);
    await page.goto(`${url}/#/coverage`);
    const button = page.getByRole('link', { name: 'Sign in with Example' });
    await button.waitFor();
    await look('sign-in');
    await button.click();
    await page.getByRole('link', { name: 'Continue as candice' }).click();
    await page.getByRole('heading', { name: 'Coverage' }).waitFor();
    expect(page.url()).toBe(`${url}/#/coverage`);
    await page.locator('header').getByText('candice').waitFor();
    await look('signed-in');
    const cookies = await page.context().cookies(url);
    const [session] = cookies.filter(({ name }) => name === 'margay-session');
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    // Nothing of the way there stays behind.
    expect(cookies.map(({ name }) => name)).not.toContain('margay-login');

    await page.getByRole('button', { name: 'Sign out' }).click();
    // The session has ended here already; the provider asks whether to end its own.
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).origin).toBe(url);
    expect(await page.locator('header').textContent()).not.toContain('candice');
    expect(await statusOf(page, '/api/v1/cluster')).toBe(401);
    // It has ended, and is not only forgotten here.
    await page.context().addCookies([session!]);
    expect(await statusOf(page, '/api/v1/cluster')).toBe(401);
    // Nobody who was not asked who they are was told anything.
    expect(problems.filter((problem) => !problem.includes('401 (Unauthorized)'))).toEqual([]);
  },
);

test.each(WIDTHS)(
  'who is refused by the provider, or finds it away, is told so, and may try again, %i pixels wide',
  async (width) => {
    const { url, openProvider } = await installation('<img src=x onerror=hacked()>');
    const { page, problems, look } = await open(width);
    const button = page.getByRole('link', { name: 'Sign in with <img src=x onerror=hacked()>' });
    await page.goto(`${url}/#/coverage`);
    await button.click();
    await page.getByRole('heading', { name: 'Signing in is not possible now' }).waitFor();
    await page.getByRole('alert').getByText('cannot be asked now').waitFor();
    await look('provider-away');

    await openProvider();
    await page.getByRole('link', { name: 'Back to the first page' }).click();
    await button.click();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    await page.getByRole('alert').getByText('access_denied').waitFor();
    await look('provider-refuses');

    await page.getByRole('link', { name: 'Back to the first page' }).click();
    await button.click();
    await page.getByRole('link', { name: 'Continue as candice' }).click();
    await page.locator('header').getByText('candice').waitFor();
    expect(problems.filter((problem) => !/40[13] \(|503 \(/.test(problem))).toEqual([]);
  },
);
