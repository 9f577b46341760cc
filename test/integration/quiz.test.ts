import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Quiz } from '@nodulelab/contract';
import { decode } from 'fast-png';
import { orthancMissing } from '../support/orthanc.ts';
import { openProduct, type Product } from '../support/product.ts';

const describeWithOrthanc = orthancMissing() === undefined ? describe : describe.skip;

describeWithOrthanc('a quiz', () => {
  let product: Product;
  let quiz: Quiz;
  const asked = { seed: 5, count: 6 };

  beforeAll(async () => {
    product = await openProduct();
    quiz = await product.services.quiz({ ...asked, seriesInstanceUID: product.seriesInstanceUID });
  }, 240_000);
  afterAll(() => product?.close());

  const picture = (dataUrl: string) =>
    decode(Buffer.from(dataUrl.replace(/^data:image\/png;base64,/, ''), 'base64'));

  test('shows real nodules and synthetic ones, and says that these are a phantom’s', () => {
    expect(Quiz.parse(quiz)).toEqual(quiz);
    expect(quiz.real).toBe('phantom');
    expect(quiz.questions.length).toBeGreaterThanOrEqual(4);
    expect(quiz.questions.length).toBeLessThanOrEqual(asked.count);
    const real = quiz.questions.filter((question) => question.real);
    expect(real.length).toBeGreaterThanOrEqual(1);
    // Of neither kind are there so many that one need not look.
    expect(quiz.questions.length - real.length).toBeLessThanOrEqual(Math.max(3, real.length + 2));
    for (const { real: isReal, about } of quiz.questions)
      expect(about).toMatch(isReal ? /^Of the phantom, number \d/ : /^By .+, seed 5, number \d/);
    expect(new Set(quiz.questions.map(({ thumbnails }) => thumbnails.axial)).size).toBe(
      quiz.questions.length,
    );
  });

  test('makes all pictures alike: three planes of one size, a nodule in the middle of each', () => {
    for (const { thumbnails } of quiz.questions)
      for (const plane of [thumbnails.axial, thumbnails.coronal, thumbnails.sagittal]) {
        const { width, height, data } = picture(plane);
        expect([width, height]).toEqual([128, 128]);
        const middle = [...data].filter(
          (_, at) => Math.hypot((at % 128) - 64, Math.floor(at / 128) - 64) < 4,
        );
        const dark = data.toSorted()[Math.floor(data.length / 4)]!;
        expect(middle.reduce((sum, grey) => sum + grey, 0) / middle.length).toBeGreaterThan(dark + 30);
      }
  });

  test('is the same for the same seed and another for another, and leaves nothing behind', async () => {
    const { services, seriesInstanceUID, dataDir } = product;
    const before = await readdir(join(dataDir, 'artefacts')).catch(() => []);
    expect(await services.quiz({ ...asked, seriesInstanceUID })).toEqual(quiz);
    expect((await services.quiz({ ...asked, seed: 6, seriesInstanceUID })).questions).not.toEqual(
      quiz.questions,
    );
    expect(await readdir(join(dataDir, 'artefacts')).catch(() => [])).toEqual(before);
    expect(await product.context.archive.hasSeries(seriesInstanceUID)).toBe(true);
  }, 240_000);

  test('leaves out nodules whose CT is gone', async () => {
    const { context, services, seriesInstanceUID } = product;
    const [known] = await context.store.nodules.ofSeries(seriesInstanceUID);
    const gone = { ...known!, id: 'gone', seriesInstanceUID: '1.2.4', number: 1 };
    const { series, nodules } = context.store;
    await series.upsert({ ...(await series.get(seriesInstanceUID))!, seriesInstanceUID: '1.2.4' });
    await nodules.replaceForSeries('1.2.4', [gone]);
    const found = await services.quiz({ ...asked, seriesInstanceUID: '1.2.4' });
    expect(found.questions.some(({ real }) => real)).toBe(true);
    await nodules.replaceForSeries('1.2.4', []);
  }, 120_000);

  test('of a CT that nobody knows shows the nodules that there are; an archive without any says so', async () => {
    const other = await product.services.quiz({ ...asked, count: 2, seriesInstanceUID: '1.2.3' });
    expect(other.questions.some(({ real }) => real)).toBe(true);
    await product.context.store.nodules.replaceForSeries(product.seriesInstanceUID, []);
    await expect(
      product.services.quiz({ ...asked, seriesInstanceUID: product.seriesInstanceUID }),
    ).rejects.toMatchObject({ kind: 'unusable' });
  }, 120_000);
});
