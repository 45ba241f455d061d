import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';
import { generateAllureReport } from './generate.ts';

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const canSkip = !existsSync(executablePath) && !process.env.CI;
if (canSkip) console.log(`skipped: trends in a browser (no ${executablePath}; apt-get install chromium)`);

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const { folder } = syntheticRun();
const history = join(folder, 'history');
const failed = { verdict: 'fail', reason: 'subordinate UIDs: 4096' } as const;

/** One run of both targets on a day of November, with its report. */
async function reportOf(day: string, told: Readonly<Record<string, Partial<CheckResult>>>) {
  const startedAt = new Date(`2026-11-${day}T02:10:00Z`);
  const run = syntheticRun({ folder: join(folder, day), id: `2026-11-${day}T02-10-00Z-3f9a`, startedAt });
  mkdirSync(run.folder);
  for (const [name, changes] of Object.entries(told)) {
    const record = new TargetRecord(run, syntheticTarget(run, name, [checks.uidMap, checks.subid]));
    record.judge(judged(checks.uidMap));
    record.judge(judged(checks.subid, changes));
    record.end({ infraRetries: 0 });
    writeResultsFile(record.target.folder, record.results());
  }
  return await generateAllureReport(run.folder, history);
}

describe.skipIf(canSkip)('three runs with a history, opened from disk', { timeout: 60_000 }, () => {
  let browser: Browser;
  let page: Page;
  let report: Awaited<ReturnType<typeof reportOf>>;
  const text = async () => String(await page.evaluate('document.body.innerText')).replaceAll('\n', ' ');

  beforeAll(async () => {
    await reportOf('01', { 'debian-13': failed, 'debian-12': {} });
    await reportOf('02', { 'debian-13': {} });
    writeFileSync(join(history, 'debian-13', 'damaged.json'), '{"schema":');
    report = await reportOf('03', { 'debian-13': failed, 'debian-12': failed });
    browser = await chromium.launch({ executablePath, args });
    page = await browser.newPage({ locale: 'en-US', timezoneId: 'UTC' });
    await page.goto(`file://${report.path}`);
    await page.locator('#app').getByText('PRE-SUBID-COUNT').first().waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
  });

  it('a check has the verdicts of its own target and of no other', async () => {
    await page.locator('#app').getByText('PRE-SUBID-COUNT').last().click();
    await page
      .getByText(/^History/)
      .first()
      .click();
    await page.getByText('11/2/2026').first().waitFor();
    const shown = await text();
    expect(shown).toMatch(/History 2 .*11\/2\/2026 .*11\/1\/2026 /);
    await page.goto(`file://${report.path}`);
    // debian-12 comes first, and was not in the second run
    await page.locator('#app').getByText('PRE-SUBID-COUNT').first().click();
    await page
      .getByText(/^History/)
      .first()
      .waitFor();
    expect(await text()).toContain('History 1');
  });

  it('the graphs count each run', async () => {
    await page.goto(`file://${report.path}#charts`);
    await page.getByText('Verdicts over the runs').waitFor();
    await page.getByText('Regressed and fixed').waitFor();
    const shown = await text();
    expect(shown).toMatch(/Verdicts over the runs 11\/1\/2026 11\/2\/2026 Latest/);
    expect(shown).not.toContain('No results');
  });

  it('what is damaged is one note, and nothing is left behind', () => {
    expect(report.notes).toEqual([
      expect.stringMatching(/^left out of the trends, .*debian-13\/damaged\.json: .*JSON/),
    ]);
    expect(readdirSync(join(folder, '03')).sort()).toEqual(['allure-report', 'debian-12', 'debian-13']);
    expect(readdirSync(join(history, 'debian-12'))).toHaveLength(2);
  });

  it('a report built again, of an older run too, shows what was before it and adds nothing', async () => {
    const again = await rebuiltReportOf('01');
    await page.goto(`file://${again}`);
    await page.locator('#app').getByText('PRE-SUBID-COUNT').last().click();
    await page
      .getByText(/^Overview/)
      .first()
      .waitFor();
    expect(
      await page
        .getByText(/^History/)
        .first()
        .isVisible(),
    ).toBe(false);
    expect(readdirSync(join(history, 'debian-13'))).toHaveLength(4);
  });
});

async function rebuiltReportOf(day: string): Promise<string> {
  return (await generateAllureReport(join(folder, day), history)).path;
}
