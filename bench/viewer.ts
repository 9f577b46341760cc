/** How soon and how smoothly the panel paints, and what it weighs, in a real browser (headless Chromium, software rendering). */
import { brotliCompressSync } from 'node:zlib';
import { Product } from '../test/e2e/product.ts';
import { ViewerPage } from '../test/support/browser.ts';
import { markUntil } from '../test/support/manyNodules.ts';
import { framesDuring, paintsOf, watchPaints, wheelThrough } from '../test/support/viewerFigures.ts';
import { bundlePlugins } from '../viewer/build.ts';
import type { Row } from './row.ts';

const NODULES = 50;
const LIST = '[data-testid=nodulelab-panel] .nl-list:has(.nl-nodule)';

export async function benchViewer(): Promise<Row[]> {
  const scripts = (await bundlePlugins()).filter(({ path }) => path.endsWith('.js'));
  const bytes = scripts.reduce((sum, { contents }) => sum + brotliCompressSync(contents).length, 0);
  const product = await Product.start('--demo-size', 'small');
  const viewer = await ViewerPage.open(product.url, 'bench');
  try {
    const { seriesInstanceUID, count } = await product.welcome();
    await markUntil(product.url, seriesInstanceUID, NODULES);
    await watchPaints(viewer.page);
    await viewer.page.goto(product.open);
    const { mode, panel } = await paintsOf(viewer.page);
    await viewer.see(`candidate-${count}`).waitFor({ timeout: 120_000 });
    await viewer.volumeLoaded();
    // What a page does after it was opened is over.
    await viewer.page.waitForTimeout(5_000);
    const { drawn, dropped } = await framesDuring(viewer.page, () => wheelThrough(viewer.page, LIST));
    return [
      {
        what: "viewer: panel painted after the mode's first frame",
        value: panel - mode,
        unit: 'ms',
        goal: 'at most 1000',
      },
      {
        what: `viewer: frames dropped while a list of ${NODULES} nodules scrolls`,
        value: (100 * dropped) / Math.max(1, drawn + dropped),
        unit: '%',
        goal: 'none',
        note: `${dropped} of ${drawn + dropped}`,
      },
      { what: 'viewer: extension and mode, brotli', value: bytes / 1000, unit: 'kB', goal: 'at most 250' },
    ];
  } finally {
    await viewer.close();
    await product.remove();
  }
}
