import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Welcome } from '@nodulelab/contract';
import { until, ViewerPage } from '../support/browser.ts';
import { compareWithKept, comparePictures } from '../support/keptPicture.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Share of pixels that may look different from the kept picture. */
const TOLERANCE = 0.02;

/** The smallest screen that is promised, and a large one. */
describe.each([
  [1280, 720],
  [2560, 1440],
] as const)('on a screen of %i by %i the viewer looks as it is kept', (width, height) => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let before: Uint8Array;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, `screens-${width}`, width, height);
    await viewer.page.goto(product.open);
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  /** What moves or tells the time is no matter of looks. */
  async function shot(): Promise<Uint8Array> {
    await viewer.page.mouse.move(width / 4, height - 4);
    let last = await viewer.page.screenshot({ animations: 'disabled', caret: 'hide' });
    // Two pictures alike: nothing is on its way any more.
    await until(
      async () => {
        const next = await viewer.page.screenshot({ animations: 'disabled', caret: 'hide' });
        const still = Buffer.compare(next, last) === 0;
        last = next;
        return still;
      },
      (still) => still,
    );
    return last;
  }

  const asKept = async (picture: Uint8Array, name: string): Promise<void> =>
    expect((await compareWithKept(picture, `${name}-${width}x${height}`)).different).toBeLessThan(TOLERANCE);

  step(
    'with candidates ready',
    async () => {
      await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
      await viewer.volumeLoaded();
      before = await shot();
      await asKept(before, 'welcome');
    },
    240_000,
  );

  step(
    'with a preview in the CT',
    async () => {
      await viewer.see('propose').click();
      await until(
        () => viewer.badges('PREVIEW'),
        (count) => count > 0,
      );
      const after = await shot();
      await asKept(after, 'preview');
      // The tolerance is small enough to see that a preview stands there.
      expect((await comparePictures(after, before, `apart-${width}x${height}`)).different).toBeGreaterThan(
        TOLERANCE,
      );
    },
    180_000,
  );

  step(
    'in the training panel',
    async () => {
      await viewer.see('discard').click();
      await viewer.page.locator('[data-cy=training-btn]').click();
      await viewer.see('training-panel').waitFor();
      await asKept(await shot(), 'training');
    },
    120_000,
  );
});
