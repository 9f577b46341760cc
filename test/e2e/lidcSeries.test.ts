import { afterAll, beforeAll, expect } from '@jest/globals';
import { acceptPreview } from '../support/acceptPreview.ts';
import { PLANES, until, ViewerPage } from '../support/browser.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { Product } from './product.ts';
import { type Rendering, renderingOf } from './rendering.ts';
import { walk } from './walk.ts';

/** The CT study of LIDC-IDRI-0001 (TCIA). */
const STUDY = '1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178';
const CT = '1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192';

describeWithLidc(['LIDC-IDRI-0001'], 'in a real patient', (dir) => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let original: string;

  beforeAll(async () => {
    product = await Product.start('--no-demo');
    await product.import(dir);
    viewer = await ViewerPage.open(product.url, 'lidc-series');
    await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${STUDY}`);
    await viewer.see('nodule-1').waitFor({ timeout: 90_000 });
    original = await viewer.volumeLoaded();
  }, 500_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const rendered = (wanted: (now: Rendering) => boolean): Promise<Rendering> =>
    until(() => renderingOf(viewer), wanted);

  step(
    'the surroundings of the nodule are rendered, and those of a previewed one with it and without',
    async () => {
      await viewer.see('nodule-1').click();
      await viewer.page.locator('[data-cy=NoduleLab3D]').click();
      const around = await rendered(({ lit }) => lit > 0.02);
      expect(around.lit).toBeGreaterThan(0.02);
      await viewer.page.waitForTimeout(2000);
      await viewer.picture('nodule-in-3d');
      await viewer.see('generate').click();
      await viewer.see('candidate-1').waitFor();
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor({ timeout: 120_000 });
      await viewer.page.waitForTimeout(4000);
      const on = await renderingOf(viewer);
      await viewer.picture('preview-in-3d');
      await viewer.page.keyboard.press('p');
      const off = await rendered(({ picture }) => picture !== on.picture);
      expect(off.picture).not.toBe(on.picture);
      await viewer.page.keyboard.press('p');
      expect((await rendered(({ picture }) => picture === on.picture)).picture).toBe(on.picture);
    },
    300_000,
  );

  step(
    'what is written says SYNTHETIC in every viewport, and leads back to the original',
    async () => {
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 180_000 });
      const written = await viewer.volumeLoaded(original);
      const badges = (): Promise<number> => viewer.badges('SYNTHETIC');
      expect(await until(badges, (count) => count === PLANES.length + 1)).toBe(PLANES.length + 1);
      await viewer.see('provenance-fold').click();
      expect(await viewer.see('signature').getAttribute('data-state')).toBe('valid');
      await viewer.picture('written');
      await viewer.see('open-source').click();
      expect(await viewer.volumeLoaded(written)).toBe(original);
      expect(await until(badges, (count) => count === 0)).toBe(0);
      const found = await product.provenance(CT);
      expect(found.madeOfIt).toHaveLength(1);
      expect(viewer.errors).toEqual([]);
    },
    300_000,
  );
});
