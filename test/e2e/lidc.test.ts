import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { acceptPreview } from '../support/acceptPreview.ts';
import { below, PLANES, until, ViewerPage } from '../support/browser.ts';
import { drag, ringOnPage } from '../support/handles.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** The CT study of LIDC-IDRI-0001 (TCIA). */
const STUDY = '1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178';
const CT = '1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192';
/** Half a slice of this CT, and a little. */
const NEAR_MM = 1.5;

describeWithLidc(['LIDC-IDRI-0001'], 'a real LIDC case goes the whole way', (dir) => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let nodule: Nodule;

  beforeAll(async () => {
    product = await Product.start('--no-demo');
    viewer = await ViewerPage.open(product.url, 'lidc');
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  step(
    'it is imported with its nodule of four readers',
    async () => {
      expect(readdirSync(join(dir, 'LIDC-IDRI-0001')).length).toBeGreaterThan(0);
      await product.import(dir);
      const { nodules } = await product.nodules(CT);
      nodule = nodules[0]!;
      expect(nodule.readers).toBe(4);
    },
    240_000,
  );

  step(
    'the panel shows the nodule, and selecting it outlines it in all planes',
    async () => {
      await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${STUDY}`);
      await viewer.see(`nodule-${nodule.number}`).waitFor({ timeout: 90_000 });
      await viewer.volumeLoaded();
      expect(await viewer.see('next-step').innerText()).toContain('Select a nodule');
      await viewer.see(`nodule-${nodule.number}`).click();
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, nodule.centre), below(NEAR_MM))).toBeLessThan(
          NEAR_MM,
        );
      const readers = await until(
        () =>
          viewer.page
            .locator('[data-nodulelab=overlay] polygon[data-reader]')
            .evaluateAll((found) => [...new Set(found.map((one) => one.getAttribute('data-reader')))]),
        (found) => found.length === 4,
      );
      expect(readers).toHaveLength(4);
      await viewer.picture('nodule');
    },
    240_000,
  );

  step(
    'a generated nodule is previewed at a proposed place',
    async () => {
      await viewer.see('generate').click();
      await viewer.see('candidate-1').waitFor();
      await viewer.see('diameter').fill('12');
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor({ timeout: 90_000 });
      expect(
        await until(
          () => viewer.badges('PREVIEW'),
          (count) => count === PLANES.length,
        ),
      ).toBe(PLANES.length);
      await viewer.page.waitForTimeout(1500);
      await viewer.picture('preview');
    },
    240_000,
  );

  step(
    'dragged by its ring it goes along in the CT; given up, every voxel is where it was, and nothing was asked',
    async () => {
      const volume = await viewer.volumeLoaded();
      const before = await viewer.fingerprint(volume);
      const asked: string[] = [];
      viewer.page.on('request', (request) => {
        if (request.method() === 'POST' && request.url().endsWith('/api/previews')) asked.push(request.url());
      });
      const { centre } = await ringOnPage(viewer, 'axial');
      const carried = await drag(viewer, centre, { x: centre.x + 30, y: centre.y - 20 }, async () => {
        const moved = await until(
          () => viewer.fingerprint(volume),
          (now) => now !== before,
        );
        await viewer.picture('dragged');
        expect(await viewer.badges('PREVIEW')).toBe(PLANES.length);
        await viewer.page.keyboard.press('Escape');
        return moved;
      });
      expect(carried).not.toBe(before);
      expect(
        await until(
          () => viewer.fingerprint(volume),
          (now) => now === before,
        ),
      ).toBe(before);
      expect(asked).toEqual([]);
      const steps = await viewer.page.evaluate(() =>
        performance.getEntriesByName('nodulelab:drag-paint', 'measure').map(({ duration }) => duration),
      );
      console.info(`steps of the drag, ms: ${steps.map(Math.round).join(', ')}`);
    },
    120_000,
  );

  step(
    'cancelled midway, nothing of it is in the archive and the preview is still there',
    async () => {
      await acceptPreview(viewer);
      await viewer.see('cancel').click();
      await viewer.see('job-cancelled').waitFor();
      expect((await product.jobs()).map(({ kind, state }) => [kind, state])).toContainEqual([
        'accept',
        'cancelled',
      ]);
      expect((await product.archived(STUDY)).filter(({ modality }) => modality === 'CT')).toHaveLength(1);
      expect(await viewer.series('CT')).toEqual([CT]);
      expect(await viewer.badges('PREVIEW')).toBe(PLANES.length);
      await viewer.picture('cancelled');
    },
    120_000,
  );

  step(
    'accepted, it is a series of its own with the nodule in it',
    async () => {
      const original = await viewer.volumeLoaded();
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 240_000 });
      const written = await viewer.volumeLoaded(original);
      const created = (await viewer.series('CT')).find((uid) => uid !== CT)!;
      const { synthetic } = await product.nodules(created);
      expect(synthetic).toHaveLength(1);
      const { centre, sourceSeriesInstanceUID } = synthetic[0]!;
      expect(sourceSeriesInstanceUID).toBe(CT);
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, centre), below(NEAR_MM))).toBeLessThan(NEAR_MM);
      expect(await viewer.badges('SYNTHETIC')).toBe(PLANES.length);
      expect((await viewer.huAt(written, centre)) - (await viewer.huAt(original, centre))).toBeGreaterThan(
        200,
      );
      await viewer.picture('accepted');

      const series = await product.archived(STUDY);
      expect(series.find(({ uid }) => uid === created)?.instances).toBe(133);
      expect(series.find(({ uid }) => uid === CT)?.instances).toBe(133);
    },
    420_000,
  );

  step(
    'opened anew, the study shows the original first, though the new series is there',
    async () => {
      await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${STUDY}`);
      await viewer.see(`nodule-${nodule.number}`).waitFor({ timeout: 90_000 });
      expect(await viewer.series('CT')).toHaveLength(2);
      expect(await viewer.see('synthetic-nodule').count()).toBe(0);
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    180_000,
  );
});
