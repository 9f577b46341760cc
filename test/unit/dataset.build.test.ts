import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDataset, type BuildOptions } from '../../server/src/dataset/build.ts';
import { openSource } from '../../server/src/dataset/openSource.ts';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import type { PatchManifest, RealPatch } from '../../server/src/dataset/manifest.ts';
import { assignmentHash } from '../../server/src/dataset/split.ts';
import { presetNamed } from '../../server/src/gan/presets.ts';
import { checkTrainingData } from '../../server/src/gan/trainingData.ts';
import { writeVois } from '../support/voiFolder.ts';

let root: string;
let options: (name: string, more?: Partial<BuildOptions>) => BuildOptions;
let all: PatchManifest;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'nodulelab-dataset-'));
  const dir = join(root, 'vois');
  writeVois(dir, [
    { patient: 'LIDC-IDRI-0001', nodule: '1', radiusMm: 5, malignancy: 5 },
    { patient: 'LIDC-IDRI-0011', nodule: '1', radiusMm: 4, malignancy: 5 },
    { patient: 'LIDC-IDRI-0011', nodule: '2', radiusMm: 1.5, malignancy: 5 },
    { patient: 'LIDC-IDRI-0012', nodule: '1', radiusMm: 6, malignancy: 1 },
    { patient: 'LIDC-IDRI-0013', nodule: '1', radiusMm: 3, malignancy: 3 },
  ]);
  options = (name, more = {}) => ({
    source: { kind: 'vois', dir },
    class: 'all',
    form: 'isolated',
    fieldOfView: 'scaled',
    split: { seed: 6, folds: 50 },
    fold: 'train',
    outDir: join(root, name),
    ...more,
  });
  all = await buildDataset(options('all'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('building a set of patches', () => {
  test('cuts every nodule of the fold, says which were left out and why', () => {
    expect(all.patches.map(({ id, class: of }) => [id, of])).toEqual([
      ['LIDC-IDRI-0011/1', 'malignant'],
      ['LIDC-IDRI-0012/1', 'benign'],
      ['LIDC-IDRI-0013/1', 'indeterminate'],
    ]);
    expect(all.leftOut).toEqual([{ id: 'LIDC-IDRI-0011/2', reason: expect.stringMatching(/under 5 mm/) }]);
    expect(all.split.assignment['LIDC-IDRI-0001']).toBe(0);
  });

  test('says where series stand in for patients whom the source does not name', async () => {
    const source = await openSource(options('vois').source);
    const nodules = source.nodules.map((nodule) => ({ ...nodule, patientId: nodule.seriesUID }));
    const unnamed = { kind: 'nodules' as const, source: { ...source, nodules } };
    const set = await buildDataset(options('unnamed', { source: unnamed, split: { seed: 1, folds: 50 } }));
    expect([set.split.seriesForPatients, all.split.seriesForPatients]).toEqual([true, undefined]);
  });

  test('states the rule and where its ratings came from, with the counts it yields', () => {
    expect(all.cancerRule).toMatchObject({
      ratedBy: { readers: 0, majority: 5, none: 0 },
      counts: { malignant: 3, benign: 1, indeterminate: 1 },
      countsInSet: { malignant: 1, benign: 1, indeterminate: 1 },
    });
  });

  test('keeps as much of the lung around a nodule as is asked for', async () => {
    const kept = async (name: string, softMargin?: BuildOptions['softMargin']): Promise<number> => {
      const fieldOfView = { mm: 24 };
      await buildDataset(
        options(name, { alpha: true, size: 32, fieldOfView, ...(softMargin ? { softMargin } : {}) }),
      );
      const set = await openPatchFile(join(root, name));
      const alpha = await set.channel(0, 'alpha');
      await set.close();
      expect(set.manifest.softMargin).toEqual(softMargin ?? { fullMm: 3, rimMm: 5 });
      return alpha.reduce((sum, share) => sum + share, 0);
    };
    const [narrow, usual] = [await kept('narrow', { fullMm: 1, rimMm: 3 }), await kept('usual')];
    expect(narrow).toBeGreaterThan(0);
    expect(usual).toBeGreaterThan(1.3 * narrow);
    await expect(kept('inside-out', { fullMm: 3, rimMm: 3 })).rejects.toThrow(
      /soft margin cannot run from 3 to 3 mm/,
    );
  });

  test('scales the field of view to twice the diameter and carries the spacing', () => {
    for (const patch of all.patches) expect(patch.spacingMm * 64).toBeCloseTo(2 * patch.diameterMm, 2);
    expect(all.patches[0]?.diameterMm).toBeGreaterThan(7.5);
    expect(all.patches[0]?.diameterMm).toBeLessThan(9.2);
  });

  test('says how far beyond the mask the CT stays', () => {
    expect(all.softMargin).toEqual({ fullMm: 3, rimMm: 5 });
  });

  test('says where the CT of a cut-out ends within the patch', async () => {
    const endsOf = ({ patches }: PatchManifest): unknown[] =>
      patches.map((patch) => patch.origin === 'real' && patch.ctEnds);
    // 32 pixels of 0.7 mm, and 7, 9 and 5 slices of 1.25 mm around the ball's centre.
    expect(endsOf(all)).toEqual(
      [4.375, 5.625, 3.125].map((z) => ({ low: [-11.2, -11.2, -z], high: [11.2, 11.2, z] })),
    );
    const small = await buildDataset(options('within', { fieldOfView: { mm: 3 } }));
    expect(endsOf(small)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('takes a class and a fold, and a field of view in mm', async () => {
    const malignant = await buildDataset(
      options('malignant', { class: 'malignant', fieldOfView: { mm: 48 } }),
    );
    expect(malignant.patches.map(({ id, spacingMm }) => [id, spacingMm])).toEqual([
      ['LIDC-IDRI-0011/1', 0.75],
      ['LIDC-IDRI-0011/2', 0.75],
    ]);
    const test = await buildDataset(options('test', { fold: 'test', dtype: 'f32' }));
    expect(test.patches.map((patch) => patch.origin === 'real' && patch.patientId)).toEqual([
      'LIDC-IDRI-0001',
    ]);
    expect(test.patchesFile).toBe('patches.f32');
  });

  test('gives the same bytes for the same input', async () => {
    await buildDataset(options('again'));
    for (const file of ['manifest.json', 'patches.f16'])
      expect(readFileSync(join(root, 'again', file)).equals(readFileSync(join(root, 'all', file)))).toBe(
        true,
      );
  });

  test('refuses an existing folder, context from cut-outs, and a selection without nodules', async () => {
    await expect(buildDataset(options('all'))).rejects.toMatchObject({ kind: 'conflict' });
    await expect(buildDataset(options('context', { form: 'context' }))).rejects.toThrow(/need whole CTs/);
    await expect(buildDataset(options('none', { minDiameterMm: 30 }))).rejects.toThrow(
      /gave a patch: the fold has 4 nodules, 4 were left out \(LIDC-IDRI-0011\/1: diameter/,
    );
    expect(readdirSync(root)).not.toContain('none');
  });

  test('leaves nothing behind when it is cancelled midway', async () => {
    const cancel = new AbortController();
    const build = buildDataset(
      options('cancelled', { signal: cancel.signal, onProgress: (done) => done === 1 && cancel.abort() }),
    );
    await expect(build).rejects.toMatchObject({ kind: 'cancelled' });
    expect(readdirSync(root).filter((name) => name.includes('cancelled'))).toEqual([]);
  });

  test('leaves out a damaged cut-out by name and goes on with the others', async () => {
    const dir = join(root, 'damaged-vois');
    await cp(join(root, 'vois'), dir, { recursive: true });
    const victim = join(dir, 'mask', 'LIDC-IDRI-0012_R_1.nii.gz');
    writeFileSync(victim, readFileSync(victim).subarray(0, 60));
    rmSync(join(dir, 'image', 'LIDC-IDRI-0013_R_1.nii.gz'));
    const manifest = await buildDataset(options('damaged', { source: { kind: 'vois', dir } }));
    expect(manifest.patches.map(({ id }) => id)).toEqual(['LIDC-IDRI-0011/1']);
    expect(manifest.leftOut).toEqual([
      { id: 'LIDC-IDRI-0011/2', reason: expect.stringMatching(/under 5 mm/) },
      { id: 'LIDC-IDRI-0012/1', reason: expect.stringMatching(/^mask.LIDC-IDRI-0012_R_1\.nii\.gz/) },
      {
        id: 'LIDC-IDRI-0013/1',
        reason: expect.stringMatching(/^image.LIDC-IDRI-0013_R_1\.nii\.gz is missing/),
      },
    ]);
    await expect(
      buildDataset(options('nowhere', { source: { kind: 'vois', dir: join(root, 'all') } })),
    ).rejects.toThrow(/no folder of nodule cut-outs/);
  });

  test('passes over bad rows of nodules.csv, naming file, line and column', async () => {
    const dir = join(root, 'bad-rows');
    await cp(join(root, 'vois'), dir, { recursive: true });
    const [header, first, second, third, fourth, fifth] = readFileSync(
      join(dir, 'nodules.csv'),
      'utf8',
    ).split('\n');
    const lines = [header, first, second?.replace(/5$/, '9'), third?.slice(0, 20), fourth, fourth, fifth, ''];
    writeFileSync(join(dir, 'nodules.csv'), lines.join('\n'));
    const manifest = await buildDataset(options('of-bad-rows', { source: { kind: 'vois', dir } }));
    expect(manifest.patches.map(({ id }) => id)).toEqual(['LIDC-IDRI-0012/1', 'LIDC-IDRI-0013/1']);
    expect(manifest.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^nodules\.csv, line 4: the record has 3 fields where the header names 12/),
      expect.stringMatching(/^nodules\.csv, line 3: column "Malignancy_value" holds "9": must be at most 6/),
      expect.stringMatching(/^nodules\.csv, line 6: .*LIDC-IDRI-0012_R_1 stands there twice/),
    ]);
    writeFileSync(join(dir, 'nodules.csv'), 'patient_id,nodule_id\nLIDC-IDRI-0011,1\n');
    await expect(buildDataset(options('no-columns', { source: { kind: 'vois', dir } }))).rejects.toThrow(
      /lacks the columns "seriesuid", "Subtlety_value"/,
    );
  });

  test('writes any size, any field of view, and alpha as a second channel', async () => {
    const small = await buildDataset(
      options('small', { size: 24, fieldOfView: { spacingMm: 1.5 }, alpha: true, dtype: 'f32' }),
    );
    expect(small).toMatchObject({ size: 24, channels: ['hu', 'alpha'], fieldOfView: { mm: 36 } });
    expect(small.patches.map(({ spacingMm }) => spacingMm)).toEqual(small.patches.map(() => 1.5));
    const file = await openPatchFile(join(root, 'small'));
    const [hu, alpha] = [await file.patch(2), await file.channel(2, 'alpha')];
    expect([hu.length, alpha.length]).toEqual([24 ** 3, 24 ** 3]);
    const middle = 12 + 24 * (12 + 24 * 12);
    expect([hu[middle], alpha[middle]]).toEqual([expect.closeTo(1040 / 1400, 2), 1]);
    expect(alpha[0]).toBe(0);
    // Where nothing of the CT is left the patch is parenchyma, everywhere else it may differ.
    expect(hu.every((value, at) => (alpha[at] ?? 1) > 0 || Math.abs(value - 130 / 1400) < 1e-6)).toBe(true);
    await file.close();
    const tight = await buildDataset(options('tight', { fieldOfView: { diameters: 1.5 } }));
    for (const patch of tight.patches) expect(patch.spacingMm * 64).toBeCloseTo(1.5 * patch.diameterMm, 2);
    await expect(buildDataset(options('huge', { size: 513 }))).rejects.toThrow(/8 to 512 voxels/);
  });

  test('flags the cases whose scales are in doubt', () => {
    expect(all.patches.map((patch) => patch.origin === 'real' && patch.flags)).toEqual([[], [], []]);
  });
});

describe('opening a set of patches', () => {
  const damaged = async (name: string, mend: (dir: string) => void): Promise<string> => {
    const dir = join(root, name);
    await cp(join(root, 'all'), dir, { recursive: true });
    mend(dir);
    return dir;
  };

  test('gives patches in [0, 1] with the nodule bright in the middle', async () => {
    const file = await openPatchFile(join(root, 'all'));
    expect([file.count, file.size]).toEqual([3, 64]);
    const patch = await file.patch(2);
    expect(patch).toHaveLength(64 ** 3);
    expect(patch.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(patch[32 + 64 * (32 + 64 * 32)]).toBeCloseTo(1040 / 1400, 2);
    expect(patch[0]).toBeCloseTo(130 / 1400, 3);
    expect(await file.patch(0)).not.toEqual(patch);
    await expect(file.patch(3)).rejects.toThrow(/patches 0 to 2/);
    await file.close();
  });

  test('names itself, its patches by nodule, and its bytes by their hash', async () => {
    const file = await openPatchFile(join(root, 'all'));
    expect(file.name).toBe(join(root, 'all'));
    expect(file.label?.(1)).toBe('LIDC-IDRI-0012/1');
    expect(file.sha256).toBe(all.patchesSha256);
    await file.close();
  });

  test('notices that the file was cut short while it is in use', async () => {
    const dir = await damaged('cut', () => undefined);
    const file = await openPatchFile(dir);
    truncateSync(join(dir, 'patches.f16'), 64 ** 3 * 2 + 5000);
    await file.patch(0);
    await expect(file.patch(1)).rejects.toThrow(/patches\.f16 became shorter while it was in use/);
    await file.close();
  });

  test('refuses a manifest without patches, and one of patches of no size', async () => {
    for (const [field, changed] of [
      ['count', '"count": 0'],
      ['size', '"size": 4'],
    ] as const) {
      const dir = await damaged(`no-${field}`, (at) => {
        const text = readFileSync(join(at, 'manifest.json'), 'utf8');
        writeFileSync(join(at, 'manifest.json'), text.replace(new RegExp(`"${field}": \\d+`), changed));
      });
      await expect(openPatchFile(dir)).rejects.toThrow(
        new RegExp(`manifest\\.json: ${field}: .*Build it again`),
      );
    }
  });

  test('refuses patches whose bytes differ from the manifest', async () => {
    const dir = await damaged('flipped', (at) => {
      const bytes = readFileSync(join(at, 'patches.f16'));
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
      writeFileSync(join(at, 'patches.f16'), bytes);
    });
    await expect(openPatchFile(dir)).rejects.toThrow(/does not have the SHA-256/);
  });

  test('refuses a file that was cut short', async () => {
    const dir = await damaged('short', (at) => {
      writeFileSync(join(at, 'patches.f16'), readFileSync(join(at, 'patches.f16')).subarray(0, 1000));
    });
    await expect(openPatchFile(dir)).rejects.toThrow(/holds 1000 bytes where 1572864 are expected/);
  });

  test('refuses a split that was changed after its hash was written', async () => {
    const dir = await damaged('moved', (at) => {
      const text = readFileSync(join(at, 'manifest.json'), 'utf8');
      writeFileSync(join(at, 'manifest.json'), text.replace('"LIDC-IDRI-0001": 0', '"LIDC-IDRI-0001": 1'));
    });
    await expect(openPatchFile(dir)).rejects.toThrow(/split has been changed/);
  });

  test('refuses a manifest that lists a patch twice', async () => {
    const dir = await damaged('twice', (at) => {
      const manifest = JSON.parse(readFileSync(join(at, 'manifest.json'), 'utf8')) as PatchManifest;
      const [first, , ...rest] = manifest.patches;
      const patches = [first, first, ...rest];
      writeFileSync(join(at, 'manifest.json'), JSON.stringify({ ...manifest, patches }));
    });
    await expect(openPatchFile(dir)).rejects.toThrow(/lists patch LIDC-IDRI-0011\/1 twice/);
  });

  test('refuses patches whose patients belong to the other fold, or to none, although the hash is right', async () => {
    const mended = (name: string, assign: (assignment: Record<string, number>) => void): Promise<string> =>
      damaged(name, (at) => {
        const manifest = JSON.parse(readFileSync(join(at, 'manifest.json'), 'utf8')) as PatchManifest;
        const assignment = { ...manifest.split.assignment };
        assign(assignment);
        const split = { ...manifest.split, assignment, sha256: assignmentHash(assignment) };
        writeFileSync(join(at, 'manifest.json'), JSON.stringify({ ...manifest, split }));
      });
    const other = await mended('other-fold', (assignment) => (assignment['LIDC-IDRI-0012'] = 0));
    await expect(openPatchFile(other)).rejects.toThrow(
      /patch LIDC-IDRI-0012\/1 is of patient LIDC-IDRI-0012, who belongs to the test fold and not to the train fold/,
    );
    const none = await mended('no-fold', (assignment) => delete assignment['LIDC-IDRI-0013']);
    await expect(openPatchFile(none)).rejects.toThrow(/LIDC-IDRI-0013, whom the split gives no fold/);
  });

  test('reads manifests of version 1 as what they would be today', async () => {
    const dir = await damaged('version-1', (at) => {
      const { channels, problems, ...manifest } = JSON.parse(
        readFileSync(join(at, 'manifest.json'), 'utf8'),
      ) as PatchManifest;
      expect([channels, problems]).toEqual([['hu'], []]);
      const { text, counts, countsInSet } = manifest.cancerRule;
      const patches = manifest.patches.map((patch) => {
        const { origin, readers, maskOf, flags, ...rest } = patch as RealPatch;
        expect([origin, readers, maskOf, flags]).toEqual(['real', null, 'union', []]);
        return rest;
      });
      const cancerRule = { text, ratedBy: { readers: 0, majority: 5 }, counts, countsInSet };
      writeFileSync(
        join(at, 'manifest.json'),
        JSON.stringify({ ...manifest, version: 1, cancerRule, patches }),
      );
    });
    const file = await openPatchFile(dir);
    const { notJudged, ...cancerRule } = all.cancerRule;
    expect(notJudged).toBe(0);
    expect(file.manifest).toEqual({ ...all, cancerRule, softMargin: { fullMm: 1, rimMm: 3 } });
    expect(await file.patch(0)).toHaveLength(64 ** 3);
    await file.close();
  });

  test('is refused by a training of another size, with both sizes named', async () => {
    const file = await openPatchFile(join(root, 'small'));
    await expect(checkTrainingData(file, presetNamed('seed-64', 1))).rejects.toThrow(
      /trains on patches of 64³ voxels, and those of the set .*small have 24³: choose a preset of that size, or build/,
    );
    await file.close();
  });

  test('refuses a folder that is no set of patches', async () => {
    await expect(openPatchFile(join(root, 'vois'))).rejects.toMatchObject({ kind: 'invalid-input' });
  });
});
