/** Replay, verification and insertion into many series, against a real Orthanc and a real store. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AcceptResult, VerificationReport } from '@nodulelab/contract';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import { readCtSlice } from '../../server/src/dicom/ctSlice.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { knownPublicKeys } from '../../server/src/security/provenanceKeys.ts';
import { createModelRegistry } from '../../server/src/services/models.ts';
import { replaySeries } from '../../server/src/services/replay/replaySeries.ts';
import { verifyPath } from '../../server/src/services/verification/verifySeries.ts';
import { altered } from '../support/ctFiles.ts';
import { nodulelab, openProduct, unwatched, type Product } from '../support/product.ts';

const PYTHON = '/usr/bin/python3';
const hasPydicom = spawnSync(PYTHON, ['-c', 'import pydicom, numpy'], { cwd: '/' }).status === 0;
const withPydicom = hasPydicom ? test : test.skip;
const note = hasPydicom
  ? ''
  : ' (skipped: pydicom or numpy is not installed; apt-get install python3-pydicom python3-numpy)';

let product: Product;
let work: string;
/** Two nodules in the phantom, one on top of the other's preview. */
let written: AcceptResult;
const at = (...names: string[]): string => join(work, ...names);

beforeAll(async () => {
  product = await openProduct();
  work = await mkdtemp(join(tmpdir(), 'nodulelab-proof-'));
  const { services, seriesInstanceUID } = product;
  const { candidates } = await services.generate({ seed: 3, count: 2 });
  const options = { rotationDeg: [0, 0, 40], meanHu: -50 } as const;
  let after: string | undefined;
  for (const { id: candidateId } of candidates) {
    const common = { seriesInstanceUID, diameterMm: 12, ...(after === undefined ? {} : { after }) };
    const { centre } = await services.place({ ...common, seed: after === undefined ? 1 : 2 });
    const request = {
      ...common,
      candidateId,
      centre,
      options: { ...options, rotationDeg: [...options.rotationDeg] },
    };
    const preview = await services.preview(request as Parameters<typeof services.preview>[0]);
    after = preview.id;
  }
  written = await services.accept(after!, ALL_CHECKS, unwatched());
  await keep(written.seriesInstanceUID, at('written'));
  await keep(seriesInstanceUID, at('original'));
}, 240_000);
afterAll(async () => {
  await product?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

/** What the checks say of these places is not looked at here. */
const ALL_CHECKS = [
  'diameter',
  'mean-hu',
  'hu-range',
  'seam',
  'noise-power',
  'lung-overlap',
  'vessel-overlap',
  'nearest-training',
  'detector',
];

async function keep(seriesInstanceUID: string, dir: string): Promise<void> {
  await mkdir(dir);
  const files = await product.context.archive.downloadSeries(seriesInstanceUID);
  for (const [n, { bytes }] of files.entries()) await writeFile(join(dir, `${n}.dcm`), bytes);
}

async function verify(path: string): Promise<VerificationReport[]> {
  const keys = await knownPublicKeys(product.dataDir);
  return verifyPath(path, { keys, registry: product.context.store.fingerprints });
}
const outcomes = ({ evidence }: VerificationReport) =>
  Object.fromEntries(evidence.map(({ by, outcome }) => [by, outcome]));

function strip(source: string, out: string, ...how: string[]): void {
  const script = join(REPOSITORY, 'test/support/strip_tags.py');
  const { status, stderr } = spawnSync(PYTHON, [script, source, out, ...how], { cwd: '/' });
  if (status !== 0) throw new Error(String(stderr));
}

describe('a replay', () => {
  test('gives every voxel of the series, and the same nodules when they are sampled anew', async () => {
    const report = await product.services.replay(written.seriesInstanceUID);
    expect(report).toMatchObject({
      ...{ identical: true, differingVoxels: 0, sourceSeriesInstanceUID: product.seriesInstanceUID },
    });
    expect(report.voxels).toBeGreaterThan(100_000);
    expect(report.edits).toHaveLength(2);
    for (const edit of report.edits)
      expect(edit).toMatchObject({
        ...{ kind: 'insert', identical: true, differingVoxels: 0, maxAbsHu: 0 },
        resampled: { possible: true, within: true },
      });
  }, 120_000);

  test('names a model that is another one now, or is gone, and compares the voxels all the same', async () => {
    const [model] = await product.context.models.list();
    const folder = at('models', model!.name);
    await cp(join(REPOSITORY, 'models', model!.name), folder, { recursive: true });
    const card = join(folder, 'model.json');
    const other = (await readFile(card, 'utf8')).replaceAll(model!.sha256, 'ab'.repeat(32));
    await writeFile(card, other);
    const withModels = (dir: string) =>
      replaySeries(
        { ...product.context, models: createModelRegistry([dir], onnxCpuEngine()) },
        written.seriesInstanceUID,
      );
    for (const [dir, reason] of [
      [at('models'), 'model-changed'],
      [at('nothing'), 'model-missing'],
    ] as const) {
      const report = await withModels(dir);
      expect(report.identical).toBe(true);
      const { resampled } = report.edits[0]!;
      expect(resampled).toMatchObject({ possible: false, reason });
      expect(resampled.possible ? '' : resampled.message).toContain(model!.sha256.slice(0, 12));
    }
  }, 120_000);

  test('names a stored nodule that is damaged, and an original that carries nothing to replay', async () => {
    const { edits } = (await product.context.store.derived.get(written.seriesInstanceUID))!;
    const { edit } = edits[1]!;
    const sha256 = edit.kind === 'insert' ? edit.candidateSha256 : '';
    const path = join(product.dataDir, 'artefacts', sha256.slice(0, 2), sha256);
    const whole = await readFile(path);
    const damaged = Buffer.from(whole);
    damaged[100]! ^= 1;
    await writeFile(path, damaged);
    await expect(product.services.replay(written.seriesInstanceUID)).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/^Edit 2 \(insert\).*the candidate.*no longer matches its hash/),
    });
    await writeFile(path, whole);
    await expect(product.services.replay(product.seriesInstanceUID)).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('carries no provenance'),
    });
  }, 60_000);
});

describe('verification', () => {
  test('tells an accepted series by its mark, its signature and its voxels, whole or by a single slice', async () => {
    const reports = await product.services.verify({ seriesInstanceUID: written.seriesInstanceUID });
    const [report] = reports.reports;
    expect(report).toMatchObject({ verdict: 'synthetic', slices: written.instances });
    expect(outcomes(report!)).toEqual({ mark: 'present', signature: 'present', voxels: 'present' });
    expect(report!.found).toHaveLength(2);
    for (const found of report!.found) {
      expect(found).toMatchObject({
        ...{ by: 'signature', sourceSeriesInstanceUID: product.seriesInstanceUID },
        writtenAs: written.seriesInstanceUID,
      });
      expect(found.slices).toBe(found.slicesInAll);
      expect(found.slices).toBeGreaterThan(1);
    }
    const [one] = await verify(at('written', '0.dcm'));
    expect(one).toMatchObject({ slices: 1, verdict: 'synthetic' });
    expect(outcomes(one!)).toMatchObject({ mark: 'present', signature: 'present' });
  }, 60_000);

  withPydicom(
    `recognises a stripped copy by its voxels: recompressed, or under another rescale with slices missing${note}`,
    async () => {
      strip(at('written'), at('rle'), 'rle');
      strip(at('written'), at('rescaled'), 'rescale', 'crop');
      for (const dir of ['rle', 'rescaled']) {
        const [report] = await verify(at(dir));
        expect(outcomes(report!)).toEqual({ mark: 'absent', signature: 'absent', voxels: 'present' });
        expect(report!.verdict).toBe('synthetic');
        const { edits } = (await product.context.store.derived.get(written.seriesInstanceUID))!;
        for (const { by, centre, writtenAs, sourceSeriesInstanceUID } of report!.found) {
          expect([by, writtenAs, sourceSeriesInstanceUID]).toEqual([
            ...['voxels', written.seriesInstanceUID, product.seriesInstanceUID],
          ]);
          const distances = edits.map(({ edit }) =>
            Math.hypot(...edit.centre.map((mm, axis) => mm - centre[axis]!)),
          );
          expect(Math.min(...distances)).toBeLessThan(0.01);
        }
        if (dir === 'rle') expect(report!.found).toHaveLength(2);
      }
    },
    120_000,
  );

  withPydicom(
    `finds nothing in an original without its tags, and says that this proves nothing${note}`,
    async () => {
      strip(at('original'), at('plain'));
      const [report] = await verify(at('plain'));
      expect(report).toMatchObject({ verdict: 'no-evidence', found: [], provenance: null });
      expect(outcomes(report!)).toEqual({ mark: 'absent', signature: 'absent', voxels: 'absent' });
    },
    60_000,
  );

  test('calls a copy altered whose pixels were changed, and each series of a folder by its own', async () => {
    const dir = at('several');
    await cp(at('written'), join(dir, 'changed'), { recursive: true });
    await cp(at('original'), join(dir, 'original'), { recursive: true });
    await writeFile(join(dir, 'notes.txt'), 'no image');
    const path = join(dir, 'changed', '5.dcm');
    const bytes = new Uint8Array(await readFile(path));
    bytes[readCtSlice({ name: path, bytes }).slice.pixelOffset + 1000]! ^= 1;
    await writeFile(path, bytes);
    const reports = await verify(dir);
    expect(reports.map(({ verdict }) => verdict)).toEqual(['altered', 'synthetic']);
    expect(outcomes(reports[0]!)).toEqual({ mark: 'present', signature: 'broken', voxels: 'present' });
    expect(reports[0]!.evidence[1]!.explanation).toContain('pixel data in 1 of');
    // The phantom says that it is synthetic; no edit is told of it.
    expect(reports[1]).toMatchObject({ found: [], provenance: null });
  }, 60_000);

  test('calls a series altered where one slice lost its signature, and does not trust a key that it does not know', async () => {
    const dir = at('unsigned');
    await cp(at('written'), dir, { recursive: true });
    const path = join(dir, '3.dcm');
    const file = { name: path, bytes: new Uint8Array(await readFile(path)) };
    const { slice } = readCtSlice(file);
    const uid = { [TAG.SOPInstanceUID]: { vr: 'UI', values: [slice.sopInstanceUID] } };
    await writeFile(path, altered(file, uid, ['00751002']).bytes);
    expect((await verify(dir))[0]).toMatchObject({ verdict: 'altered' });
    const [foreign] = await verifyPath(at('written'), { keys: [], registry: undefined });
    expect(outcomes(foreign!)).toEqual({ mark: 'present', signature: 'present', voxels: 'unknown' });
    expect(foreign!.evidence[1]!.explanation).toContain('not known here');
    expect(foreign!.found[0]!.by).toBe('provenance');
  }, 60_000);

  test('ends with a status for each verdict on the command line', async () => {
    const run = (...names: string[]) => nodulelab('--data', at('elsewhere'), 'verify', at(...names));
    const synthetic = await run('written');
    expect([synthetic.status, synthetic.stdout]).toEqual([3, expect.stringMatching(/^SYNTHETIC$/m)]);
    expect((await run('several', 'changed')).status).toBe(4);
    const nowhere = await run('nowhere');
    expect([nowhere.status, nowhere.stdout]).toEqual([1, '']);
    expect(await readdir(work)).not.toContain('elsewhere');
  }, 60_000);
});

describe('a series that was written offline', () => {
  withPydicom(
    `is recognised without its tags, whoever had the database open when it was written${note}`,
    async () => {
      // The database of this data folder is open in this process.
      const common = ['--data', product.dataDir, '--json'];
      const inserted = await nodulelab(
        ...[...common, 'insert', '--dicom', at('original'), '--out', at('offline'), '--count', '2'],
        ...['--diameter', '9', '--setting', 'parenchyma', '--confirm', ALL_CHECKS.join(',')],
      );
      expect([inserted.status, inserted.status === 0 ? '' : inserted.stderr]).toEqual([0, '']);
      strip(at('offline'), at('offline-stripped'));
      const [report] = await verify(at('offline-stripped'));
      const { seriesInstanceUID, edits } = JSON.parse(inserted.stdout) as {
        seriesInstanceUID: string;
        edits: { kind: string; setting: string }[];
      };
      expect(edits.map(({ kind, setting }) => [kind, setting])).toEqual([
        ['insert', 'parenchyma'],
        ['insert', 'parenchyma'],
      ]);
      expect(report!.found.map(({ by, writtenAs }) => [by, writtenAs])).toEqual([
        ['voxels', seriesInstanceUID],
        ['voxels', seriesInstanceUID],
      ]);
    },
    120_000,
  );

  test('can have nodules taken out of it by the annotations of its original', async () => {
    const xml = join(product.dataDir, 'phantom', 'annotations.xml');
    const remove = (...numbers: string[]) =>
      nodulelab(
        ...['--data', at('own'), '--json', 'remove', '--dicom', at('original'), '--xml', xml],
        ...['--out', at('twin'), ...numbers.flatMap((number) => ['--nodule', number])],
        ...['--confirm', `${ALL_CHECKS.join(',')},remaining-tissue`],
      );
    const unknown = await remove('99');
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      expect.stringMatching(/no nodule 99.*It marks 1 \(/),
    ]);
    const removed = await remove('1', '2');
    expect([removed.status, removed.status === 0 ? '' : removed.stderr]).toEqual([0, '']);
    const keys = await knownPublicKeys(at('own'));
    const [report] = await verifyPath(at('twin'), { keys, registry: undefined });
    expect(report!.found.map(({ kind, by }) => [kind, by])).toEqual([
      ['remove', 'signature'],
      ['remove', 'signature'],
    ]);
    expect((await readdir(at('twin'))).filter((name) => !/^\d/.test(name)).toSorted()).toEqual([
      ...['report.dcm', 'segmentation.dcm'],
    ]);
  }, 120_000);
});

describe('insertion into many series', () => {
  test('goes on after a series that fails, and writes nothing twice', async () => {
    const { services, seriesInstanceUID } = product;
    const request = {
      series: [seriesInstanceUID, '1.2.3.404', written.seriesInstanceUID],
      ...{ diameterMm: 8, nodulesPerSeries: 1, seed: 9 },
    };
    const job = unwatched();
    const first = await services.insertMany(request, job);
    expect(first.written).toBe(2);
    expect(first.series.map((one) => [one.host, one.written])).toEqual([
      [seriesInstanceUID, true],
      ['1.2.3.404', false],
      [written.seriesInstanceUID, true],
    ]);
    expect(first.series[1]).toMatchObject({ message: expect.stringContaining('1.2.3.404') });
    expect(job.messages.some((message) => message.startsWith('Series 3 of 3'))).toBe(true);
    const uids = (result: typeof first) =>
      result.series.map((one) => (one.written ? one.result.seriesInstanceUID : ''));
    // What stands on a synthetic series has all of its edits, and one more.
    const last = await product.context.store.derived.get(uids(first)[2]!);
    expect(last?.sourceSeriesInstanceUID).toBe(seriesInstanceUID);
    expect(last?.edits).toHaveLength(3);
    expect((await services.replay(uids(first)[2]!)).identical).toBe(true);
    expect(uids(await services.insertMany(request, unwatched()))).toEqual(uids(first));
  }, 180_000);

  test('keeps what is written when it is cancelled, and undoes the series at hand with its registered voxels', async () => {
    const { services, context, seriesInstanceUID } = product;
    const before = await context.store.fingerprints.count();
    const request = {
      series: [seriesInstanceUID, written.seriesInstanceUID],
      ...{ diameterMm: 8, nodulesPerSeries: 1, seed: 10 },
    };
    await expect(
      services.insertMany(request, unwatched(/^Series 2 of 2: Sending slice/)),
    ).rejects.toMatchObject({ kind: 'cancelled', message: expect.stringContaining('1 of 2 series') });
    expect(await context.store.derived.unfinished()).toEqual([]);
    expect(await context.store.fingerprints.count()).toBe(before + 1);
  }, 120_000);
});
