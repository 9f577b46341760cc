/** Edits that stand on each other: previews on previews, and edited series that are edited further. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AcceptResult, PointLps, Preview, PreviewRequest } from '@nodulelab/contract';
import { inflateRawSync } from 'node:zlib';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import type { NoduleLabError } from '../../server/src/volume/errors.ts';
import { indexToWorld, worldToIndex } from '../../server/src/volume/ctVolume.ts';
import { openProduct, type Product, unwatched } from '../support/product.ts';

let product: Product;
let candidateId: string;

beforeAll(async () => {
  product = await openProduct();
  const { candidates } = await product.services.generate({ seed: 3, count: 1 });
  candidateId = candidates[0]?.id ?? '';
}, 180_000);
afterAll(async () => {
  await product?.close();
});

const namesOf = (...previews: readonly Preview[]): string[] =>
  previews.flatMap(({ checks }) => checks.map(({ name }) => name));

/** A preview of the candidate where the program proposes it. */
async function insertion(changes: Partial<PreviewRequest> = {}, seed = 1, diameterMm = 10): Promise<Preview> {
  const { services, seriesInstanceUID } = product;
  const request = { seriesInstanceUID, candidateId, diameterMm, ...changes };
  const { centre } = await services.place({ ...request, seed });
  return services.preview({ centre, ...request });
}

const read = async (seriesInstanceUID: string): Promise<CtSeries> =>
  readCtSeries(await product.context.archive.downloadSeries(seriesInstanceUID));

const huOf = ({ box }: Preview): Int16Array =>
  new Int16Array(Uint8Array.from(Buffer.from(box.hu, 'base64')).buffer);

/** Whether the voxels of a preview's box are those of a series. */
function equalsIn(preview: Preview, { volume }: CtSeries): boolean {
  const hu = huOf(preview);
  const [i0, j0, k0] = worldToIndex(volume, preview.box.origin).map((value) => Math.round(value)) as [
    number,
    number,
    number,
  ];
  const [nx, ny] = preview.box.size;
  return hu.every((value, at) => {
    const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
    return volume.data[i0 + i + volume.size[0] * (j0 + j + volume.size[1] * (k0 + k))] === value;
  });
}

async function remove(result: AcceptResult): Promise<void> {
  for (const uid of [
    result.seriesInstanceUID,
    result.segmentation.seriesInstanceUID,
    result.report.seriesInstanceUID,
  ])
    await product.context.archive.deleteOwnSeries(uid);
}

describe('previews that stand on each other', () => {
  test('a nodule is inserted where another one was just removed, and both are written as one series', async () => {
    const { services, seriesInstanceUID } = product;
    const before = await read(seriesInstanceUID);
    const { nodules } = await services.nodules(seriesInstanceUID);
    const [nodule] = nodules;
    if (!nodule) throw new Error('the phantom has no nodule');
    const removed = await services.removal({ seriesInstanceUID, noduleId: nodule.id });
    const same = { centre: nodule.centre, diameterMm: 9 };
    const inserted = await insertion({ ...same, after: removed.id });
    // Where the real nodule still is, none can go.
    await expect(insertion(same)).rejects.toMatchObject({ kind: 'unusable' });
    expect(inserted.after).toBe(removed.id);

    await expect(services.discard(removed.id)).rejects.toMatchObject({
      ...{ kind: 'conflict', details: { standsOnIt: inserted.id } },
    });
    const { title } = await services.acceptable(inserted.id, namesOf(removed, inserted));
    expect(title).toBe('1 synthetic lung nodule inserted, 1 lung nodule removed');
    const result = await services.accept(inserted.id, namesOf(removed, inserted), unwatched());
    const written = await read(result.seriesInstanceUID);
    expect(equalsIn(inserted, written)).toBe(true);
    expect(equalsIn(removed, written)).toBe(false);

    const list = await services.nodules(result.seriesInstanceUID);
    expect(list.synthetic.map(({ kind, noduleId }) => [kind, noduleId])).toEqual([
      ['remove', nodule.id],
      ['insert', null],
    ]);
    expect(list.nodules.map(({ id }) => id)).toEqual(nodules.slice(1).map(({ id }) => id));
    // The host in memory is the original again, for whoever looks at it next.
    expect((await services.removal({ seriesInstanceUID, noduleId: nodule.id })).box.hu).toBe(removed.box.hu);
    expect((await read(seriesInstanceUID)).volume.data).toEqual(before.volume.data);
    await expect(services.acceptable(removed.id, [])).rejects.toMatchObject({ kind: 'not-found' });
    await remove(result);
  });

  test('a preview cannot stand on one of another series, and none can stand on what is not there', async () => {
    const preview = await insertion();
    await expect(
      product.services.preview({
        ...{ seriesInstanceUID: '1.2.3', candidateId, centre: [0, 0, 0], diameterMm: 8, after: preview.id },
      }),
    ).rejects.toMatchObject({ kind: 'invalid-input' });
    await product.services.discard(preview.id);
    await expect(insertion({ after: preview.id })).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('the guard sees what was inserted, and no longer sees what was removed', async () => {
    const { services, seriesInstanceUID } = product;
    const inserted = await insertion({}, 2, 14);
    const inside = { centre: inserted.centre, diameterMm: 6 };
    await expect(insertion({ ...inside, after: inserted.id })).rejects.toMatchObject({ kind: 'unusable' });
    await expect(insertion(inside)).resolves.toMatchObject(inside);
    const [nodule] = (await services.nodules(seriesInstanceUID)).nodules;
    if (!nodule) throw new Error('the phantom has no nodule');
    const removed = await services.removal({ seriesInstanceUID, noduleId: nodule.id });
    const where = { centre: nodule.centre, diameterMm: 6 };
    await expect(insertion(where)).rejects.toMatchObject({ kind: 'unusable' });
    await expect(insertion({ ...where, after: removed.id })).resolves.toMatchObject(where);
  });

  test('the same nodule cannot be removed twice', async () => {
    const { services, seriesInstanceUID } = product;
    const { nodules } = await services.nodules(seriesInstanceUID);
    const noduleId = nodules[0]?.id ?? '';
    const removed = await services.removal({ seriesInstanceUID, noduleId });
    await expect(services.removal({ seriesInstanceUID, noduleId, after: removed.id })).rejects.toMatchObject({
      kind: 'conflict',
    });
    await expect(services.removal({ seriesInstanceUID, noduleId: 'none' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('a nodule is not removed where that would take an inserted one with it', async () => {
    const { services, seriesInstanceUID } = product;
    const [nodule] = (await services.nodules(seriesInstanceUID)).nodules;
    if (!nodule) throw new Error('the phantom has no nodule');
    const refused: unknown = await insertion({ centre: nodule.centre, diameterMm: 6 }).catch(
      (e: unknown) => e,
    );
    const { nearestAllowed } = (refused as NoduleLabError).details as { nearestAllowed: PointLps };
    const inserted = await insertion({ centre: nearestAllowed, diameterMm: 6 });
    const after = inserted.id;
    await expect(services.removal({ seriesInstanceUID, noduleId: nodule.id, after })).rejects.toMatchObject({
      kind: 'conflict',
      details: { noduleId: nodule.id, edit: 0 },
    });
    await expect(services.discard(after)).resolves.toBeUndefined();
  });

  test('an inserted nodule does not run into another one', async () => {
    const first = await insertion({}, 3, 10);
    const [x, y, z] = first.centre;
    // By less than the thickness of a flat one with that volume.
    const shifts: PointLps[] = [3, -3].flatMap((mm): PointLps[] => [
      [x + mm, y, z],
      [x, y + mm, z],
      [x, y, z + mm],
    ]);
    const reasons = new Set<unknown>();
    for (const centre of shifts) {
      const refused: unknown = await insertion({ centre, diameterMm: 10, after: first.id }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ kind: 'unusable' });
      reasons.add((refused as NoduleLabError).details['reason']);
    }
    expect([...reasons]).toContain('overlap');
  });

  test('twenty edits in one series are written as they were previewed', async () => {
    const stack: Preview[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const after = stack.at(-1)?.id;
      stack.push(await insertion(after === undefined ? {} : { after }, seed, 5));
    }
    const top = stack.at(-1)!;
    const result = await product.services.accept(top.id, namesOf(...stack), unwatched());
    const row = await product.context.store.derived.get(result.seriesInstanceUID);
    expect(row?.edits).toHaveLength(20);
    expect(equalsIn(top, await read(result.seriesInstanceUID))).toBe(true);
    expect(await product.services.replay(result.seriesInstanceUID)).toMatchObject({ identical: true });
    await remove(result);
  }, 300_000);
});

describe('an edited series that is edited further', () => {
  test('is its original with all edits, even where the kept voxels are gone and have to be made again', async () => {
    const { services, seriesInstanceUID, context } = product;
    const first = await insertion({ options: { rotationDeg: [10, 20, 30] } }, 4);
    const one = await services.accept(first.id, namesOf(first), unwatched());
    const again = { seriesInstanceUID: one.seriesInstanceUID };
    const { nodules } = await services.nodules(one.seriesInstanceUID);
    const removed = await services.removal({ ...again, noduleId: nodules[0]?.id ?? '' });
    const second = await insertion({ ...again, after: removed.id }, 6);
    const two = await services.accept(second.id, namesOf(removed, second), unwatched());

    const row = await context.store.derived.get(two.seriesInstanceUID);
    expect(row?.sourceSeriesInstanceUID).toBe(seriesInstanceUID);
    expect(row?.edits.map(({ edit }) => edit.kind)).toEqual(['insert', 'remove', 'insert']);
    const before = await context.store.derived.get(one.seriesInstanceUID);
    expect(row?.edits[0]).toEqual(before?.edits[0]);
    const written = await read(two.seriesInstanceUID);
    expect(equalsIn(second, written)).toBe(true);
    expect(await services.replay(two.seriesInstanceUID)).toMatchObject({
      ...{ identical: true, sourceSeriesInstanceUID: seriesInstanceUID },
      edits: [{ kind: 'insert' }, { kind: 'remove' }, { kind: 'insert' }],
    });

    const on = { seriesInstanceUID: two.seriesInstanceUID };
    const kept = await insertion(on, 6, 14);
    for (const { edit } of row?.edits ?? [])
      await rm(join(product.dataDir, 'artefacts', edit.huSha256.slice(0, 2), edit.huSha256));
    const remade = await insertion(on, 6, 14);
    expect(remade.box).toEqual(kept.box);
    await remove(one);
    await remove(two);
  }, 180_000);

  test('is refused where an earlier version wrote it, with its original named', async () => {
    const { context, seriesInstanceUID, studyInstanceUID } = product;
    await context.store.derived.begin({
      ...{ seriesInstanceUID: '2.25.99', studyInstanceUID, sourceSeriesInstanceUID: seriesInstanceUID },
      ...{ codeVersion: null, edits: [], segmentation: null, report: null },
      earlier: { candidateId, centre: [1, 2, 3], diameterMm: 9, parameters: {} },
      createdAt: context.now().toISOString(),
    });
    const refused = (): Promise<Preview> => insertion({ seriesInstanceUID: '2.25.99', centre: [0, 0, 0] });
    await expect(refused()).rejects.toMatchObject({ kind: 'conflict' });
    expect((await product.services.nodules('2.25.99')).synthetic).toEqual([]);
    await context.store.derived.complete('2.25.99', {
      series: [],
      audit: { at: context.now().toISOString(), action: 'series-created', subject: '2.25.99', details: {} },
    });
    await expect(refused()).rejects.toMatchObject({
      ...{ kind: 'unusable', details: { sourceSeriesInstanceUID: seriesInstanceUID } },
    });
    expect((await product.services.nodules('2.25.99')).synthetic).toMatchObject([
      { candidateId, diameterMm: 9 },
    ]);
  });
});

describe('at the same time', () => {
  test('two previews are accepted while a third is made, and all of them are what they were asked to be', async () => {
    const { services } = product;
    const [a, b] = [await insertion({}, 11), await insertion({}, 12)];
    const expected = await insertion({}, 13);
    const [one, two, third] = await Promise.all([
      services.accept(a.id, namesOf(a), unwatched()),
      services.accept(b.id, namesOf(b), unwatched()),
      insertion({}, 13),
    ]);
    expect(third.box).toEqual(expected.box);
    const [first, second] = [await read(one.seriesInstanceUID), await read(two.seriesInstanceUID)];
    expect([equalsIn(a, first), equalsIn(b, second)]).toEqual([true, true]);
    expect([equalsIn(a, second), equalsIn(b, first)]).toEqual([false, false]);
    await remove(one);
    await remove(two);
  });
});

test('the map of places allows what the guard allows', async () => {
  const { services, seriesInstanceUID } = product;
  const map = await services.guard({ seriesInstanceUID, diameterMm: 10 });
  const labels = inflateRawSync(Buffer.from(map.labels, 'base64'));
  const [nx, ny, nz] = map.size;
  expect(labels).toHaveLength(nx * ny * nz);
  const allowed = labels.indexOf(1);
  expect(allowed).toBeGreaterThan(-1);
  const { size, origin, spacing, direction } = map;
  const at = [allowed % nx, Math.floor(allowed / nx) % ny, Math.floor(allowed / (nx * ny))] as const;
  const centre = indexToWorld({ size, origin, spacing, direction }, at);
  await expect(insertion({ centre: [centre[0], centre[1], centre[2]] })).resolves.toMatchObject({
    edit: { kind: 'insert' },
  });
});
