/** axe-core on a page of the viewer: what keeps people from using our panels, in its own words. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const COUNTED = ['serious', 'critical'];

/**
 * @param within selector of what is ours; the rest of the page is OHIF's
 * @returns a line for each serious or critical finding, with the element
 */
export async function findings(page: Page, within: string): Promise<string[]> {
  // Not by a script element: the page's own policy would not let it in.
  await page.evaluate(`void (window.axe ?? (() => { ${SOURCE} })())`);
  const { violations } = await page.evaluate(
    (selector) =>
      (window as unknown as { axe: typeof axe }).axe.run(selector, { resultTypes: ['violations'] }),
    within,
  );
  return violations
    .filter(({ impact }) => COUNTED.includes(impact ?? ''))
    .flatMap(({ id, impact, help, nodes }) =>
      nodes.map(
        ({ html, any, all, none }) =>
          `${impact} ${id}: ${help}: ${html.slice(0, 160)} (${[...any, ...all, ...none].map(({ message }) => message).join('; ')})`,
      ),
    );
}
