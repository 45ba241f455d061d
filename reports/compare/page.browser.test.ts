import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { seriousFindings } from '../synthetic-runs/accessibility.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { syntheticFleet } from '../synthetic-runs/fleet.ts';
import { compareResults } from './compare.ts';
import { comparisonPage } from './page.ts';

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const canSkip = !existsSync(executablePath) && !process.env.CI;
if (canSkip) console.log(`skipped: the comparison in a browser (no ${executablePath}; apt-get install chromium)`);

const markup = '</script><script>document.title = "owned"</script><img src=x onerror="document.title=1">';
const folder = mkdtempSync(join(tmpdir(), 'rdc-compare-'));
const file = join(folder, 'compare.html');
const fleetFile = join(folder, 'fleet.html');
const smallFleetFile = join(folder, 'small-fleet.html');
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

async function openPage(width = 1200, height = 800, path = file): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`file://${path}`);
  return page;
}

describe.skipIf(canSkip)('the comparison page, opened from disk', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    writeFileSync(
      file,
      comparisonPage(compareResults(hosts), {
        '0.1': `# sh -c 'sed -n '\\''s/x/y/p'\\'' f'\ncpu.max is max\n${markup}${'\nmore'.repeat(40)}\nexit code 0, 87 ms\n`,
      }),
    );
    writeFileSync(smallFleetFile, comparisonPage(compareResults(syntheticFleet(14, 50)), {}));
    writeFileSync(fleetFile, comparisonPage(compareResults(syntheticFleet(200, 200)), {}));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  it('shows what differs, and all on request', async () => {
    const page = await openPage();
    const rows = page.locator('#checks tr[data-change]:visible');
    expect(await rows.count()).toBe(1);
    await page.getByLabel('all, not only what differs or fails').check();
    expect(await rows.count()).toBe(3);
    await page.getByLabel('find').fill('uidmap');
    expect(await rows.count()).toBe(1);
    expect(await page.getByRole('status').textContent()).toBe('1 of 3 checks');
    const address = new URL(page.url());
    expect(address.hash).toBe('#all=on&find=uidmap');
    await page.goto(`file://${file}#level=MUST&verdict=fail`);
    expect(await rows.allTextContents()).toEqual([expect.stringContaining('CG-CPU')]);
    await page.close();
  });

  it('opens reason, facts, remedy and evidence by the keyboard; markup of a target is text', async () => {
    const page = await openPage();
    const title = await page.title();
    const cell = page.getByRole('button', { name: 'fail: CG-CPU on debian-13' });
    await cell.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'CG-CPU on debian-13' });
    await dialog.waitFor();
    const text = String(await dialog.textContent());
    for (const part of [
      'cpu.max: </script>',
      'delegate cpu',
      'cpu.max is max',
      "# sed -n 's/x/y/p' f",
      'exit code 0, 87 ms',
      'Perhaps because of host.systemdVersion',
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
        await page.getByRole('button', { name: 'fail: CG-CPU on debian-13' }).click();
        await page.getByRole('dialog').waitFor();
        expect(await page.evaluate(`${top}(document.getElementById('details'))`)).toEqual([0, true]);
        await page.evaluate("document.getElementById('details').scrollTo(0, 10000)");
        await page.keyboard.press('Escape');
      }
      await page.close();
    },
  );

  it('says first whether each host conforms, then what fails, why, and what to do', async () => {
    const page = await openPage(390);
    const headings = await page.locator('h2').allTextContents();
    expect(headings.slice(0, 3)).toEqual([
      'debian-12 conforms: every MUST holds.',
      'debian-13 does not conform: 1 MUST fails.',
      'What fails (1)',
    ]);
    expect(await page.locator('.finding').textContent()).toMatch(
      /CG-CPU[\s\S]*debian-13: cpu\.max: <\/script>[\s\S]*delegate cpu/,
    );
    expect(await page.locator('#checks .change').allTextContents()).toEqual(['differs']);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'axe finds nothing serious, with the dialog open and a fleet too (%s)',
    async (colorScheme) => {
      for (const path of [file, smallFleetFile]) {
        for (const width of [1200, 390]) {
          const page = await openPage(width, 800, path);
          await page.emulateMedia({ colorScheme });
          expect(await seriousFindings(page), `${path} ${width}`).toEqual([]);
          await page.locator('#checks button').last().click();
          expect(await seriousFindings(page), `${path} ${width}, dialog`).toEqual([]);
          await page.close();
        }
      }
    },
  );

  it('shows 200 hosts of 200 checks within 2 seconds, with a way into each', async () => {
    const page = await openPage(1200, 800, fleetFile);
    const usable =
      "(() => { const { domContentLoadedEventEnd } = performance.getEntriesByType('navigation')[0]; return domContentLoadedEventEnd; })()";
    expect(await page.evaluate(usable)).toBeLessThan(2_000);
    expect(await page.locator('.fleet').textContent()).toMatch(/^\d+ of 200 hosts conform, \d+ do not\.$/);
    expect(await page.locator('#heat tbody tr:not(.area)').count()).toBe(200);
    expect(await page.locator('#checks thead th').count()).toBe(4);
    expect(await page.locator('.separates').first().textContent()).toMatch(
      /^host\.\S+ may tell them apart .*247: 67 of 67 red/,
    );
    await page.getByRole('button', { name: /red: host-000, cgroups/ }).click();
    expect(await page.locator('#checks thead th').allTextContents()).toEqual([
      'check',
      expect.stringContaining('host-000'),
    ]);
    expect(page.url()).toMatch(/#area=cgroups&host=0$/);
    await page.close();
  });

  it('fits a phone: the table scrolls in its own box, the page does not', async () => {
    const page = await openPage(390);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await page.getByRole('button', { name: 'fail: CG-CPU on debian-13' }).isVisible()).toBe(true);
    await page.close();
  });
});
