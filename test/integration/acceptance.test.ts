/** Accept, against a real Orthanc: what is written, what stays as it was, and what remains after a failure. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AcceptResult, Preview } from '@nodulelab/contract';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { openProduct, previewOne, type Product, unwatched } from '../support/product.ts';

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

const namesOf = ({ checks }: Preview): string[] => checks.map(({ name }) => name);
const uidsOf = (result: AcceptResult): string[] => [
  result.seriesInstanceUID,
  result.segmentation.seriesInstanceUID,
  result.report.seriesInstanceUID,
];

/** A preview with a check that is bad. */
async function poorPreview(): Promise<Preview> {
  const { services, seriesInstanceUID } = product;
  for (let seed = 1; seed <= 12; seed += 1) {
    const { candidates } = await services.generate({ seed, count: 1 });
    // A vessel stays as bright as it is, so that a nodule on it cannot be as dark as the lung.
    const options = { setting: 'vessel-attached' as const, meanHu: -800 };
    const diameterMm = 12;
    const { centre } = await services.place({
      seriesInstanceUID,
      diameterMm,
      seed,
      setting: options.setting,
    });
    const candidateId = candidates[0]?.id ?? '';
    const preview = await services.preview({ seriesInstanceUID, candidateId, centre, diameterMm, options });
    if (preview.checks.some(({ verdict }) => verdict === 'bad')) return preview;
    await services.discard(preview.id);
  }
  throw new Error('no preview has a bad check');
}

describe('accepting a preview', () => {
  test('writes a marked series that differs from its source inside the box only, and leaves the source alone', async () => {
    const before = await hashesOf(product.seriesInstanceUID);
    const preview = await previewOne(product);
    const result = await product.services.accept(preview.id, namesOf(preview), unwatched());

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
    expect(list.synthetic).toMatchObject([
      { kind: 'insert', sourceSeriesInstanceUID: product.seriesInstanceUID },
    ]);
    expect(await seriesOfStudy()).toEqual([product.seriesInstanceUID, ...uidsOf(result)].toSorted());
    expect(list.nodules.length).toBeGreaterThan(0);
  });

  test('the voxels are the previewed ones, bit for bit, and come again from the same candidate and place', async () => {
    const preview = await previewOne(product, 4);
    const again = await product.services.preview({
      seriesInstanceUID: product.seriesInstanceUID,
      candidateId: preview.edit.kind === 'insert' ? preview.edit.candidateId : '',
      centre: preview.centre,
      diameterMm: preview.diameterMm,
    });
    expect(again.box).toEqual(preview.box);
  });

  test.each([
    ['before anything is sent', /^Registered/],
    ['while slices are sent', /^Sending slice (1\d|2\d)/],
    ['when all is sent', /^Sending segmentation/],
    ['while it is read back', /^Reading it back/],
    ['when it is verified', /^Verified/],
  ])('cancelled %s, it leaves nothing in Orthanc and the source as it was', async (_, moment) => {
    const [source, study] = [await hashesOf(product.seriesInstanceUID), await seriesOfStudy()];
    const preview = await previewOne(product, 5);
    const job = unwatched(moment);
    const ended = await product.services
      .accept(preview.id, namesOf(preview), job)
      .catch((error: unknown) => error);
    // The words as well: where it is another error, they say which.
    expect(ended).toMatchObject({ kind: 'cancelled', message: 'cancelled; the archive is as it was before' });
    expect(job.messages.some((message) => moment.test(message))).toBe(true);
    expect(await seriesOfStudy()).toEqual(study);
    expect(await hashesOf(product.seriesInstanceUID)).toEqual(source);
    expect(await product.context.store.derived.unfinished()).toEqual([]);
    await product.services.discard(preview.id);
  });

  test('a bad check must be confirmed by name, and who confirmed what stays in the series and in the trail', async () => {
    // Four millimetres asked of a place where nothing that small is left to see: the checks must say so somewhere.
    const preview = await poorPreview();
    const bad = preview.checks.filter(({ verdict }) => verdict === 'bad').map(({ name }) => name);
    const before = await seriesOfStudy();
    for (const attempt of [
      () => product.services.acceptable(preview.id, []),
      () => product.services.accept(preview.id, ['something else'], unwatched()),
    ])
      await expect(attempt()).rejects.toMatchObject({ kind: 'refused', details: { unconfirmed: bad } });
    expect(await seriesOfStudy()).toEqual(before);

    const result = await product.services.accept(preview.id, bad, unwatched());
    const row = await product.context.store.derived.get(result.seriesInstanceUID);
    expect(row?.edits.map(({ edit }) => edit)).toMatchObject([{ details: { confirmedChecks: bad } }]);
    expect((await product.context.store.audit.list()).at(-1)).toMatchObject({
      ...{ action: 'series-created', subject: result.seriesInstanceUID, details: { confirmed: bad } },
    });
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
    const result = await product.services.accept(preview.id, namesOf(preview), {
      signal: job.signal,
      progress(_fraction, message) {
        if (message !== 'Reading it back') return;
        refused.push(
          product.services.discard(preview.id).catch((error: unknown) => error),
          product.services.acceptable(preview.id, namesOf(preview)).catch((error: unknown) => error),
        );
      },
    });
    expect(await Promise.all(refused)).toEqual([
      expect.objectContaining({ kind: 'conflict' }),
      expect.objectContaining({ kind: 'conflict' }),
    ]);
    expect(await seriesOfStudy()).toContain(result.seriesInstanceUID);
    await expect(product.services.acceptable(preview.id, namesOf(preview))).rejects.toMatchObject({
      kind: 'not-found',
    });
  }, 60_000);

  test('a preview that was discarded cannot be accepted', async () => {
    const preview = await previewOne(product, 8);
    await product.services.discard(preview.id);
    await expect(product.services.acceptable(preview.id, namesOf(preview))).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});
