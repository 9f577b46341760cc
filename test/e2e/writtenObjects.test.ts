import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import { makeUidGenerator } from '../../server/src/dicom/uid.ts';
import { type Point, ViewerPage, until } from '../support/browser.ts';
import { startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';
import { makePhantomStudy } from '../support/product.ts';
import { loadedSegments, reportOutlines } from '../support/viewerObjects.ts';
import { writeBalls, type WrittenBalls } from '../support/writtenObjects.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Voxels of the small phantom are 1.8 x 1.8 x 4 mm: a ball of voxels lies within half of one of its true middle. */
const HALF_VOXEL_MM = 0.9;
const HALF_SLICE_MM = 2;

describe('what was written beside a synthetic series is seen in the viewer', () => {
  const step = walk();
  let dir: string;
  let orthanc: TestOrthanc;
  let product: Product;
  let viewer: ViewerPage;
  let source: CtSeries;
  let written: WrittenBalls;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodulelab-written-'));
    const phantom = await makePhantomStudy(dir, 1);
    orthanc = await startTestOrthanc();
    const archive = new URL(orthanc.baseUrl);
    archive.username = orthanc.auth.username;
    archive.password = orthanc.auth.password;
    product = await Product.start('--no-demo', '--orthanc', archive.href);
    await product.import(phantom.dir);
    const names = (await readdir(phantom.dir)).filter((name) => name.endsWith('.dcm'));
    source = readCtSeries(
      await Promise.all(
        names.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(join(phantom.dir, name))) })),
      ),
    );
    const [nodule] = (await product.nodules(source.seriesInstanceUID)).nodules;
    const away = nodule!.centre.map((mm, axis) => (axis === 0 ? -mm : mm)) as Point;
    written = writeBalls(
      source,
      [
        { kind: 'insert', centre: away, diameterMm: 14 },
        { kind: 'remove', centre: nodule!.centre, diameterMm: nodule!.diameterMm + 4 },
      ],
      { now: new Date(), newUid: makeUidGenerator((count) => randomBytes(count)) },
    );
    const { derived, segmentation, report } = written;
    for (const { bytes } of [...derived.instances, segmentation, report])
      expect((await orthanc.request('/instances', { method: 'POST', body: bytes as BodyInit })).status).toBe(
        200,
      );
    viewer = await ViewerPage.open(product.url, 'written-objects');
    await inOrderOfAccept();
    await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${source.studyInstanceUID}`);
    await viewer.volumeLoaded();
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
    await orthanc?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  }, 60_000);

  /** The series become known to the viewer in the order in which an accepted edit makes them. */
  const inOrderOfAccept = async (): Promise<void> => {
    const { derived, segmentation } = written;
    for (const [uid, known] of [
      [derived.seriesInstanceUID, 1],
      [segmentation.seriesInstanceUID, 2],
    ] as const)
      await viewer.page.route(`**/series/${uid}/metadata*`, async (route) => {
        await until(
          () => viewer.series('CT'),
          (series) => series.length === known,
        );
        await route.continue();
      });
  };

  const openSeries = (description: string): Promise<void> =>
    viewer.page.locator('[data-cy^="study-browser-thumbnail"]', { hasText: description }).first().dblclick();

  step(
    'the report opens with the outline of each edit on the slice through its middle, and what it measures',
    async () => {
      await openSeries(written.report.seriesDescription);
      const outlines = await until(
        () => reportOutlines(viewer.page),
        (found) => found.length === 2,
      );
      expect(outlines).toHaveLength(2);
      for (const { edit, trackingUid } of written.segments) {
        const outline = outlines.find((one) => one.trackingUid === trackingUid)!;
        expectNear(outline.centre, edit.centre);
        expect(outline.extent).toBeGreaterThan(edit.diameterMm - 4 * HALF_VOXEL_MM);
        expect(outline.labels).toEqual(
          expect.arrayContaining([expect.stringMatching(/^Diameter: [\d.]+ mm$/)]),
        );
        expect(written.derived.instances.map(({ sopInstanceUID }) => sopInstanceUID)).toContain(
          outline.sopInstanceUID,
        );
      }
      const drawn = viewer.page.locator('svg.svg-layer polyline');
      expect(
        await until(
          () => drawn.count(),
          (count) => count > 0,
        ),
      ).toBeGreaterThan(0);
      await viewer.page.locator('svg.svg-layer', { hasText: 'Volume' }).first().waitFor();
      await viewer.picture('report');
    },
    120_000,
  );

  step(
    'the segmentation opens on the synthetic series, each segment where its edit was made',
    async () => {
      expect(await viewer.series('CT')).toEqual([
        source.seriesInstanceUID,
        written.derived.seriesInstanceUID,
      ]);
      await openSeries(written.segmentation.seriesDescription);
      await viewer.page.getByText('Yes', { exact: true }).click();
      const segments = await until(
        () => loadedSegments(viewer.page),
        (found) => found.length === 2,
      );
      await viewer.picture('segmentation');
      expect(segments.map(({ label }) => label)).toEqual(['Synthetic nodule 1', 'Removed nodule 1']);
      written.segments.forEach(({ edit, mask }, at) => {
        const segment = segments[at]!;
        expect(segment.seriesInstanceUID).toBe(written.derived.seriesInstanceUID);
        expect(segment.voxels).toBe(mask.reduce((sum, one) => sum + one, 0));
        expectNear(segment.centre, edit.centre);
      });
      expect(viewer.errors).toEqual([]);
    },
    120_000,
  );

  function expectNear(point: Point, centre: readonly number[]): void {
    point.forEach((mm, axis) =>
      expect(Math.abs(mm - centre[axis]!)).toBeLessThanOrEqual(axis === 2 ? HALF_SLICE_MM : HALF_VOXEL_MM),
    );
  }
});
