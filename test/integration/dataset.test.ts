import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildDataset, type BuildOptions } from '../../server/src/dataset/build.ts';
import { judge, type CancerRule } from '../../server/src/dataset/cancerRule.ts';
import type { PatchManifest } from '../../server/src/dataset/manifest.ts';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import { seriesNodule } from '../../server/src/dataset/seriesSource.ts';
import { openVoiFolder } from '../../server/src/dataset/voiFolder.ts';
import { readCtSeries } from '../../server/src/dicom/index.ts';
import { lidcNodules } from '../../server/src/lidc/nodules.ts';
import { sliceFinder } from '../../server/src/lidc/sliceFinder.ts';
import { parseLidcXml } from '../../server/src/lidc/xml.ts';
import { describeWithLidc } from '../support/lidcData.ts';

const NODULELAB = fileURLToPath(new URL('../../server/bin/nodulelab.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'nodulelab-real-dataset-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The first rows of the real folder of cut-outs, as a folder of their own. */
function firstVois(archive: string, rows: number): string {
  const from = join(archive, 'nodule-vois');
  const to = join(root, `vois-${rows}`);
  const lines = readFileSync(join(from, 'nodules.csv'), 'utf8')
    .split('\n')
    .slice(0, rows + 1);
  for (const folder of ['image', 'mask']) {
    mkdirSync(join(to, folder), { recursive: true });
    for (const line of lines.slice(1)) {
      const [patient, nodule] = line.split(',');
      const name = `${patient}_R_${nodule}.nii.gz`;
      cpSync(join(from, folder, name), join(to, folder, name));
    }
  }
  writeFileSync(join(to, 'nodules.csv'), lines.join('\n'));
  return to;
}

describeWithLidc(['nodule-vois', 'tcia-lidc-xml'], 'patches of real cut-outs', (vois, xml) => {
  const ROWS = 16;
  let options: (name: string) => BuildOptions;
  beforeAll(() => {
    const dir = firstVois(vois, ROWS);
    options = (name) => ({
      source: { kind: 'vois', dir, xmlDir: xml },
      class: 'all',
      form: 'isolated',
      fieldOfView: 'scaled',
      fold: 'train',
      outDir: join(root, name),
    });
  });

  test('take ratings and consensus of every reader from the XML', async () => {
    const { source } = options('');
    if (source.kind !== 'vois') throw new Error('expected cut-outs');
    const { nodules } = await openVoiFolder(source.dir, source.xmlDir);
    expect(nodules.map(({ ratingSource }) => ratingSource)).toEqual(
      Array.from({ length: ROWS }, () => 'readers'),
    );
    const [first] = nodules;
    expect(first).toMatchObject({ patientId: 'LIDC-IDRI-0001', malignancyRatings: [5, 5, 5, 4] });
    // 5,428 voxels belong to at least two of the four readers; the cut-out's own mask is their union of 6,547.
    const consensus = await first?.load();
    expect(consensus?.mask.bits.reduce((sum, bit) => sum + bit, 0)).toBe(5428);
    const union = await (await openVoiFolder(source.dir)).nodules[0]?.load();
    expect(union?.mask.bits.reduce((sum, bit) => sum + bit, 0)).toBe(6547);
  }, 120_000);

  test('leave the whole patients to the test fold and show one nodule each on clean parenchyma', async () => {
    const manifest = await buildDataset(options('train'));
    expect(manifest.count).toBeGreaterThan(4);
    expect(manifest.cancerRule.ratedBy).toEqual({ readers: ROWS, majority: 0, none: 0 });
    const patients = new Set(
      manifest.patches.map((patch) => (patch.origin === 'real' ? patch.patientId : '')),
    );
    for (const whole of ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006']) {
      expect(patients.has(whole)).toBe(false);
      expect(manifest.split.assignment[whole] ?? 0).toBe(0);
    }
    const file = await openPatchFile(join(root, 'train'));
    for (let index = 0; index < file.count; index++) {
      const patch = await file.patch(index);
      const nodule = patch.reduce((sum, value) => sum + (value > 0.25 ? 1 : 0), 0) / patch.length;
      expect(nodule).toBeGreaterThan(0.002);
      expect(nodule).toBeLessThan(0.3);
      expect(patch[0]).toBeCloseTo(130 / 1400, 3);
    }
    await file.close();
  }, 120_000);
});

describeWithLidc(['nodule-vois', 'tcia-lidc-xml'], 'the whole folder of cut-outs', (vois, xml) => {
  const dir = join(vois, 'nodule-vois');

  test('has 757 of 759 nodules in the XML, and the command says of the other two why not', async () => {
    const args = ['--json', 'dataset', 'build', '--vois', dir, '--xml', xml, '--class', 'malignant'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [NODULELAB, ...args, '--fold', 'test', '--size', '16', '--out', join(root, 'whole')],
      { maxBuffer: 64e6 },
    );
    const { cancerRule, problems } = JSON.parse(stdout) as Pick<PatchManifest, 'cancerRule' | 'problems'>;
    expect(cancerRule).toMatchObject({
      ratedBy: { readers: 757, majority: 2, none: 0 },
      counts: { malignant: 197, benign: 158, indeterminate: 404 },
    });
    expect(problems.filter(({ name }) => name.includes('_R_'))).toEqual([
      {
        name: 'LIDC-IDRI-0179_R_9',
        message: expect.stringMatching(/the 3 marks that fit the table's box .* which holds further marks/),
      },
      {
        name: 'LIDC-IDRI-0332_R_1',
        message: expect.stringMatching(/lie 1\.25 mm apart, those of the cut-out 2 mm/),
      },
    ]);
  }, 120_000);

  test('has the labels of its own table, and as many readers as its table counts', async () => {
    const { nodules, problems } = await openVoiFolder(dir);
    const classes = (rule: CancerRule): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const nodule of nodules) {
        const judgement = judge(rule, nodule);
        const name = 'class' in judgement ? judgement.class : 'left out';
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    };
    expect([nodules.length, problems]).toEqual([759, []]);
    expect(classes({ kind: 'table' })).toEqual({ malignant: 272, benign: 487 });
    expect(classes({ kind: 'median', leastReaders: 1 })).toEqual({
      malignant: 205,
      benign: 285,
      indeterminate: 269,
    });
    expect(classes({ kind: 'median', leastReaders: 4 })['left out']).toBe(248);
  });
});

describeWithLidc(['LIDC-IDRI-0003'], 'patches of a whole CT', (dir) => {
  test('come in both forms, and agree where the nodule is', async () => {
    const names = (readdirSync(dir, { recursive: true }) as string[]).map((name) => join(dir, name));
    const path = names.find(
      (name) => name.endsWith('.xml') && parseLidcXml(readFileSync(name, 'utf8'), name).kind === 'ct',
    );
    if (path === undefined) throw new Error('expected annotations of the CT');
    const annotations = parseLidcXml(readFileSync(path, 'utf8'), basename(path));
    if (annotations.kind !== 'ct') throw new Error('expected CT annotations');
    const slices = names.filter((name) => name.endsWith('.dcm') && dirname(name) === dirname(path));
    const ct = readCtSeries(slices.map((name) => ({ name, bytes: new Uint8Array(readFileSync(name)) })));
    const sops = ct.slices.map(({ sopInstanceUID }) => sopInstanceUID);
    const nodules = lidcNodules(annotations, {
      geometry: ct.volume,
      sliceIndexOf: sliceFinder(sops, ct.volume),
    });
    const build = (form: 'isolated' | 'context') =>
      buildDataset({
        source: {
          kind: 'nodules',
          source: {
            wholeCts: true,
            nodules: nodules.map((nodule) =>
              seriesNodule(ct.patientId, nodule, () => Promise.resolve(ct.volume)),
            ),
            problems: [],
          },
        },
        class: 'all',
        form,
        fieldOfView: { mm: 48 },
        fold: 'test',
        outDir: join(root, form),
        dtype: 'f32',
      });
    const isolated = await build('isolated');
    const context = await build('context');
    expect(isolated.count).toBe(nodules.length);
    expect(context.patches.map(({ id }) => id)).toEqual(isolated.patches.map(({ id }) => id));
    const [alone, around] = [
      await openPatchFile(join(root, 'isolated')),
      await openPatchFile(join(root, 'context')),
    ];
    const middle = 32 + 64 * (32 + 64 * 32);
    for (let index = 0; index < alone.count; index++) {
      const [a, b] = [await alone.patch(index), await around.patch(index)];
      expect(a[middle]).toBeCloseTo(b[middle] ?? -1, 3);
      // Far from the nodule one is parenchyma, the other the patient.
      expect(a[5 * 64 * 64]).toBeCloseTo(130 / 1400, 5);
      expect(new Set(b.subarray(0, 64)).size).toBeGreaterThan(10);
    }
    await Promise.all([alone.close(), around.close()]);
  }, 120_000);
});
