import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds serious or critical on a page as it stands: the rule, and the first elements. */
export async function seriousFindings(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]))`);
}
