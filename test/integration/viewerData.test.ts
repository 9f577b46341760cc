/** What the viewer's panels ask beyond candidates and previews, over HTTP: real Orthanc, real store, the small phantom. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AcceptResult,
  CandidateChecks,
  CandidateList,
  NoduleList,
  Problem,
  Proposals,
  SeriesProvenance,
} from '@nodulelab/contract';
import { decode } from 'fast-png';
import { announceServer } from '../../server/src/cli/runningServer.ts';
import { type HttpFixture, startHttpFixture } from '../support/httpFixture.ts';
import { nodulelab, openProduct, unwatched, type Product } from '../support/product.ts';

let product: Product;
let http: HttpFixture;
let candidates: CandidateList['candidates'];
beforeAll(async () => {
  product = await openProduct();
  http = await startHttpFixture({ services: product.services });
  const response = await http.api().post('/api/candidates').send({ seed: 3, count: 2 });
  ({ candidates } = CandidateList.parse(response.body));
}, 240_000);
afterAll(async () => {
  await http?.close();
  await product?.close();
});

const get = (path: string) => http.api().get(`/api${path}`);

async function problem(
  path: string,
  status: number,
  body?: Record<string, unknown>,
): Promise<Problem['detail']> {
  const response = await (body ? http.api().post(`/api${path}`).send(body) : get(path));
  expect([path, response.status]).toEqual([path, status]);
  return Problem.parse(response.body).detail;
}

describe('a candidate', () => {
  test('comes with all its slices in one picture for each plane, which is asked for once', async () => {
    const pictures: string[] = [];
    for (const plane of ['axial', 'coronal', 'sagittal']) {
      const path = `/candidates/${candidates[0]!.id}/slices/${plane}`;
      const { status, type, headers, body } = await get(path);
      expect([status, type]).toEqual([200, 'image/png']);
      expect(headers['cache-control']).toBe('private, max-age=31536000, immutable');
      const { width, height, data } = decode(body as Buffer);
      expect([width, height]).toEqual([512, 512]);
      expect(new Set(data).size).toBeGreaterThan(20);
      pictures.push((body as Buffer).toString('base64'));
      const again = await get(path).set('If-None-Match', headers['etag']!);
      expect(again.status).toBe(304);
    }
    expect(new Set(pictures).size).toBe(3);
    expect(await problem(`/candidates/${candidates[0]!.id}/slices/oblique`, 400)).toMatch(/plane/);
    expect(await problem('/candidates/none/slices/axial', 404)).toMatch(/generate it again/);
  });

  test('has its own lights at once, and all of them where they are asked for', async () => {
    const own = ['extent', 'cut-off', 'dark-voxels', 'bright-voxels', 'support'];
    for (const { id, checks } of candidates) {
      expect(checks.map(({ name }) => name)).toEqual(own);
      const all = CandidateChecks.parse((await get(`/candidates/${id}/checks`)).body);
      expect(all.candidateId).toBe(id);
      expect(all.checks.slice(0, -1)).toEqual(checks);
      // No set of patches lies here: it says so, and how to have one.
      expect(all.checks.at(-1)).toMatchObject({ name: 'nearest-training', value: null, verdict: 'unknown' });
      expect(all.checks.at(-1)!.explanation).toMatch(/nodulelab dataset build/);
    }
    expect(await problem('/candidates/none/checks', 404)).toMatch(/generate it again/);
  });
});

describe('proposed places', () => {
  const ask = async (body: Record<string, unknown>): Promise<Proposals> => {
    const series = { seriesInstanceUID: product.seriesInstanceUID };
    const response = await http
      .api()
      .post('/api/proposals')
      .send({ ...series, ...body });
    expect(response.status).toBe(200);
    return Proposals.parse(response.body);
  };

  test('are the same each time, of the size of the candidate, and further ones keep clear of a preview', async () => {
    const candidateId = candidates[0]!.id;
    const first = await ask({ candidateId, count: 5 });
    expect(await ask({ candidateId, count: 5 })).toEqual(first);
    expect(first.diameterMm).toBe(candidates[0]!.conditions?.diameter ?? 10);
    expect(first.places.length).toBeGreaterThan(1);
    const [{ centre }] = first.places as [Proposals['places'][0]];
    const preview = await http
      .api()
      .post('/api/previews')
      .send({ seriesInstanceUID: product.seriesInstanceUID, candidateId, centre });
    expect(preview.status).toBe(201);
    const { id } = preview.body as { id: string };
    for (const place of (await ask({ candidateId, count: 12, after: id })).places)
      expect(Math.hypot(...place.centre.map((mm, axis) => mm - centre[axis]!))).toBeGreaterThan(
        first.diameterMm,
      );
    expect((await http.api().delete(`/api/previews/${id}`)).status).toBe(204);
  });

  test('are of the wanted kind; what cannot be is refused with what to do', async () => {
    const { places } = await ask({ diameterMm: 6, setting: 'juxta-pleural' });
    expect(new Set(places.map(({ setting }) => setting))).toEqual(new Set(['juxta-pleural']));
    const series = { seriesInstanceUID: product.seriesInstanceUID };
    expect(await problem('/proposals', 400, { ...series, count: 13 })).toMatch(/count/);
    expect(await problem('/proposals', 404, { ...series, candidateId: 'none' })).toMatch(/generate it again/);
    expect(await problem('/proposals', 404, { seriesInstanceUID: '1.2.3' })).toMatch(/no series 1\.2\.3/);
  });
});

describe('nodules', () => {
  test('have the outline of what their readers agree on, made once where it was never kept', async () => {
    const path = `/series/${product.seriesInstanceUID}/nodules`;
    const before = NoduleList.parse((await get(path)).body).nodules;
    expect(before.length).toBeGreaterThan(0);
    for (const { consensusContours, marks } of before) {
      const slices = new Set(marks.flatMap(({ contours }) => contours.map((one) => one.sopInstanceUID)));
      expect(consensusContours.length).toBeGreaterThan(0);
      for (const { sopInstanceUID } of consensusContours) expect(slices).toContain(sopInstanceUID);
    }
    const { nodules } = product.context.store;
    await nodules.outline(before[0]!.id, []);
    expect((await nodules.get(before[0]!.id))!.consensusContours).toEqual([]);
    expect(NoduleList.parse((await get(path)).body).nodules).toEqual(before);
    expect(await nodules.get(before[0]!.id)).toEqual(before[0]);
  });
});

describe('provenance', () => {
  const provenance = async (uid: string): Promise<SeriesProvenance> => {
    const response = await get(`/series/${uid}/provenance`);
    expect([uid, response.status]).toEqual([uid, 200]);
    return SeriesProvenance.parse(response.body);
  };
  const write = async (seriesInstanceUID: string): Promise<AcceptResult> => {
    const { services } = product;
    const { places } = await services.proposals({ seriesInstanceUID, diameterMm: 9, count: 1 });
    const preview = await services.preview({
      ...{ seriesInstanceUID, candidateId: candidates[0]!.id, diameterMm: 9, centre: places[0]!.centre },
    });
    return services.accept(
      preview.id,
      preview.checks.map(({ name }) => name),
      unwatched(),
    );
  };

  test('leads from the original to what was made of it, from that to what goes on from it, and back', async () => {
    const original = product.seriesInstanceUID;
    expect(await provenance(original)).toEqual({
      ...{ kind: 'original', seriesInstanceUID: original, madeOfIt: [] },
      // The phantom is no patient, and says so.
      markedSynthetic: true,
    });
    const first = await write(original);
    const second = await write(first.seriesInstanceUID);
    const ofOriginal = await provenance(original);
    expect(ofOriginal.kind).toBe('original');
    expect(ofOriginal.madeOfIt.map(({ seriesInstanceUID, summary }) => [seriesInstanceUID, summary])).toEqual(
      [
        [first.seriesInstanceUID, '1 synthetic lung nodule inserted.'],
        [second.seriesInstanceUID, '2 synthetic lung nodules inserted.'],
      ],
    );
    const [ofFirst, ofSecond] = [
      await provenance(first.seriesInstanceUID),
      await provenance(second.seriesInstanceUID),
    ];
    if (ofFirst.kind !== 'synthetic' || ofSecond.kind !== 'synthetic') throw new Error('not synthetic');
    expect(ofFirst).toMatchObject({
      ...{ registered: true, goesOnFrom: null, summary: '1 synthetic lung nodule inserted.' },
      source: { seriesInstanceUID: original, inArchive: true },
      ...{ segmentation: first.segmentation, report: first.report },
      madeOfIt: [{ seriesInstanceUID: second.seriesInstanceUID }],
    });
    expect(ofFirst.edits).toMatchObject([
      {
        ...{ kind: 'insert', diameterMm: 9, candidateId: candidates[0]!.id, seed: 3, index: 0 },
        model: { name: candidates[0]!.model },
      },
    ]);
    expect(ofSecond.goesOnFrom?.seriesInstanceUID).toBe(first.seriesInstanceUID);
    expect(ofSecond.edits![0]).toEqual(ofFirst.edits![0]);
    expect(ofSecond.madeOfIt).toEqual([]);
    const { verification } = ofSecond;
    expect(verification).toMatchObject({ verdict: 'synthetic', slicesLookedAt: 5 });
    expect(verification!.slices).toBe(second.instances);
    expect(verification!.evidence.map(({ by, outcome }) => [by, outcome])).toEqual([
      ['mark', 'present'],
      ['signature', 'present'],
    ]);

    // A registry that never heard of it: the slices alone say what was done, and of what.
    const { sql } = product.context.store;
    if (sql.kind !== 'pglite') throw new Error('this suite runs on the embedded database');
    await sql.pglite.query('DELETE FROM nodulelab.derived WHERE series_uid = $1', [second.seriesInstanceUID]);
    expect(await provenance(second.seriesInstanceUID)).toEqual({
      ...{ ...ofSecond, registered: false, goesOnFrom: null },
      ...{ writtenAt: null, segmentation: null, report: null },
    });
    expect(await problem(`/series/${second.report.seriesInstanceUID}/provenance`, 422)).toMatch(/CT series/);
    expect(await problem('/series/1.2.3/provenance', 404)).toMatch(/has no series 1\.2\.3: import it/);
  }, 120_000);

  test('of a series of an earlier version says what is known of it, while it is written that it waits', async () => {
    const { derived } = product.context.store;
    const seriesInstanceUID = '2.25.7001';
    const known = { candidateId: 'c', centre: [1, 2, 3] as [number, number, number], diameterMm: 8 };
    await derived.begin({
      ...{ seriesInstanceUID, studyInstanceUID: product.studyInstanceUID, codeVersion: null, edits: [] },
      sourceSeriesInstanceUID: product.seriesInstanceUID,
      ...{ segmentation: null, report: null, earlier: { ...known, parameters: {} } },
      createdAt: '2026-01-02T03:04:05.000Z',
    });
    expect(await problem(`/series/${seriesInstanceUID}/provenance`, 409)).toMatch(/wait for its job/);
    await derived.complete(seriesInstanceUID, {
      series: [],
      audit: { at: '2026-01-02T03:04:05.000Z', action: 'test', subject: seriesInstanceUID, details: {} },
    });
    expect(await provenance(seriesInstanceUID)).toMatchObject({
      ...{ kind: 'synthetic', registered: true, edits: null, earlier: known, madeOfIt: [] },
      summary: '1 synthetic lung nodule inserted, by an earlier NoduleLab.',
      // It was taken out of the archive by hand.
      verification: null,
    });
  });
});

test('the command line tells the same of the running server', async () => {
  const silence = await announceServer(product.dataDir, http.server.url);
  try {
    const run = (...args: string[]) =>
      nodulelab('--data', product.dataDir, ...args, product.seriesInstanceUID);
    const places = await run('--json', 'places', '--diameter', '7', '--setting', 'vessel-attached');
    const wanted = { diameterMm: 7, setting: 'vessel-attached', count: 6 } as const;
    expect(JSON.parse(places.stdout)).toEqual(
      await product.services.proposals({ seriesInstanceUID: product.seriesInstanceUID, ...wanted }),
    );
    const { madeOfIt } = await product.services.provenance(product.seriesInstanceUID);
    const told = await run('provenance');
    expect(told.stdout).toMatch(/^An original: .*a phantom/);
    for (const { seriesInstanceUID } of madeOfIt) expect(told.stdout).toContain(seriesInstanceUID);
    expect(madeOfIt.length).toBeGreaterThan(0);
  } finally {
    await silence();
  }
}, 60_000);
