/** Accept, against a real Orthanc: what is written, what stays as it was, and what remains after a failure. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { withdrawUnfinished } from '../../server/src/services/acceptance.ts';
import { openProduct, previewOne, type Product, unwatched } from '../support/product.ts';
import { aProvenance } from '../support/provenance.ts';

let product: Product;

beforeAll(async () => {
  product = await openProduct();
}, 180_000);
afterAll(async () => {
  await product?.close();
});

async function hashesOf(seriesInstanceUID: string): Promise<string[]> {
  const files = await product.context.archive.downloadSeries(seriesInstanceUID);
  return files.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex')).toSorted();
}

async function seriesOfStudy(): Promise<string[]> {
  const series = await product.context.archive.studySeries(product.studyInstanceUID);
  return series.map(({ seriesInstanceUID }) => seriesInstanceUID).toSorted();
}

describe('accepting a preview', () => {
  test('writes a marked series that differs from its source inside the box only, and leaves the source alone', async () => {
    const before = await hashesOf(product.seriesInstanceUID);
    const preview = await previewOne(product);
    const result = await product.services.accept(preview.id, unwatched());

    expect(await hashesOf(product.seriesInstanceUID)).toEqual(before);
    const source = readCtSeries(await product.context.archive.downloadSeries(product.seriesInstanceUID));
    const derived = readCtSeries(await product.context.archive.downloadSeries(result.seriesInstanceUID));
    expect(derived.syntheticData).toBe(true);
    expect(derived.frameOfReferenceUID).toBe(source.frameOfReferenceUID);
    expect(derived.studyInstanceUID).toBe(source.studyInstanceUID);
    expect(derived.seriesDescription).toMatch(/^SYNTHETIC/);

    const origin = preview.box.origin;
    const [nx, ny] = source.volume.size;
    const [sx, sy, sz] = source.volume.spacing;
    const first = [
      Math.round((origin[0] - source.volume.origin[0]) / sx),
      Math.round((origin[1] - source.volume.origin[1]) / sy),
      Math.round((origin[2] - source.volume.origin[2]) / sz),
    ] as const;
    let changedInside = 0;
    source.volume.data.forEach((hu, at) => {
      if (derived.volume.data[at] === hu) return;
      const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
      expect([i - first[0] >= 0, i - first[0] < preview.box.size[0]]).toEqual([true, true]);
      expect([j - first[1] >= 0, j - first[1] < preview.box.size[1]]).toEqual([true, true]);
      expect([k - first[2] >= 0, k - first[2] < preview.box.size[2]]).toEqual([true, true]);
      changedInside += 1;
    });
    expect(changedInside).toBeGreaterThan(100);
    expect(product.events).toContainEqual({
      type: 'series-created',
      studyInstanceUID: product.studyInstanceUID,
      seriesInstanceUID: result.seriesInstanceUID,
      sourceSeriesInstanceUID: product.seriesInstanceUID,
    });
    const list = await product.services.nodules(result.seriesInstanceUID);
    expect(list.synthetic).toHaveLength(1);
    expect(list.nodules.length).toBeGreaterThan(0);
  });

  test('the voxels are the previewed ones, bit for bit, and come again from the same candidate and place', async () => {
    const preview = await previewOne(product, 4);
    const again = await product.services.preview({
      seriesInstanceUID: product.seriesInstanceUID,
      candidateId: preview.candidateId,
      centre: preview.centre,
      diameterMm: preview.diameterMm,
    });
    expect(again.box).toEqual(preview.box);
  });

  test('cancelled midway, it leaves nothing in Orthanc and the source as it was', async () => {
    const [source, study] = [await hashesOf(product.seriesInstanceUID), await seriesOfStudy()];
    const preview = await previewOne(product, 5);
    const job = unwatched(/^Sending slice (1\d|2\d)/);
    await expect(product.services.accept(preview.id, job)).rejects.toMatchObject({ kind: 'cancelled' });
    expect(job.messages.some((message) => message.startsWith('Sending slice'))).toBe(true);
    expect(await seriesOfStudy()).toEqual(study);
    expect(await hashesOf(product.seriesInstanceUID)).toEqual(source);
    expect(await product.context.store.derived.unfinished()).toEqual([]);
  });

  test('a series that a crash left half written is taken out at the next start, and nothing else', async () => {
    const study = await seriesOfStudy();
    const { context, studyInstanceUID, seriesInstanceUID: sourceSeriesInstanceUID } = product;
    const { candidateId, centre, diameterMm } = await previewOne(product, 6);
    const files = await context.imaging.derive({
      seriesInstanceUID: sourceSeriesInstanceUID,
      changes: [{ box: { min: [60, 60, 20], max: [61, 61, 21] }, hu: Int16Array.of(12) }],
      now: context.now(),
      provenance: aProvenance(),
    });
    const { seriesInstanceUID } = files;
    // What a crash between sending and completing leaves: the series in Orthanc, the registry without its end.
    await context.store.derived.begin({
      seriesInstanceUID,
      studyInstanceUID,
      sourceSeriesInstanceUID,
      candidateId,
      centre,
      diameterMm,
      parameters: {},
      createdAt: context.now().toISOString(),
    });
    await context.archive.storeSeries(files.instances);
    expect(await seriesOfStudy()).toHaveLength(study.length + 1);

    expect(await withdrawUnfinished(product.context)).toEqual([seriesInstanceUID]);
    expect(await seriesOfStudy()).toEqual(study);
  });

  test('a place outside the lung is refused with the reason and the nearest allowed place', async () => {
    const { candidates } = await product.services.generate({ seed: 3, count: 1 });
    const nodules = await product.services.nodules(product.seriesInstanceUID);
    const [nodule] = nodules.nodules;
    if (!nodule) throw new Error('the phantom has no nodule');
    await expect(
      product.services.preview({
        seriesInstanceUID: product.seriesInstanceUID,
        candidateId: candidates[0]?.id ?? '',
        centre: [0, 0, nodule.centre[2]],
        diameterMm: 10,
      }),
    ).rejects.toMatchObject({
      kind: 'unusable',
      details: {
        reason: expect.stringMatching(/outside-lung|airway/) as unknown,
        nearestAllowed: [expect.any(Number), expect.any(Number), expect.any(Number)] as unknown,
      },
    });
    await expect(
      product.services.preview({
        seriesInstanceUID: product.seriesInstanceUID,
        candidateId: candidates[0]?.id ?? '',
        centre: [5000, 0, 0],
        diameterMm: 10,
      }),
    ).rejects.toMatchObject({ kind: 'unusable', details: { reason: 'outside-volume' } });
  });

  test('a preview that is being written can be neither discarded nor accepted again, and its series is there in the end', async () => {
    const preview = await previewOne(product, 8);
    const refused: unknown[] = [];
    const job = unwatched();
    const result = await product.services.accept(preview.id, {
      signal: job.signal,
      progress(_fraction, message) {
        if (message !== 'Reading it back') return;
        refused.push(
          product.services.discard(preview.id).catch((error: unknown) => error),
          product.services.acceptable(preview.id).catch((error: unknown) => error),
        );
      },
    });
    expect(await Promise.all(refused)).toEqual([
      expect.objectContaining({ kind: 'conflict' }),
      expect.objectContaining({ kind: 'conflict' }),
    ]);
    expect(await seriesOfStudy()).toContain(result.seriesInstanceUID);
    await expect(product.services.acceptable(preview.id)).rejects.toMatchObject({ kind: 'not-found' });
  }, 60_000);

  test('a preview that was discarded cannot be accepted', async () => {
    const preview = await previewOne(product, 8);
    await product.services.discard(preview.id);
    await expect(product.services.acceptable(preview.id)).rejects.toMatchObject({ kind: 'not-found' });
  });
});
