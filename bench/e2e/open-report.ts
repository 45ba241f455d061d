import { type Browser, chromium, type Page } from 'playwright-core';

/** A report in headless Chromium, opened from disk as a maintainer opens it. */
export type OpenReport = AsyncDisposable & {
  openTest(title: string): Promise<void>;
  openAttachment(name: string): Promise<void>;
  /** waits until the text is visible on the page or in one of its frames */
  expectText(text: string): Promise<void>;
};

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const timeout = 30_000;

export async function openReport(path: string): Promise<OpenReport> {
  const browser: Browser = await chromium.launch({ executablePath, args });
  const page: Page = await browser.newPage();
  await page.goto(`file://${path}`);
  return {
    openAttachment: (name) => page.getByText(name, { exact: true }).first().click({ timeout }),
    openTest: (title) => page.getByText(title).last().click({ timeout }),
    async expectText(text) {
      const places = [page.getByText(text).first(), page.frameLocator('iframe').first().getByText(text).first()];
      await Promise.any(places.map((place) => place.waitFor({ timeout })));
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
