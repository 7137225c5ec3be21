/** A real Chromium, which asks nobody but the service under test. */
import { mkdirSync } from 'node:fs';

import { chromium, type Browser, type Page } from 'playwright-core';

const SCREENSHOTS = new URL('../../screenshots/', import.meta.url).pathname;

/** How a person's device differs. */
export const DEVICES = {
  desktop: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained of: the console's errors, and what broke the page's policy. */
  readonly complaints: readonly string[];
  /** Every URL that was asked for. */
  readonly requested: readonly string[];
}

/** A visitor in Paris who reads English, on one device in one light. */
export async function visit(
  browser: Browser,
  url: string,
  { device = 'desktop', colorScheme = 'light' }: { device?: keyof typeof DEVICES; colorScheme?: 'light' | 'dark' } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: DEVICES[device],
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requested.push(request.url()));
  await page.goto(url);
  return { page, complaints, requested, [Symbol.asyncDispose]: () => context.close() };
}

/** Keeps a picture of a whole page, for a person to look at; the folder is not committed. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}
