import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { allureResultsOf } from '../../reports/allure/check-result.ts';
import { generateAllureReport } from '../../reports/allure/generate.ts';
import { foreignResults, payload } from '../../reports/synthetic-runs/synthetic-run.ts';
import { command as compareCommand } from './compare.ts';

// Pages of results in which every text is hostile, whoever wrote them. Nothing of it may run or become an element.

const executablePath = process.env.RDC_CHROMIUM ?? '/usr/bin/chromium';
const canSkip = !existsSync(executablePath) && !process.env.CI;
if (canSkip) console.log(`skipped: hostile results in a browser (no ${executablePath}; apt-get install chromium)`);

const folder = mkdtempSync(join(tmpdir(), 'rdc-strangers-'));
let browser: Browser;

/** A run folder as it may be handed over: results, evidence, and Allure results that nobody of us wrote. */
function writeRun(name: string): string {
  const run = join(folder, name);
  mkdirSync(join(run, 'evidence'), { recursive: true });
  writeFileSync(join(run, 'results.json'), JSON.stringify(foreignResults()));
  for (const index of [1, 2, 3, 4]) writeFileSync(join(run, 'evidence', `X-${index}.txt`), payload);
  const allure = allureResultsOf(run);
  mkdirSync(allure, { recursive: true });
  const attachments = ['text/html', 'image/svg+xml'].map((type, index) => ({
    name: payload,
    source: `${index}`,
    type,
  }));
  for (const { source } of attachments) writeFileSync(join(allure, source), payload);
  const statuses = { 'X-0': 'passed', 'X-1': 'skipped', 'X-4': 'broken' };
  for (const [testCaseId, status] of Object.entries(statuses)) {
    const forged = { uuid: testCaseId, testCaseId, status, name: testCaseId, descriptionHtml: payload, attachments };
    writeFileSync(
      join(allure, `${testCaseId}-result.json`),
      JSON.stringify({ ...forged, stage: 'finished', labels: [] }),
    );
  }
  return run;
}

async function open(file: string): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage();
  const said: string[] = [];
  page.on('dialog', (dialog) => {
    said.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) said.push(`request ${request.url().slice(0, 80)}`);
  });
  await page.goto(`file://${file}`);
  return { page, said };
}

/** In every frame of the page: what ran, what was injected, and what text reorders or hides. */
async function harmIn(page: Page): Promise<string[]> {
  const look = `(() => {
    const injected = ['#rdc-injected', 'img[src="x"]', 'img[src^="http"]', 'svg[onload]', 'iframe[srcdoc^="<script>parent"]',
      'a[href^="javascript"]', '[onerror]'].filter((selector) => document.querySelector(selector));
    const bidi = /[\\u202a-\\u202e\\u2066-\\u2069\\u200f\\u061c\\u0000-\\u0008\\u000b\\u001b\\u007f-\\u009f]/.test(document.body?.innerText ?? '');
    return [...injected, ...(window.rdcOwned ? ['a script ran'] : []), ...(bidi ? ['reordered text'] : [])];
  })()`;
  const found = await Promise.all(page.frames().map((frame) => frame.evaluate(look).catch(() => [])));
  return (found as string[][]).flat();
}

describe.skipIf(canSkip)('pages of a stranger’s results', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the Allure report: all of it is text, in every view', async () => {
    const { path: index } = await generateAllureReport(writeRun('allure'));
    const { page, said } = await open(index);
    await page.getByText('X-1').first().waitFor();
    for (const id of ['X-1', 'X-2', 'X-4']) {
      await page.goto(`file://${index}`);
      await page.getByText(id).last().click();
      await page.getByText('evidence', { exact: true }).first().click();
      await page.getByText('end of it').first().waitFor();
      expect(await harmIn(page), id).toEqual([]);
    }
    const text = String(await page.evaluate('document.body.innerText'));
    expect(text).toContain('<script>window.rdcOwned=1</script>');
    expect(said).toEqual([]);
    await page.screenshot({
      path: process.env.RDC_SHOTS ? join(process.env.RDC_SHOTS, 'allure.png') : join(folder, 'a.png'),
    });
    await page.close();
  });

  it('the comparison page: all of it is text, in every view', async () => {
    const html = join(folder, 'compare.html');
    const runs = [writeRun('one'), writeRun('two')];
    const other = foreignResults('other');
    other.facts.host.kernel = `${payload} 2`;
    Object.assign(other.checks[0] ?? {}, { verdict: 'fail' });
    Object.assign(other.ledger, { pass: 0, fail: 2 });
    writeFileSync(join(runs[1] ?? '', 'results.json'), JSON.stringify(other));
    await compareCommand.run([...runs, '--html', html]);
    const { page, said } = await open(html);
    await page.getByLabel('only what differs').uncheck();
    for (const button of await page.locator('#checks button').all()) {
      await button.click();
      expect(await harmIn(page)).toEqual([]);
      await page.keyboard.press('Escape');
    }
    const text = String(await page.evaluate('document.body.innerText'));
    expect(text).toContain('<script>window.rdcOwned=1</script>');
    expect(said).toEqual([]);
    await page.screenshot({
      path: process.env.RDC_SHOTS ? join(process.env.RDC_SHOTS, 'compare.png') : join(folder, 'c.png'),
    });
    await page.close();
  });
});
