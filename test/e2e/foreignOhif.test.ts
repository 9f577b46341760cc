import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { acceptPreview } from '../support/acceptPreview.ts';
import { PLANES, type Point, until, ViewerPage } from '../support/browser.ts';
import { type ForeignViewer, startForeignViewer } from './foreignViewer.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

describe('the two bundles load in another OHIF', () => {
  const step = walk();
  let product: Product;
  let foreign: ForeignViewer;
  let viewer: ViewerPage;
  let original: string;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    foreign = await startForeignViewer(product.url);
    viewer = await ViewerPage.open(foreign.url, 'foreignOhif');
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await foreign?.close();
    await product?.remove();
  }, 60_000);

  step(
    'its study list, which bears its own name, offers the mode',
    async () => {
      await viewer.page.goto(foreign.url);
      await viewer.page
        .locator('tbody tr', { hasText: 'Thorax phantom' })
        .first()
        .click({ timeout: 120_000 });
      expect(await viewer.page.title()).toBe('OHIF Viewer');
      const mode = viewer.page.getByText('Nodule synthesis', { exact: true });
      await mode.waitFor();
      await viewer.picture('study-list');
      await mode.click();
      await viewer.see('nodulelab-panel').waitFor({ timeout: 120_000 });
      expect(new URL(viewer.page.url()).pathname).toBe('/synthesis');
    },
    300_000,
  );

  step(
    'the panel stands there with nodule and candidates, and the three planes of our layout',
    async () => {
      const { count } = await product.welcome();
      await viewer.see(`candidate-${count}`).waitFor({ timeout: 120_000 });
      original = await viewer.volumeLoaded();
      for (const plane of PLANES) expect(await viewer.distance(plane, [0, 0, 0])).toBeGreaterThanOrEqual(0);
      const hint = viewer.page.getByRole('button', { name: 'Confirm and hide' });
      if (await hint.isVisible()) await hint.click();
      await viewer.picture('mode');
    },
    240_000,
  );

  step(
    'a preview is made inside its CT, and taken back to the last voxel',
    async () => {
      const { seriesInstanceUID, seed } = await product.welcome();
      const untouched = await viewer.fingerprint(original);
      const place: Point = await product.place(seriesInstanceUID, 12, seed);
      await viewer.showSliceOf(place);
      await viewer.clickAt('axial', place);
      await viewer.see('checks').waitFor({ timeout: 120_000 });
      expect(await viewer.badges('PREVIEW')).toBe(PLANES.length);
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
      await viewer.picture('preview');
      await viewer.page.keyboard.press('p');
      expect(
        await until(
          () => viewer.fingerprint(original),
          (now) => now === untouched,
        ),
      ).toBe(untouched);
    },
    240_000,
  );

  step(
    'the accepted series appears in its study browser by itself',
    async () => {
      expect(await viewer.series('CT')).toHaveLength(1);
      await acceptPreview(viewer);
      const listed = await until(
        () => viewer.series('CT'),
        ({ length }) => length === 2,
      );
      expect(listed).toHaveLength(2);
      await viewer.volumeLoaded(original);
      expect(await viewer.badges('SYNTHETIC')).toBeGreaterThanOrEqual(1);
      await viewer.picture('accepted');
    },
    240_000,
  );

  step(
    'nothing on the page failed, and no request left its origin',
    () => {
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    5_000,
  );
});
