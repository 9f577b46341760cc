import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { until, ViewerPage } from '../support/browser.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { addressOf, startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';
import { loadedSegments } from '../support/viewerObjects.ts';
import { fileOf, paintedHu, rate, voxelVolume } from './annotateHands.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** The CT study of LIDC-IDRI-0001 (TCIA). */
const STUDY = '1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178';
const CT = '1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192';
const RATINGS = {
  ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 3, margin: 3 },
  ...{ lobulation: 3, spiculation: 4, texture: 5, malignancy: 5 },
};

describeWithLidc(['LIDC-IDRI-0001'], 'a user marks the nodule of a real CT anew', (dir) => {
  const step = walk();
  let orthanc: TestOrthanc;
  let product: Product;
  let viewer: ViewerPage;
  let nodule: Nodule;
  let original: string;

  beforeAll(async () => {
    orthanc = await startTestOrthanc();
    product = await Product.start('--no-demo', '--orthanc', addressOf(orthanc));
    await product.import(join(dir, 'LIDC-IDRI-0001'));
    nodule = (await product.nodules(CT)).nodules[0]!;
    viewer = await ViewerPage.open(product.url, 'annotate-lidc');
    await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${STUDY}`);
    await viewer.see(`nodule-${nodule.number}`).waitFor({ timeout: 120_000 });
    original = await viewer.volumeLoaded();
  }, 500_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
    await orthanc?.stop();
  }, 60_000);

  step(
    'with the brush that takes dense voxels only: one press paints it, and the lung around it stays out',
    async () => {
      await viewer.see(`nodule-${nodule.number}`).click();
      await viewer.showSliceOf(nodule.centre);
      await viewer.see('annotate').click();
      await viewer.see('way-brush').click();
      await until(
        () => viewer.see('brush-paint').getAttribute('aria-pressed'),
        (pressed) => pressed === 'true',
      );
      await viewer.see('brush-threshold').click();
      await viewer.see('brush-radius').fill('10');
      await viewer.see('brush-from-hu').fill('-300');
      await viewer.clickAt('axial', nodule.centre);
      const painted = async (): Promise<number> => (await loadedSegments(viewer.page))[0]?.voxels ?? 0;
      const voxels = await until(painted, (count) => count > 0);
      const volume = voxels * (await voxelVolume(viewer, original));
      // Most of a ball of that size in a nodule of 30 mm, and no voxel of air in it.
      const ball = (4 / 3) * Math.PI * 10 ** 3;
      expect(volume / ball).toBeGreaterThan(0.4);
      expect(volume / ball).toBeLessThan(1.05);
      expect(Math.min(...(await paintedHu(viewer)))).toBeGreaterThanOrEqual(-300);
      await viewer.picture('painted');
    },
    240_000,
  );

  step(
    'rated and saved it stands beside LIDC’s own, and can be the source of candidates',
    async () => {
      await rate(viewer, RATINGS);
      await viewer.see('annotate-author').fill('Anna Test');
      await viewer.see('annotate-save').click();
      await viewer.see('annotate-form').waitFor({ state: 'detached' });
      const { nodules } = await product.nodules(CT);
      const own = nodules.at(-1)!;
      expect(own).toMatchObject({ source: 'annotated', consensus: RATINGS, readers: 1 });
      expect(nodules[0]).toEqual(nodule);
      expect(Math.abs(own.diameterMm - 20)).toBeLessThan(2);
      expect(Math.hypot(...own.centre.map((mm, axis) => mm - nodule.centre[axis]!))).toBeLessThan(5);
      const archived = (await product.archived(STUDY)).map(({ modality }) => modality);
      expect(archived).toEqual(expect.arrayContaining(['SEG', 'SR']));
      await viewer.see(`nodule-${own.number}`).waitFor();
      await viewer.picture('saved');
      expect(viewer.errors).toEqual([]);
    },
    240_000,
  );

  step(
    'another NoduleLab that is given the CT with these objects knows the same nodule beside that of LIDC',
    async () => {
      const own = (await product.nodules(CT)).nodules.at(-1)!;
      const folder = await mkdtemp(join(tmpdir(), 'nodulelab-annotated-'));
      const other = await Product.start('--no-demo');
      try {
        // Where there is XML of a CT, it has the last word: here are the official objects alone.
        await cp(join(dir, 'LIDC-IDRI-0001'), folder, { recursive: true });
        for (const name of await readdir(folder, { recursive: true }))
          if (name.endsWith('.xml')) await rm(join(folder, name));
        const { segmentation, report } = own.annotation!;
        await writeFile(join(folder, 'seg.dcm'), await fileOf(orthanc, segmentation.seriesInstanceUID));
        await writeFile(join(folder, 'sr.dcm'), await fileOf(orthanc, report.seriesInstanceUID));
        await other.import(folder);
        const { nodules } = await other.nodules(CT);
        expect(nodules).toHaveLength(2);
        expect(nodules[1]).toMatchObject({
          ...{ diameterMm: own.diameterMm, centre: own.centre, consensus: own.consensus },
          consensusContours: own.consensusContours,
        });
      } finally {
        await other.remove();
        await rm(folder, { recursive: true, force: true });
      }
    },
    240_000,
  );
});
