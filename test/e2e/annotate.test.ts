import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { lookAt } from '../support/annotationObjects.ts';
import { below, PLANES, type Point, until, ViewerPage } from '../support/browser.ts';
import { addressOf, startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';
import { makePhantomStudy } from '../support/product.ts';
import { loadedSegments } from '../support/viewerObjects.ts';
import { drag, fileOf, rate } from './annotateHands.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Half a slice of the small phantom, and a little. */
const NEAR_MM = 2.5;
/** Voxels of the small phantom are 1.8 mm wide. */
const VOXEL_MM = 1.8;
const RATINGS = {
  ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4 },
  ...{ lobulation: 2, spiculation: 3, texture: 5, malignancy: 4 },
};

describe('a user marks nodules in a CT', () => {
  const step = walk();
  let dir: string;
  let orthanc: TestOrthanc;
  let product: Product;
  let viewer: ViewerPage;
  let phantom: Awaited<ReturnType<typeof makePhantomStudy>>;
  let imported: readonly Nodule[];
  let original: string;
  let untouched: string;
  let place: Point;
  let elsewhere: Point;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodulelab-annotate-'));
    phantom = await makePhantomStudy(join(dir, 'phantom'), 1);
    orthanc = await startTestOrthanc();
    product = await Product.start('--no-demo', '--orthanc', addressOf(orthanc));
    await product.import(phantom.dir);
    imported = await listed();
    place = await product.place(phantom.seriesInstanceUID, 14, 1);
    for (let seed = 2; !elsewhere || apart(place, elsewhere) < 30; seed++)
      elsewhere = await product.place(phantom.seriesInstanceUID, 14, seed);
    viewer = await ViewerPage.open(product.url, 'annotate', 1280, 720);
    await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${phantom.studyInstanceUID}`);
    original = await viewer.volumeLoaded();
    untouched = await viewer.fingerprint(original);
    // A page that is loaded again has no such mark.
    await viewer.page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
    await orthanc?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  }, 60_000);

  const apart = (a: Point, b: Point): number => Math.hypot(...a.map((mm, axis) => mm - b[axis]!));
  const listed = async (): Promise<readonly Nodule[]> =>
    (await product.nodules(phantom.seriesInstanceUID)).nodules;
  const newest = async (): Promise<Nodule> => (await listed()).at(-1)!;
  const objects = async (): Promise<string[]> =>
    (await product.archived(phantom.studyInstanceUID))
      .filter(({ modality }) => modality !== 'CT')
      .map(({ modality }) => modality)
      .sort();

  const filesOf = async ({ annotation }: Nodule): Promise<readonly [Uint8Array, Uint8Array]> => [
    await fileOf(orthanc, annotation!.segmentation.seriesInstanceUID),
    await fileOf(orthanc, annotation!.report.seriesInstanceUID),
  ];

  const painted = async (): Promise<number> => (await loadedSegments(viewer.page))[0]?.voxels ?? 0;
  const formGone = (): Promise<void> => viewer.see('annotate-form').waitFor({ state: 'detached' });

  step(
    'an annotation that was only begun is left with Escape, and one that is not complete says what is missing',
    async () => {
      await viewer.see('annotate').click();
      await viewer.see('annotate-form').waitFor();
      await viewer.see('annotate-author').press('Escape');
      await formGone();
      await viewer.see('annotate').click();
      await viewer.see('annotate-save').click();
      expect(await viewer.see('annotate-problem').innerText()).toMatch(/^Click the middle/);
      await viewer.picture('begun');
      // What would change the CT beneath it rests meanwhile.
      expect(await viewer.page.locator('[inert] [data-testid=generate]').count()).toBe(1);
      expect(await objects()).toEqual([]);
    },
    60_000,
  );

  step(
    'an ellipsoid is set with a click, sized in the planes and with sliders, and seen live in all three planes',
    async () => {
      await viewer.showSliceOf(place);
      await viewer.clickAt('axial', place);
      const outlines = viewer.page.locator('[data-draft=ellipsoid]:visible');
      expect(
        await until(
          () => outlines.count(),
          (count) => count === 3,
        ),
      ).toBe(3);
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, place), below(NEAR_MM))).toBeLessThan(NEAR_MM);
      expect(await viewer.badges('ANNOTATION \u00b7 NOT SAVED')).toBe(PLANES.length);
      const rim: Point = [place[0] + 5, place[1], place[2]];
      await drag(viewer, 'axial', rim, [place[0] + 8, place[1], place[2]]);
      expect(Number(await viewer.see('annotate-axis-0').inputValue())).toBeCloseTo(16, 0);
      // The plane itself was not moved, windowed or scrolled.
      expect(await viewer.distance('axial', place)).toBeLessThan(NEAR_MM);
      const before = await outlines.first().getAttribute('points');
      await viewer.see('annotate-axis-1').fill('12');
      expect(
        await until(
          () => outlines.first().getAttribute('points'),
          (now) => now !== before,
        ),
      ).not.toBe(before);
      await viewer.see('annotate-axis-2').fill('14');
      await viewer.picture('ellipsoid');
    },
    90_000,
  );

  step(
    'Escape asks before anything is lost',
    async () => {
      await viewer.see('annotate-author').press('Escape');
      await viewer.see('annotate-leaving').waitFor();
      await viewer.picture('leaving');
      // The question has the focus; going on is its first answer.
      await viewer.page.keyboard.press('Enter');
      await viewer.see('annotate-leaving').waitFor({ state: 'detached' });
      expect(await viewer.see('annotate-axis-1').inputValue()).toBe('12');
    },
    30_000,
  );

  step(
    'rated with the keyboard and saved, it stands in the list without a reload, as a segmentation and a report beside the CT',
    async () => {
      await viewer.see('annotate-save').click();
      expect(await viewer.see('annotate-problem').innerText()).toMatch(/^Rate the nine/);
      // The focus went to the first that is missing.
      expect(await viewer.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(
        'rate-subtlety-1',
      );
      await rate(viewer, RATINGS);
      await viewer.see('annotate-author').fill('Anna Test');
      await viewer.picture('rated');
      await viewer.see('annotate-author').press('Enter');
      await formGone();
      const nodule = await newest();
      await viewer.see(`nodule-${nodule.number}`).waitFor();
      expect(await viewer.see(`nodule-${nodule.number}`).getAttribute('aria-pressed')).toBe('true');
      expect(await viewer.page.locator('[data-testid^=nodule-]').count()).toBe(imported.length + 1);
      expect(nodule).toMatchObject({
        source: 'annotated',
        consensus: RATINGS,
        annotation: { author: 'Anna Test', revision: 1 },
      });
      expect(apart(nodule.centre, place)).toBeLessThan(NEAR_MM);
      expect(Math.abs(nodule.diameterMm - 16)).toBeLessThan(1.5 * VOXEL_MM);

      expect(await objects()).toEqual(['SEG', 'SR']);
      const series = await until(
        async () => [...(await viewer.series('SEG')), ...(await viewer.series('SR'))],
        (found) => found.length === 2,
      );
      const { segmentation, report } = nodule.annotation!;
      expect(series).toEqual([segmentation.seriesInstanceUID, report.seriesInstanceUID]);
      const { errors, seen } = lookAt(...(await filesOf(nodule)));
      expect(errors).toEqual([]);
      if (seen) expect(seen).toMatchObject({ observers: ['Anna Test'], series: [phantom.seriesInstanceUID] });

      expect(await viewer.badges('ANNOTATION')).toBe(0);
      expect(await viewer.page.evaluate(() => 'neverReloaded' in window)).toBe(true);
      await viewer.picture('saved');
    },
    120_000,
  );

  step(
    'it is used like one of LIDC: found again with its outline, and removed as a healthy twin',
    async () => {
      await viewer.see('nodule-1').click();
      const { number, centre } = await newest();
      await viewer.see(`nodule-${number}`).click();
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, centre), below(NEAR_MM))).toBeLessThan(NEAR_MM);
      expect(
        await until(
          () => viewer.page.locator('[data-nodulelab=overlay] [data-reader]').count(),
          (count) => count >= PLANES.length,
        ),
      ).toBeGreaterThanOrEqual(PLANES.length);
      await viewer.see('remove').click();
      await viewer.see('checks').waitFor();
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
      // What is annotated is the original: not beneath a preview.
      if ((await viewer.see('annotate').count()) === 0) await viewer.see('section-1').click();
      expect(await viewer.see('annotate').isDisabled()).toBe(true);
      await viewer.see('discard').click();
      expect(
        await until(
          () => viewer.fingerprint(original),
          (now) => now === untouched,
        ),
      ).toBe(untouched);
    },
    120_000,
  );

  step(
    'a change begins with its outline, is drawn on with OHIF’s brush, and writes a new state of the same nodule',
    async () => {
      const before = await newest();
      await viewer.see('annotated-change').click();
      await viewer.see('annotate-form').waitFor();
      expect(await viewer.see('rate-malignancy-4').isChecked()).toBe(true);
      await viewer.see('way-brush').click();
      const began = await until(painted, (voxels) => voxels > 0);
      const { seen } = lookAt(...(await filesOf(before)));
      if (seen) expect(began).toBe(seen.voxels);
      await viewer.see('brush-radius').fill('6');
      await viewer.picture('brush-on-outline');
      const beside: Point = [place[0] + 10, place[1], place[2]];
      await drag(viewer, 'axial', [place[0] + 4, place[1], place[2]], beside);
      const more = await until(painted, (voxels) => voxels > began);
      expect(more).toBeGreaterThan(began);
      await viewer.see('rate-malignancy-2').press('Space');
      await viewer.picture('brush-changed');
      await viewer.see('annotate-save').click();
      await formGone();
      const after = await newest();
      expect(after).toMatchObject({
        ...{ id: before.id, number: before.number, consensus: { ...RATINGS, malignancy: 2 } },
        annotation: { revision: 2 },
      });
      expect(after.diameterMm).toBeGreaterThan(before.diameterMm);
      const written = lookAt(...(await filesOf(after))).seen;
      if (written) expect(written.voxels).toBe(more);
      // The labelmap was the viewer's own and is gone; only the CT is left to be looked at.
      expect(await loadedSegments(viewer.page)).toEqual([]);
      expect(await viewer.fingerprint(original)).toBe(untouched);
    },
    120_000,
  );

  step(
    'a nodule is painted from nothing: brush, undo, eraser, and only the dense voxels',
    async () => {
      const { page } = viewer;
      await viewer.see('annotate').click();
      await viewer.see('way-brush').click();
      await until(
        () => viewer.see('brush-paint').getAttribute('aria-pressed'),
        (pressed) => pressed === 'true',
      );
      await viewer.see('brush-radius').fill('7');
      await viewer.showSliceOf(elsewhere);
      await viewer.clickAt('axial', elsewhere);
      const ball = await until(painted, (voxels) => voxels > 0);
      expect(ball).toBeGreaterThan(20);
      // A ball: it is seen in the other planes as well.
      await viewer.picture('painted');
      await page.keyboard.press('Control+z');
      expect(await until(painted, (voxels) => voxels === 0)).toBe(0);
      await page.keyboard.press('Control+y');
      expect(await until(painted, (voxels) => voxels === ball)).toBe(ball);
      await viewer.see('brush-erase').click();
      await viewer.see('brush-radius').fill('3');
      await viewer.clickAt('axial', [elsewhere[0] + 6, elsewhere[1], elsewhere[2]]);
      const erased = await until(painted, (voxels) => voxels < ball);
      expect(erased).toBeLessThan(ball);
      expect(erased).toBeGreaterThan(0);
      // Where there is nothing but air, dense voxels are not to be had.
      await viewer.see('brush-threshold').click();
      await viewer.see('brush-from-hu').fill('100');
      await viewer.clickAt('axial', [elsewhere[0] - 12, elsewhere[1], elsewhere[2]]);
      await page.waitForTimeout(1000);
      expect(await painted()).toBe(erased);
      // Another tool of the viewer takes the mouse, and the panel says so.
      await page.locator('[data-cy=Zoom]').first().click();
      await until(
        () => viewer.see('brush-threshold').getAttribute('aria-pressed'),
        (pressed) => pressed === 'false',
      );
      expect(await viewer.see('brush-threshold').getAttribute('aria-pressed')).toBe('false');
      await rate(viewer, RATINGS);
      // Who reads is known from the last one.
      expect(await viewer.see('annotate-author').inputValue()).toBe('Anna Test');
      await viewer.see('annotate-save').click();
      await formGone();
      const nodule = await newest();
      expect(apart(nodule.centre, elsewhere)).toBeLessThan(2 * NEAR_MM);
      const { seen } = lookAt(...(await filesOf(nodule)));
      if (seen) expect(seen.voxels).toBe(erased);
      await viewer.picture('painted-saved');
    },
    150_000,
  );

  step(
    'its own objects, imported again with the CT, make no further nodules',
    async () => {
      const own = (await listed()).slice(imported.length);
      expect(own).toHaveLength(2);
      for (const [n, nodule] of own.entries()) {
        const [seg, sr] = await filesOf(nodule);
        await writeFile(join(phantom.dir, `seg-${n}.dcm`), seg);
        await writeFile(join(phantom.dir, `sr-${n}.dcm`), sr);
      }
      await product.import(phantom.dir);
      expect(await listed()).toEqual([...imported, ...own]);
    },
    120_000,
  );

  step(
    'a nodule of one’s own is deleted after a question, with all that was written of it; LIDC’s own cannot be',
    async () => {
      await viewer.see('nodule-1').click();
      await viewer.see('remove').waitFor();
      expect(await viewer.see('annotated-delete').count()).toBe(0);
      expect(await viewer.see('annotated-change').count()).toBe(0);
      for (const { number } of (await listed()).slice(imported.length).reverse()) {
        await viewer.see(`nodule-${number}`).click();
        await viewer.see('annotated-delete').click();
        await viewer.see('delete-question').waitFor();
        await viewer.picture('delete');
        await viewer.see('delete-confirm').click();
        await viewer.see(`nodule-${number}`).waitFor({ state: 'detached' });
      }
      expect(await listed()).toEqual(imported);
      expect(await objects()).toEqual([]);
      expect(
        await until(
          async () => [...(await viewer.series('SEG')), ...(await viewer.series('SR'))],
          (found) => found.length === 0,
        ),
      ).toEqual([]);
      expect(await viewer.fingerprint(original)).toBe(untouched);
      expect(await viewer.page.evaluate(() => 'neverReloaded' in window)).toBe(true);
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    120_000,
  );
});
