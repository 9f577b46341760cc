import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { join } from 'node:path';
import { ViewerPage } from '../support/browser.ts';
import { writePatchSet } from '../support/patchSet.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Each step goes on where the one before it ended, as a user does. */
describe('a user trains in the viewer', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    await writePatchSet(join(product.dataDir, 'datasets', 'balls'), 16);
    viewer = await ViewerPage.open(product.url, 'training');
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const points = async (): Promise<number> =>
    Number(await viewer.see('curve-wasserstein').getAttribute('data-points'));
  const currentSays = (name: string) =>
    viewer.page
      .locator('[data-testid=models-current]', { hasText: `is given ${name} first` })
      .waitFor({ timeout: 30_000 });
  const becomes = (state: string) =>
    viewer.page.locator(`[data-testid=training-panel][data-state=${state}]`).waitFor({ timeout: 120_000 });

  step(
    'the panel Training is a tab beside the synthesis panel, and says how to begin',
    async () => {
      await viewer.page.goto(product.open);
      await viewer.see('nodulelab-panel').waitFor({ timeout: 120_000 });
      await viewer.page.locator('[data-cy=training-btn]').click();
      await viewer.see('training-new').click();
      expect(await viewer.see('training-sentence').innerText()).toBe(
        'No training yet. Press New to begin one.',
      );
      expect(await viewer.see('training-dataset').innerText()).toContain('balls (16 patches');
      await viewer.picture('form');
    },
    180_000,
  );

  step(
    'a training begun there shows its curves growing without a reload',
    async () => {
      await viewer.see('training-preset').selectOption('progressive-64');
      await viewer.see('training-batch').fill('8');
      await viewer.see('training-name').fill('balls-1');
      await viewer.see('training-name').press('Enter');
      await viewer.see('curve-wasserstein').waitFor({ timeout: 120_000 });
      const before = await points();
      await viewer.page.waitForFunction(
        (least) =>
          Number(document.querySelector('[data-testid=curve-wasserstein]')?.getAttribute('data-points')) >=
          least,
        before + 2,
        { timeout: 120_000 },
      );
      await becomes('running');
      expect(await viewer.see('training-health').innerText()).toContain('no warning');
      expect(await viewer.see('training-facts').innerText()).toMatch(/Waiting for data/);
      await viewer.picture('running');
    },
    300_000,
  );

  step(
    'Stop keeps a checkpoint, whose samples are shown beside real patches',
    async () => {
      await viewer.see('training-stop').click();
      await becomes('stopped');
      const picture = viewer.see('training-picture').locator('img');
      await picture.scrollIntoViewIfNeeded();
      const loaded = () => picture.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0);
      await viewer.page.waitForFunction(
        () =>
          (document.querySelector('[data-testid=training-picture] img') as HTMLImageElement).naturalWidth > 0,
      );
      expect(await loaded()).toBe(true);
      const samples = await picture.getAttribute('src');
      await viewer.see('picture-real').click();
      await viewer.page.locator('[data-testid=training-picture] img[src$=real]').waitFor();
      expect(await picture.getAttribute('src')).not.toBe(samples);
      await viewer.picture('real');
      await viewer.see('picture-real').click();
      await viewer.picture('stopped');
    },
    180_000,
  );

  step(
    'a model made of it is offered for candidates, and is everybody’s current one where that is ticked',
    async () => {
      await viewer.see('training-model').click();
      await viewer.see('model-description').fill('Sixteen soft balls.');
      await viewer.see('model-current').check();
      await viewer.picture('promote');
      await viewer.see('model-make').click();
      expect(await viewer.see('model-made').innerText()).toBe(
        'The model balls-1 is now the current one, for everybody on this server.',
      );
      await currentSays('balls-1');
      expect((await product.models())[0]!.name).toBe('balls-1');
      await viewer.picture('model');
      await viewer.see('models-back').click();
      await currentSays('conditional-64');
    },
    60_000,
  );

  step(
    'Resume goes on where it stopped',
    async () => {
      const before = await points();
      await viewer.see('training-resume').click();
      await becomes('running');
      await viewer.page.waitForFunction(
        (least) =>
          Number(document.querySelector('[data-testid=curve-wasserstein]')?.getAttribute('data-points')) >
          least,
        before,
        { timeout: 120_000 },
      );
      await viewer.picture('resumed');
      await viewer.see('training-stop').click();
      await becomes('stopped');
    },
    300_000,
  );

  step(
    'an earlier checkpoint becomes a model as well, and the current one stays',
    async () => {
      await viewer.see('training-model').click();
      const kept = await viewer.see('model-checkpoint').locator('option').allInnerTexts();
      expect(kept.length).toBeGreaterThanOrEqual(3);
      await viewer.see('model-checkpoint').selectOption(kept.at(-1)!);
      await viewer.see('model-name').fill('balls-early');
      await viewer.see('model-description').fill('Sixteen soft balls, early.');
      await viewer.see('model-make').click();
      await viewer.see('model-balls-early').waitFor();
      const made = (await product.models()).find(({ name }) => name === 'balls-early');
      expect(kept.at(-1)).toBe(`update ${made!.updates}`);
      await currentSays('conditional-64');
    },
    60_000,
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
