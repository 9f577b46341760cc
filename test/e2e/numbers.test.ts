import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { Preview, type Welcome } from '@nodulelab/contract';
import { type Point, ViewerPage } from '../support/browser.ts';
import { markUntil } from '../support/manyNodules.ts';
import {
  exchangesDuring,
  framesDuring,
  paintsOf,
  watchPaints,
  wheelThrough,
} from '../support/viewerFigures.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

const NODULES = 50;
const LIST = '[data-testid=nodulelab-panel] .nl-list:has(.nl-nodule)';
/** HU and opacity of a voxel. */
const BYTES_A_VOXEL = 3;
/** What is told of a preview beside its voxels: its checks with their pictures. */
const ENVELOPE_BYTES = 32_000;
/** Of a request: where, which candidate, how. */
const REQUEST_BYTES = 4_000;

/** Times are printed and not asserted: this machine is not the one that they are promised for. */
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

describe('the viewer in numbers', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    await markUntil(product.url, welcome.seriesInstanceUID, NODULES);
    viewer = await ViewerPage.open(product.url, 'numbers');
    await watchPaints(viewer.page);
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  step(
    'the panel is painted before the CT is there: it waits for no voxel',
    async () => {
      await viewer.page.goto(product.open);
      const { mode, panel, loaded } = await paintsOf(viewer.page);
      tell(`panel painted ${(panel - mode).toFixed(0)} ms after the mode's first frame (goal 1000)`);
      expect(panel).toBeLessThan(loaded);
    },
    300_000,
  );

  step(
    'a list of 50 nodules scrolls to its end, and the page draws nothing of it anew',
    async () => {
      await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
      await viewer.volumeLoaded();
      const rows = viewer.page.locator(`${LIST} .nl-nodule`);
      expect(await rows.count()).toBe(NODULES);
      await rows.first().scrollIntoViewIfNeeded();
      // What a page does after it was opened is over.
      await viewer.page.waitForTimeout(5_000);
      await viewer.page.evaluate((selector) => {
        const counted = window as unknown as { nodulelabChanges: number };
        counted.nodulelabChanges = 0;
        new MutationObserver((changes) => (counted.nodulelabChanges += changes.length)).observe(
          document.querySelector(selector)!,
          { subtree: true, childList: true, attributes: true, characterData: true },
        );
      }, LIST);
      const frames = await framesDuring(viewer.page, () => wheelThrough(viewer.page, LIST));
      tell(
        `list of ${NODULES} nodules: ${frames.dropped} of ${frames.drawn + frames.dropped} frames dropped`,
      );
      const bottom = await viewer.page
        .locator(LIST)
        .evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop);
      expect(bottom).toBeLessThanOrEqual(1);
      expect(frames.drawn).toBeGreaterThan(0);
      expect(
        await viewer.page.evaluate(
          () => (window as unknown as { nodulelabChanges: number }).nodulelabChanges,
        ),
      ).toBe(0);
      await viewer.picture('fifty');
    },
    240_000,
  );

  step(
    'nothing that a preview sends or receives is larger than the changed box and a small envelope',
    async () => {
      await viewer.see('diameter').fill('14');
      const place: Point = await product.place(welcome.seriesInstanceUID, 14, 5);
      await viewer.showSliceOf(place);
      const exchanges = await exchangesDuring(viewer.page, async () => {
        await viewer.clickAt('axial', place);
        await viewer.see('checks').waitFor({ timeout: 120_000 });
      });
      const made = exchanges.filter(({ path }) => path === '/api/previews');
      expect(made.length).toBeGreaterThanOrEqual(1);
      for (const { body, answered } of made) {
        const { box } = Preview.parse(JSON.parse(body));
        const voxels = box.size[0] * box.size[1] * box.size[2];
        tell(`preview: ${answered} bytes for a box of ${voxels} voxels (${BYTES_A_VOXEL * voxels} bytes)`);
        expect(answered).toBeLessThanOrEqual(BYTES_A_VOXEL * voxels + ENVELOPE_BYTES);
      }
      const largest = Math.max(...made.map(({ answered }) => answered));
      for (const { path, asked, answered } of exchanges) {
        expect([path, asked <= REQUEST_BYTES]).toEqual([path, true]);
        expect([path, answered <= Math.max(largest, ENVELOPE_BYTES)]).toEqual([path, true]);
      }
    },
    240_000,
  );

  step(
    'nothing on the page failed, and no request left its own origin',
    () => {
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    5_000,
  );
});
