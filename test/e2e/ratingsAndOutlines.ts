/** What the panel shows of a selected nodule's readers, and that each outline is shown and hidden alone. */
import { expect } from '@jest/globals';
import { until, type ViewerPage } from '../support/browser.ts';

/** @param readers their numbers, from 0 */
export async function ratingsAndOutlines(viewer: ViewerPage, readers: readonly number[]): Promise<void> {
  const outlines = (of: string) => viewer.page.locator(`[data-nodulelab=overlay] polygon[${of}]`);
  expect(await outlines('data-consensus').count()).toBeGreaterThan(0);
  await viewer.see('ratings-fold').click();
  expect(await viewer.see('ratings').innerText()).toMatch(/Malignancy\s+\d/);
  await viewer.picture('nodule');
  await viewer.see('ratings-fold').click();

  const first = Math.min(...readers);
  const ofFirst = outlines(`data-reader="${first}"`);
  const toggle = viewer.see(`reader-${first + 1}`);
  await toggle.click();
  expect(
    await until(
      () => ofFirst.count(),
      (count) => count === 0,
    ),
  ).toBe(0);
  await toggle.click();
  expect(
    await until(
      () => ofFirst.count(),
      (count) => count > 0,
    ),
  ).toBeGreaterThan(0);
}
