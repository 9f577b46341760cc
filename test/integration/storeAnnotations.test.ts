/** The registry of nodules that users marked, beside those that are imported. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { type Store, openStore } from '../../server/src/store/store.ts';

const STUDY = '1.2.3';
const SERIES = '1.2.3.1';

const noduleOf = (number: number, diameterMm = 10): Nodule => ({
  id: `${SERIES}-${number}`,
  seriesInstanceUID: SERIES,
  studyInstanceUID: STUDY,
  number,
  readers: 4,
  centre: [1.5, -2.25, 3],
  diameterMm,
  consensus: null,
  marks: [],
  consensusContours: [],
  source: 'lidc',
  annotation: null,
});

let dir: string;
let store: Store;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-store-'));
  store = await openStore({ dir });
});
afterAll(async () => {
  await store?.close();
  await rm(dir, { recursive: true, force: true });
});

test('a replacement keeps what users marked, behind the imported nodules and under the old numbers where it can', async () => {
  const marked = (number: number): Nodule => ({
    ...{ ...noduleOf(number), id: `marked-${number}`, source: 'annotated' },
    annotation: {
      ...{ author: 'A', writtenAt: '2026-01-02T03:04:05.000Z', codeVersion: '0.0.0', revision: 1 },
      segmentation: { seriesInstanceUID: `1.4.${number}`, sopInstanceUID: `1.5.${number}` },
      report: { seriesInstanceUID: `1.6.${number}`, sopInstanceUID: `1.7.${number}` },
    },
  });
  const audit = { at: '2026-01-02T03:04:05.000Z', action: 'test', subject: 'marked', details: {} };
  await store.nodules.replaceForSeries(SERIES, [noduleOf(1)]);
  for (const number of [2, 3]) {
    const nodule = marked(number);
    const { segmentation, report } = nodule.annotation!;
    await store.annotations.begin({
      noduleId: nodule.id,
      ctSeriesInstanceUID: SERIES,
      segmentation,
      report,
    });
    expect(await store.derived.isOurs(report.seriesInstanceUID)).toBe(true);
    expect(await store.annotations.add(segmentation.seriesInstanceUID, nodule, audit)).toEqual(nodule);
  }
  const numbers = async (): Promise<[string, number][]> =>
    (await store.nodules.ofSeries(SERIES)).map(({ id, number }) => [id, number]);
  await store.nodules.replaceForSeries(SERIES, [noduleOf(1), noduleOf(2)]);
  expect((await numbers()).slice(2)).toEqual([
    ['marked-2', 3],
    ['marked-3', 4],
  ]);
  await store.nodules.replaceForSeries(SERIES, [noduleOf(1)]);
  expect((await numbers()).slice(1)).toEqual([
    ['marked-2', 3],
    ['marked-3', 4],
  ]);
  expect(await store.nodules.get('marked-3')).toEqual({ ...marked(3), number: 4 });

  expect(await store.annotations.remove('marked-2', audit)).toEqual(['1.4.2']);
  expect(await store.annotations.unfinished()).toMatchObject([{ noduleId: 'marked-2', state: 'leaving' }]);
  await expect(store.annotations.remove('marked-2', audit)).rejects.toMatchObject({ kind: 'not-found' });
  expect(await store.annotations.remove('marked-3', audit)).toEqual(['1.4.3']);
  for (const entry of ['1.4.2', '1.4.3']) await store.annotations.abandon(entry);
  expect(await store.annotations.unfinished()).toEqual([]);
  expect(await numbers()).toEqual([[`${SERIES}-1`, 1]]);
});
