import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { augmentPatch, seedAugmentationOf } from '../../server/src/dataset/augmentation/augmentPatch.ts';
import { encodeNpy, parseNpy } from '../../server/src/formats/npy.ts';
import { exportSet } from '../../server/src/services/exportSet/exportSet.ts';
import { augmentFiles, type AugmentFilesRequest } from '../../server/src/services/patchFiles/augmentFiles.ts';
import { augmentedSchema } from '../../server/src/services/patchFiles/manifests.ts';
import { readPatchFile } from '../../server/src/services/patchFiles/readPatchFile.ts';
import { sampleSet } from '../../server/src/services/patchFiles/sampleSet.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { bare, randomPatch } from '../support/formulaPatches.ts';
import { USUAL } from '../support/drawing.ts';
import { writePatchSet } from '../support/patchSet.ts';

const SIZE = 12;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-augment-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const patch = (seed: number, size = SIZE): Uint8Array =>
  encodeNpy(bare(randomPatch(size, seed), size), [size, size, size]);

async function patches(count: number, name = 'in'): Promise<string> {
  const dir = join(folder, name);
  await mkdir(dir);
  for (let i = 0; i < count; i++) await writeFile(join(dir, `n${i}.npy`), patch(i));
  return dir;
}

const augment = (more: Pick<AugmentFilesRequest, 'input' | 'out'> & Partial<AugmentFilesRequest>) =>
  augmentFiles(
    {
      ...{ augmentationOf: seedAugmentationOf, count: 1, seed: 1, codeVersion: '1' },
      signal: new AbortController().signal,
      ...more,
    },
    () => undefined,
  );

describe('augmenting files', () => {
  test('writes each variation with what was drawn, from which it can be made again', async () => {
    const input = await patches(3);
    const { manifest } = await augment({ input, out: join(folder, 'out'), count: 2 });
    expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(
      ['augmented.json', ...[0, 1, 2].flatMap((n) => [`n${n}_a000.npy`, `n${n}_a001.npy`])].toSorted(),
    );
    const text = await readFile(join(folder, 'out/augmented.json'), 'utf8');
    expect(augmentedSchema.parse(JSON.parse(text))).toEqual(manifest);
    expect(manifest.patches).toHaveLength(6);
    for (const { file, sha256, source, copy, drawn } of manifest.patches) {
      const bytes = await readFile(join(folder, 'out', file));
      expect(sha256Of(bytes)).toBe(sha256);
      const original = await readFile(join(input, source.file));
      expect(sha256Of(original)).toBe(source.sha256);
      const again = augmentPatch(
        parseNpy(original, 'n').data,
        SIZE,
        manifest.augmentation,
        manifest.seed,
        source.sha256,
        copy,
      );
      expect(parseNpy(bytes, file).data).toEqual(again.voxels);
      const { degrees, scale, elastic } = again.variation;
      expect(drawn).toMatchObject({ degrees, scale, mirrored: [], noise: 0.01 });
      expect(drawn.elastic?.sha256).toBe(sha256Of(new Uint8Array(elastic!.displacements.buffer)));
    }
    expect(new Set(manifest.patches.map(({ drawn }) => drawn.degrees)).size).toBe(6);
  });

  test('gives a file the same bytes for the same seed, whatever lies beside it', async () => {
    const input = await patches(2);
    await augment({ input, out: join(folder, 'all'), count: 2 });
    await augment({ input: join(input, 'n1.npy'), out: join(folder, 'one.npy') });
    const one = await readFile(join(folder, 'one.npy'));
    expect(one).toEqual(await readFile(join(folder, 'all/n1_a000.npy')));
    await augment({ input: join(input, 'n1.npy'), out: join(folder, 'other.npy'), seed: 2 });
    expect(one).not.toEqual(await readFile(join(folder, 'other.npy')));
  });

  test('keeps an axis for the one channel', async () => {
    const input = join(folder, 'channel.npy');
    await writeFile(input, encodeNpy(bare(randomPatch(SIZE, 1), SIZE), [SIZE, SIZE, SIZE, 1]));
    await augment({ input, out: join(folder, 'out.npy') });
    expect(parseNpy(await readFile(join(folder, 'out.npy')), 'out').shape).toEqual([SIZE, SIZE, SIZE, 1]);
  });

  test('carries the origin of a sample along, through a second augmentation too', async () => {
    const outDir = join(folder, 'samples');
    const sampler = {
      ...{ size: SIZE, modelSha256: sha256Of('m'), makesAlpha: true },
      draw: async (_: number, index: number) => {
        const hu = bare(randomPatch(SIZE, index), SIZE);
        return { hu, alpha: hu, conditions: USUAL };
      },
    };
    await sampleSet(
      {
        ...{ outDir, sampler, modelName: 'm', engine: 'formula', seed: 7, count: 3, pictures: false },
        ...{ codeVersion: '1', now: () => 0, signal: new AbortController().signal, wanted: {}, alpha: true },
      },
      () => undefined,
    );
    const { manifest } = await augment({ input: outDir, out: join(folder, 'first') });
    // Not those of alpha, which lie beside them.
    expect(manifest.patches.map(({ source }) => source.file)).toEqual(
      [0, 1, 2].map((index) => `nodule_000${index}.npy`),
    );
    await augment({ input: join(folder, 'first/nodule_0002_a000.npy'), out: join(folder, 'second.npy') });
    const { origin } = await readPatchFile(join(folder, 'second.npy'));
    expect(origin).toEqual({
      ...{ synthetic: true, seed: 7, index: 2, conditions: USUAL, diameterMm: expect.any(Number) },
      model: { name: 'm', sha256: sha256Of('m') },
    });
  });

  test('of an exported set takes each patch’s size and kind from its record', async () => {
    await writePatchSet(join(folder, 'set'), 2);
    await exportSet({
      ...{ setDir: join(folder, 'set'), outDir: join(folder, 'export'), format: 'npy', class: 'all' },
      ...{ key: null, withoutAlpha: false, codeVersion: '1', now: new Date(0), cards: new Map() },
      stated: {},
    });
    const input = join(folder, 'export/patches');
    const { manifest } = await augment({ input, out: join(folder, 'out') });
    expect(manifest.patches).toHaveLength(2);
    for (const { source, drawn, diameterMm } of manifest.patches) {
      expect(source.origin).toMatchObject({ synthetic: false, model: null, diameterMm: 10 });
      expect(diameterMm).toBe(10 * drawn.scale);
    }
  });

  test('of patches of unknown origin says so', async () => {
    const input = await patches(1);
    const { manifest } = await augment({ input, out: join(folder, 'out') });
    expect(manifest.patches[0]?.source.origin).toMatchObject({ synthetic: null, model: null });
  });

  test('scales the recorded size with the patch', async () => {
    const input = await patches(1);
    const { manifest } = await augment({ input, out: join(folder, 'out') });
    const recorded = { ...manifest, patches: manifest.patches.map((entry) => ({ ...entry, diameterMm: 8 })) };
    await writeFile(join(folder, 'out/augmented.json'), JSON.stringify(recorded));
    const again = await augment({ input: join(folder, 'out'), out: join(folder, 'again') });
    const [entry] = again.manifest.patches;
    expect(entry?.source.origin.diameterMm).toBe(8);
    expect(entry?.diameterMm).toBe(8 * entry!.drawn.scale);
    expect(entry?.diameterMm).not.toBe(8);
  });
});

describe('what cannot be augmented', () => {
  test.each([
    ['a box', encodeNpy(new Float32Array(12 * 12 * 6), [12, 12, 6]), /n1\.npy has the shape \(12, 12, 6\)/],
    [
      'values in HU',
      encodeNpy(new Float32Array(SIZE ** 3).fill(-870), [SIZE, SIZE, SIZE]),
      /n1\.npy holds -870 at voxel \(z, y, x\) = \(0, 0, 0\)/,
    ],
    ['a patch of another size', patch(1, 16), /n1\.npy is a patch of 16³, .*n0\.npy one of 12³/],
    ['no .npy at all', new TextEncoder().encode('hello'), /n1\.npy cannot be read as \.npy/],
  ])('%s is named, and nothing is written', async (_, bytes, message) => {
    const input = await patches(3);
    await writeFile(join(input, 'n1.npy'), bytes);
    await expect(augment({ input, out: join(folder, 'out') })).rejects.toThrow(message);
    expect((await readdir(folder)).toSorted()).toEqual(['in']);
  });

  test('a file that was changed since it was recorded', async () => {
    const input = await patches(1);
    await augment({ input, out: join(folder, 'out') });
    await writeFile(join(folder, 'out/n0_a000.npy'), patch(9));
    await expect(augment({ input: join(folder, 'out'), out: join(folder, 'more') })).rejects.toThrow(
      /n0_a000\.npy has the SHA-256 .* it was changed since/,
    );
  });

  test('an output that exists, a folder without patches, a path that is not there', async () => {
    const input = await patches(1);
    await expect(augment({ input, out: input })).rejects.toMatchObject({ kind: 'conflict' });
    await writeFile(join(folder, 'x.json'), '{}');
    await expect(augment({ input: join(input, 'n0.npy'), out: join(folder, 'x.npy') })).rejects.toThrow(
      /x\.json exists already/,
    );
    await mkdir(join(folder, 'empty'));
    await expect(augment({ input: join(folder, 'empty'), out: join(folder, 'o') })).rejects.toThrow(
      /holds no \.npy/,
    );
    await expect(augment({ input: join(folder, 'gone'), out: join(folder, 'o') })).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(augment({ input, out: join(folder, 'o.npy') })).rejects.toThrow(/give a folder/);
  });

  test('and a cancelled run leaves nothing behind', async () => {
    const input = await patches(3);
    const signal = AbortSignal.abort();
    await expect(augment({ input, out: join(folder, 'out'), signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(await readdir(folder)).toEqual(['in']);
  });
});
