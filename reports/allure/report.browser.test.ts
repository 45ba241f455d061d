import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { seriousFindings } from '../synthetic-runs/accessibility.ts';
import { syntheticRun } from '../synthetic-runs/synthetic-run.ts';

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const canSkip = !existsSync(executablePath) && !process.env.CI;
if (canSkip) console.log(`skipped: the report in a browser (no ${executablePath}; apt-get install chromium)`);

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const { folder } = syntheticRun();
const index = join(folder, 'allure-report', 'index.html');
let browser: Browser;
let output = '';

async function openReport(options: BrowserContextOptions = {}): Promise<{ page: Page; requests: string[] }> {
  const page = await browser.newPage(options);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url().slice(0, 60)));
  await page.goto(`file://${index}`);
  await page.locator('#app').getByText('PRE-SUBID-COUNT').first().waitFor();
  return { page, requests };
}

// Hidden text would be in textContent as well.
async function visibleText(page: Page): Promise<string> {
  return String(await page.evaluate('document.body.innerText'));
}

describe.skipIf(canSkip)(
  'the Allure report, built through vitest and allure-vitest, opened from disk',
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      const script = fileURLToPath(new URL('../synthetic-runs/vitest-run.ts', import.meta.url));
      const env = { ...process.env, VITEST: undefined, NODE_ENV: undefined };
      const child = spawnSync(process.execPath, [script, folder], { encoding: 'utf8', env, timeout: 90_000 });
      output = child.stdout + child.stderr;
      browser = await chromium.launch({ executablePath, args });
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
    });

    it('counts every check of both targets by its verdict', async () => {
      expect(existsSync(index), output).toBe(true);
      const { page } = await openReport();
      const text = (await visibleText(page)).replaceAll('\n', ' ');
      expect(text).toMatch(/Total 19 Failed 4 Broken 2 Passed 10 Skipped 3/);
      expect(text).toContain('debian-12 does not conform: 1 MUST fails.');
      await page.close();
    });

    it('shows a failed check with reason, remedy, source and evidence; markup in them is text', async () => {
      const { page, requests } = await openReport();
      const title = await page.title();
      await page.locator('#app').getByText('PRE-SUBID-COUNT').last().click();
      await page.getByText('$ cat /etc/subuid').first().waitFor();
      await page.getByText('output', { exact: true }).first().click();
      await page.getByText('tester:100000:4096').waitFor();
      const text = await visibleText(page);
      const description = page.frameLocator('iframe').first();
      await description.getByText('sudo usermod --add-subuids 100000-165535').waitFor();
      expect(text).toContain('subordinate UIDs: expected at least 65536, found 4096 <script>document.title');
      expect(text).toMatch(/tester:100000:4096\n<script>document\.title = "owned"<\/script><img/);
      expect(await page.getByRole('link', { name: 'prerequisites' }).first().getAttribute('href')).toContain(
        'docs.docker.com',
      );
      await description.getByText('the host: the same fails for the user without Docker').waitFor();
      await description.getByText('without Docker: fails: a user namespace: exit code 1').waitFor();
      expect(await description.getByRole('link', { name: 'link' }).count()).toBe(0);
      expect(await description.locator('b').count()).toBe(0);
      await page.getByText('the same, seen from elsewhere').waitFor();
      expect(await page.title()).toBe(title);
      expect(requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
      await page.close();
    });

    it('shows why a check was skipped or blocked, on a phone too', async () => {
      const { page } = await openReport({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
      expect(await page.evaluate('[innerWidth, document.documentElement.clientWidth]')).toEqual([390, 390]);
      await page.locator('#app').getByText('PORT-PRIV-SYSCTL').last().click();
      await page.getByText('port 80 is unprivileged on this host').first().waitFor();
      await page.goto(`file://${index}`);
      await page.locator('#app').getByText('CG-MEM').last().click();
      await page.getByText('blocked by PRE-SUBID-COUNT: no container starts').first().waitFor();
      const isScrolledSideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect(isScrolledSideways).toBe(false);
      await page.close();
    });

    it.each([
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ] as const)('axe finds nothing serious (%s, %i pixels)', async (colorScheme, width) => {
      const { page } = await openReport({ colorScheme, viewport: { width, height: 800 } });
      expect(await seriousFindings(page), 'list').toEqual([]);
      await page.locator('#app').getByText('PRE-SUBID-COUNT').last().click();
      await page.getByText('$ cat /etc/subuid').first().waitFor();
      expect(await seriousFindings(page), 'check').toEqual([]);
      await page.close();
    });

    it('junit.xml of the same run is well-formed to a browser', async () => {
      const { page } = await openReport();
      const xml = JSON.stringify(readFileSync(join(folder, 'debian-13', 'junit.xml'), 'utf8'));
      const parsed = `new DOMParser().parseFromString(${xml}, 'application/xml')`;
      expect(await page.evaluate(`${parsed}.querySelectorAll('parsererror').length`)).toBe(0);
      expect(await page.evaluate(`${parsed}.querySelectorAll('testcase').length`)).toBe(11);
      await page.close();
    });
  },
);
