/** A user marks nodules, through HTTP and against a real Orthanc: what is listed, what is written, what is taken back. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AnnotationRequest, Nodule, NoduleList, Problem } from '@nodulelab/contract';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { segmentMask } from '../../server/src/lidc/officialPlacement.ts';
import { archiveNodules } from '../../server/src/services/archiveNodules.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { indexToWorld, type VolumeGeometry } from '../../server/src/volume/ctVolume.ts';
import { lookAt } from '../support/annotationObjects.ts';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';
import { openProduct, previewOne, type Product, unwatched } from '../support/product.ts';

const RATINGS = {
  ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 3, margin: 2 },
  ...{ lobulation: 1, spiculation: 4, texture: 5, malignancy: 4 },
};
const AUTHOR = 'Anna Müller';

let product: Product;
let fixture: HttpFixture;
let geometry: VolumeGeometry;
let imported: Nodule[];

beforeAll(async () => {
  product = await openProduct();
  fixture = await startHttpFixture({ services: product.services });
  ({ geometry } = await product.context.imaging.facts({ seriesInstanceUID: product.seriesInstanceUID }));
  imported = await listed();
}, 180_000);
afterAll(async () => {
  await fixture?.close();
  await product?.close();
});

const address = (id?: string): string =>
  `/api/series/${product.seriesInstanceUID}/annotations${id === undefined ? '' : `/${id}`}`;

async function listed(): Promise<Nodule[]> {
  const { body } = await fixture.api().get(`/api/series/${product.seriesInstanceUID}/nodules`);
  return NoduleList.parse(body).nodules;
}

const archived = async (): Promise<string[]> =>
  (await product.context.archive.studySeries(product.studyInstanceUID))
    .map(({ modality, seriesInstanceUID }) => `${modality} ${seriesInstanceUID}`)
    .toSorted();

async function hashes(): Promise<string[]> {
  const files = await product.context.archive.downloadSeries(product.seriesInstanceUID);
  return files.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex')).toSorted();
}

/** In the middle of the CT, between voxels. */
const ellipsoid = (radiiMm: [number, number, number] = [6, 5, 7]): AnnotationRequest['shape'] => {
  const [x, y, z] = indexToWorld(geometry, [
    geometry.size[0] * 0.3 + 0.3,
    geometry.size[1] / 2 + 0.2,
    geometry.size[2] / 2 + 0.4,
  ]);
  return {
    kind: 'ellipsoid',
    centre: [x, y, z],
    radiiMm,
    axes: [
      [0.6, 0.8, 0],
      [-0.8, 0.6, 0],
      [0, 0, 1],
    ],
  };
};

async function annotate(shape: AnnotationRequest['shape'] = ellipsoid()): Promise<Nodule> {
  const answer = await fixture
    .api()
    .post(address())
    .send({ shape, characteristics: RATINGS, author: AUTHOR });
  expect([answer.status, answer.body.detail]).toEqual([201, undefined]);
  return Nodule.parse(answer.body);
}

const forget = async ({ id }: Nodule): Promise<void> => {
  expect((await fixture.api().delete(address(id))).status).toBe(204);
};

async function writtenOf({ annotation }: Nodule): Promise<{ seg: Uint8Array; sr: Uint8Array }> {
  const one = async (seriesInstanceUID: string): Promise<Uint8Array> => {
    const files = await product.context.archive.downloadSeries(seriesInstanceUID);
    expect(files).toHaveLength(1);
    return files[0]!.bytes;
  };
  return {
    seg: await one(annotation!.segmentation.seriesInstanceUID),
    sr: await one(annotation!.report.seriesInstanceUID),
  };
}

describe('a nodule that a user marks', () => {
  test('is listed behind the imported ones, written beside the untouched CT, and sound for other programs', async () => {
    const before = { series: await archived(), ct: await hashes() };
    const nodule = await annotate();
    const shape = ellipsoid() as Extract<AnnotationRequest['shape'], { kind: 'ellipsoid' }>;
    expect(nodule).toMatchObject({
      source: 'annotated',
      number: imported.length + 1,
      readers: 1,
      consensus: RATINGS,
      annotation: { author: AUTHOR, revision: 1 },
    });
    expect(await listed()).toEqual([...imported, nodule]);
    // Twice the longest radius in the plane, to a voxel; the centre to half of one.
    expect(Math.abs(nodule.diameterMm - 12)).toBeLessThan(2 * geometry.spacing[0]);
    nodule.centre.forEach((mm, axis) =>
      expect(Math.abs(mm - shape.centre[axis]!)).toBeLessThan(geometry.spacing[axis]! / 2),
    );
    expect(nodule.consensusContours).toEqual(nodule.marks[0]?.contours);

    const added = (await archived()).filter((series) => !before.series.includes(series));
    const { segmentation, report } = nodule.annotation!;
    expect(added).toEqual([`SEG ${segmentation.seriesInstanceUID}`, `SR ${report.seriesInstanceUID}`]);
    expect(await hashes()).toEqual(before.ct);

    const { seg, sr } = await writtenOf(nodule);
    const { errors, seen } = lookAt(seg, sr);
    expect(errors).toEqual([]);
    const voxelMm3 = geometry.spacing[0] * geometry.spacing[1] * geometry.spacing[2];
    if (seen) {
      expect(seen).toMatchObject({
        ...{ algorithm: 'MANUAL', property: ['27925004', 'SCT', 'Nodule'] },
        ...{ creator: 'Anna Muller', observers: ['Anna Muller'], predecessors: [] },
        ...{ manufacturer: ['NoduleLab', 'NoduleLab'], series: [product.seriesInstanceUID] },
        // The phantom is synthetic, and what is drawn on it with it.
        synthetic: ['YES', 'YES'],
        study: [product.studyInstanceUID],
      });
      expect(seen.tracking).toHaveLength(1);
      expect(seen.software).toEqual(Array(2).fill(product.context.configuration.version));
      nodule.centre.forEach((mm, axis) => expect(seen.centre[axis]).toBeCloseTo(mm, 3));
      expect(seen.measured['Volume']).toBeCloseTo(seen.voxels * voxelMm3, 2);
      expect(seen.measured['Long Axis']).toBeCloseTo(nodule.diameterMm, 3);
      expect(seen.ratings).toMatchObject({
        Malignancy: ['904', '99LIDCQIICR', '4 out of 5 (Moderately Suspicious for Cancer)'],
        Margin: ['002', '99LIDCQIICR', '2 out of 5'],
        Calcification: ['RID28473', 'RadLex', 'Absent'],
      });
    }
    await forget(nodule);
  });

  test('as a brush mask that counts slices from the other end is the nodule that the same ellipsoid is', async () => {
    const drawn = await annotate();
    const { seg } = await writtenOf(drawn);
    const read = readSegmentation({ name: 'seg', bytes: seg });
    const ct = readCtSeries(await product.context.archive.downloadSeries(product.seriesInstanceUID));
    const { box, bits } = segmentMask(read, 1, ct)!;
    // From the last slice to the first, against the CT's own direction.
    const size = [0, 1, 2].map((axis) => box.max[axis]! - box.min[axis]!) as [number, number, number];
    const perSlice = size[0] * size[1];
    const runs: number[] = [0];
    let inside = 0;
    for (let k = size[2] - 1; k >= 0; k--)
      for (let at = 0; at < perSlice; at++) {
        const bit = bits[k * perSlice + at]!;
        if (bit !== inside) runs.push(0);
        inside = bit;
        runs[runs.length - 1]! += 1;
      }
    const [i, j, k] = geometry.direction;
    const painted = await annotate({
      ...{ kind: 'mask', size, runs, spacing: [...geometry.spacing] },
      origin: [...indexToWorld(geometry, [box.min[0], box.min[1], box.max[2] - 1])],
      direction: [[...i], [...j], [-k[0], -k[1], -k[2]]],
    });
    expect(painted.marks[0]?.contours).toEqual(drawn.marks[0]?.contours);
    expect([painted.centre, painted.diameterMm]).toEqual([drawn.centre, drawn.diameterMm]);
    expect([painted.number, painted.id === drawn.id]).toEqual([drawn.number + 1, false]);
    await forget(drawn);
    await forget(painted);
  });

  test('with the outlines of an imported one measures what that one does, is removed like it and goes into a data set', async () => {
    const [model] = imported;
    const nodule = await annotate({ kind: 'outlines', outlines: model!.consensusContours });
    expect(nodule.diameterMm).toBeCloseTo(model!.diameterMm, 9);
    nodule.centre.forEach((mm, axis) => expect(mm).toBeCloseTo(model!.centre[axis]!, 9));
    const { seriesInstanceUID } = product;
    const removal = await product.services.removal({ seriesInstanceUID, noduleId: nodule.id });
    expect(removal.checks.length).toBeGreaterThan(0);
    await product.services.discard(removal.id);
    const { nodules } = await archiveNodules(
      product.context,
      { seriesInstanceUIDs: [seriesInstanceUID] },
      new AbortController().signal,
      () => undefined,
    );
    expect(nodules.find(({ noduleId }) => noduleId === nodule.id)).toMatchObject({
      characteristics: RATINGS,
      readers: 1,
      flags: ['annotated'],
    });
    expect(nodules.flatMap(({ flags }) => flags)).toEqual(['annotated']);
    await forget(nodule);
  });

  test('stays with its number where the annotations of its CT are imported again, with its own objects among them', async () => {
    const nodule = await annotate();
    const before = await listed();
    const { seg, sr } = await writtenOf(nodule);
    const own = join(product.dataDir, 'own');
    await mkdir(own);
    await writeFile(join(own, 'seg.dcm'), seg);
    await writeFile(join(own, 'sr.dcm'), sr);
    const phantom = join(product.dataDir, 'phantom');
    for (const paths of [[phantom, own], [own]]) {
      const { problems, failures } = await importPaths(product.context, paths, unwatched(), 'phantom');
      expect([problems, failures]).toEqual([[], []]);
    }
    expect(await listed()).toEqual(before);
    await forget(nodule);
    expect(await listed()).toEqual(imported);
  });
});

describe('a change of an annotated nodule', () => {
  test('is a new segmentation and report that name the old ones; number, name and tracking UID stay', async () => {
    const first = await annotate();
    const old = await writtenOf(first);
    const ratings = { ...RATINGS, malignancy: 2 };
    const rated = await fixture
      .api()
      .put(address(first.id))
      .send({ characteristics: ratings, author: 'B. Ito' });
    expect(rated.status).toBe(200);
    const second = Nodule.parse(rated.body);
    expect(second).toMatchObject({
      ...{ id: first.id, number: first.number, diameterMm: first.diameterMm, consensus: ratings },
      annotation: { author: 'B. Ito', revision: 2 },
    });
    expect(second.marks[0]?.contours).toEqual(first.marks[0]?.contours);
    const larger = await fixture
      .api()
      .put(address(first.id))
      .send({ shape: ellipsoid([9, 8, 9]), author: AUTHOR });
    const third = Nodule.parse(larger.body);
    expect(third.diameterMm).toBeGreaterThan(second.diameterMm + 4);
    expect(third).toMatchObject({ consensus: ratings, annotation: { revision: 3 } });
    expect(await listed()).toEqual([...imported, third]);

    // Nothing is overwritten: the first state is still what it was.
    expect(await writtenOf(first)).toEqual(old);
    const { seg, sr } = await writtenOf(third);
    const { errors, seen } = lookAt(seg, sr);
    expect(errors).toEqual([]);
    if (seen) {
      const { report, segmentation } = second.annotation!;
      expect(seen.predecessors).toEqual([report.sopInstanceUID, segmentation.sopInstanceUID]);
      expect(seen.tracking).toEqual(lookAt(old.seg, old.sr).seen?.tracking);
    }

    await forget(third);
    expect(await listed()).toEqual(imported);
    // All states are gone with it.
    expect((await archived()).filter((series) => !series.startsWith('CT '))).toEqual([]);
    expect((await fixture.api().delete(address(first.id))).status).toBe(404);
  });
});

test('of two changes at once one is kept, and the other is told so and leaves nothing', async () => {
  const nodule = await annotate();
  const before = await archived();
  const change = (malignancy: number) =>
    fixture
      .api()
      .put(address(nodule.id))
      .send({ characteristics: { ...RATINGS, malignancy }, author: AUTHOR });
  const answers = await Promise.all([change(1), change(5)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const kept = Nodule.parse(answers.find(({ status }) => status === 200)!.body);
  expect(await listed()).toEqual([...imported, kept]);
  expect(await archived()).toHaveLength(before.length + 2);
  await forget(kept);
});

describe('what is refused', () => {
  const kept: [string, (id: string) => Promise<{ status: number; body: unknown }>, RegExp][] = [
    [
      'a change',
      async (id) => fixture.api().put(address(id)).send({ characteristics: RATINGS, author: 'A' }),
      /imported/,
    ],
    ['a deletion', async (id) => fixture.api().delete(address(id)), /imported/],
  ];
  test.each(kept)('%s of an imported nodule', async (_, send, message) => {
    const { status, body } = await send(imported[0]!.id);
    expect([status, Problem.parse(body).detail]).toEqual([403, expect.stringMatching(message)]);
    expect(await listed()).toEqual(imported);
  });

  const shapes: [string, () => AnnotationRequest['shape'], number, RegExp][] = [
    ['an ellipsoid between the voxels', () => ellipsoid([0.01, 0.01, 0.01]), 422, /no voxel/],
    ['one of 64 mm', () => ellipsoid([32, 5, 5]), 422, /64 mm/],
    [
      'one outside the CT',
      () => ({ ...ellipsoid(), centre: [5000, 0, 0] }) as AnnotationRequest['shape'],
      422,
      /outside the CT/,
    ],
    ['a mask whose runs are cut short', () => mask({ runs: [1, 2] }), 400, /do not add up/],
    ['a mask on another grid', () => mask({ spacing: [1.5, 1.5, 1.5] }), 422, /not on the grid/],
    [
      'a mask outside the CT',
      () => mask({ origin: [...indexToWorld(geometry, [-9, 0, 0])] }),
      422,
      /outside the CT/,
    ],
  ];
  test.each(shapes)('%s, and nothing is written', async (_, shape, status, message) => {
    const series = await archived();
    const answer = await fixture
      .api()
      .post(address())
      .send({ shape: shape(), characteristics: RATINGS, author: AUTHOR });
    expect([answer.status, Problem.parse(answer.body).detail]).toEqual([
      status,
      expect.stringMatching(message),
    ]);
    expect([await archived(), await listed()]).toEqual([series, imported]);
  });

  test('ratings out of scale and a series that is not there', async () => {
    const send = (path: string, malignancy: number) =>
      fixture
        .api()
        .post(path)
        .send({ shape: ellipsoid(), characteristics: { ...RATINGS, malignancy }, author: AUTHOR });
    expect((await send(address(), 6)).status).toBe(400);
    expect((await send('/api/series/1.2.3/annotations', 4)).status).toBe(404);
  });

  test('a synthetic series, with the series to annotate instead', async () => {
    const preview = await previewOne(product);
    const names = preview.checks.map(({ name }) => name);
    const { seriesInstanceUID } = await product.services.accept(preview.id, names, unwatched());
    const answer = await fixture
      .api()
      .post(`/api/series/${seriesInstanceUID}/annotations`)
      .send({ shape: ellipsoid(), characteristics: RATINGS, author: AUTHOR });
    expect([answer.status, Problem.parse(answer.body).detail]).toEqual([
      403,
      expect.stringContaining(product.seriesInstanceUID),
    ]);
  });
});

type Mask = Extract<AnnotationRequest['shape'], { kind: 'mask' }>;

/** Two voxels each way, all inside, in the CT's own directions. */
function mask(different: Partial<Mask>): Mask {
  const [i, j, k] = geometry.direction;
  return {
    kind: 'mask',
    size: [2, 2, 2],
    origin: [...indexToWorld(geometry, [20, 20, 5])],
    spacing: [...geometry.spacing],
    direction: [[...i], [...j], [...k]],
    runs: [0, 8],
    ...different,
  };
}
