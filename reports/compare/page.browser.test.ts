import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { compareResults } from './compare.ts';
import { comparisonPage } from './page.ts';

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const canSkip = !existsSync(executablePath) && !process.env.CI;
if (canSkip) console.log(`skipped: the comparison in a browser (no ${executablePath}; apt-get install chromium)`);

const markup = '</script><script>document.title = "owned"</script><img src=x onerror="document.title=1">';
const file = join(mkdtempSync(join(tmpdir(), 'rdc-compare-')), 'compare.html');
const hosts = [
  resultsWith('debian-12', [
    { id: 'CG-CPU', verdict: 'pass' },
    { id: 'CG-MEM', verdict: 'pass' },
    { id: 'NS-UIDMAP', verdict: 'pass', area: 'namespaces' },
  ]),
  resultsWith(
    'debian-13',
    [
      { id: 'CG-CPU', verdict: 'fail', reason: `cpu.max: ${markup}`, remedy: 'delegate cpu\ndaemon-reload' },
      { id: 'CG-MEM', verdict: 'pass' },
      { id: 'NS-UIDMAP', verdict: 'pass', area: 'namespaces' },
    ],
    { host: { systemdVersion: markup } },
  ),
];
let browser: Browser;

async function openPage(width = 1200, height = 800): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`file://${file}`);
  return page;
}

describe.skipIf(canSkip)('the comparison page, opened from disk', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    writeFileSync(
      file,
      comparisonPage(compareResults(hosts), { '0.1': `cpu.max is max\n${markup}${'\nmore'.repeat(40)}` }),
    );
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  it('shows what differs, and all on request', async () => {
    const page = await openPage();
    const rows = page.locator('#checks tr[data-change]:visible');
    expect(await rows.count()).toBe(1);
    await page.getByLabel('only what differs').uncheck();
    expect(await rows.count()).toBe(3);
    await page.getByLabel('find').fill('uidmap');
    expect(await rows.count()).toBe(1);
    expect(await page.getByRole('status').textContent()).toBe('1 of 3 checks');
    await page.close();
  });

  it('opens reason, facts, remedy and evidence by the keyboard; markup of a target is text', async () => {
    const page = await openPage();
    const title = await page.title();
    const cell = page.getByRole('button', { name: 'fail' });
    await cell.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'CG-CPU on debian-13' });
    await dialog.waitFor();
    const text = String(await dialog.textContent());
    for (const part of [
      'cpu.max: </script>',
      'delegate cpu',
      'cpu.max is max',
      'perhaps because of host.systemdVersion',
    ]) {
      expect(text).toContain(part);
    }
    expect(await page.evaluate("document.getElementById('details').innerText")).toMatch(/delegate cpu\ndaemon-reload/);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    expect(await page.title()).toBe(title);
    expect(await page.locator('img').count()).toBe(0);
    await page.close();
  });

  it.each([1200, 390])(
    'at %i pixels the dialog opens at its title and reason, however it was left before',
    async (width) => {
      const page = await openPage(width, 500);
      const top = '(({ scrollTop, scrollHeight, clientHeight }) => [scrollTop, scrollHeight > clientHeight])';
      for (let time = 0; time < 2; time += 1) {
        await page.getByRole('button', { name: 'fail' }).click();
        await page.getByRole('dialog').waitFor();
        expect(await page.evaluate(`${top}(document.getElementById('details'))`)).toEqual([0, true]);
        await page.evaluate("document.getElementById('details').scrollTo(0, 10000)");
        await page.keyboard.press('Escape');
      }
      await page.close();
    },
  );

  it('fits a phone: the table scrolls in its own box, the page does not', async () => {
    const page = await openPage(390);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await page.getByRole('button', { name: 'fail' }).isVisible()).toBe(true);
    await page.close();
  });
});
