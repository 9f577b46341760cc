/** The warp of the augmentation is the look-up that others do: SciPy's ndimage at the same positions. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  augmentPatch,
  onlyThese,
  seedAugmentationOf,
} from '../../server/src/dataset/augmentation/augmentPatch.ts';
import { warpOf, type Variation } from '../../server/src/dataset/augmentation/augment.ts';
import { splineWeights, type ControlGrid } from '../../server/src/dataset/augmentation/elastic.ts';
import { bare, randomPatch } from '../support/formulaPatches.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, '../support/ndimage_warp.py');
const hasSciPy = spawnSync(PYTHON, ['-c', 'import scipy.ndimage'], { cwd: '/' }).status === 0;
const note = hasSciPy ? '' : ' (skipped: SciPy is not installed; apt-get install python3-scipy)';
const { abs, floor, max } = Math;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-ndimage-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Displacement (z, y, x) of a control grid at a voxel, summed up from its 64 control points. */
function displacementAt({ spacing, points, displacements }: ControlGrid, voxel: readonly number[]): number[] {
  const cells = voxel.map((v) => floor(v / spacing));
  const weights = voxel.map((v, axis) => splineWeights(v / spacing - cells[axis]!));
  const moved = [0, 0, 0];
  for (let a = 0; a < 4; a++)
    for (let b = 0; b < 4; b++)
      for (let c = 0; c < 4; c++) {
        const at = 3 * (((cells[0]! + a) * points + cells[1]! + b) * points + cells[2]! + c);
        const weight = weights[0]![a]! * weights[1]![b]! * weights[2]![c]!;
        for (const axis of [0, 1, 2]) moved[axis]! += weight * displacements[at + axis]!;
      }
  return moved;
}

/** Where each voxel of the result comes from, by the definition and voxel by voxel: all z, then all y, then all x. */
function positionsOf(variation: Variation, size: number): Float64Array {
  const { matrix, elastic } = warpOf(variation);
  const centre = (size - 1) / 2;
  const positions = new Float64Array(3 * size ** 3);
  for (let at = 0; at < size ** 3; at++) {
    const voxel = [floor(at / size ** 2), floor(at / size) % size, at % size];
    const moved = elastic === undefined ? [0, 0, 0] : displacementAt(elastic, voxel);
    const from = voxel.map((v, axis) => v - centre + moved[axis]!);
    for (const axis of [0, 1, 2])
      positions[axis * size ** 3 + at] =
        centre +
        matrix[3 * axis]! * from[0]! +
        matrix[3 * axis + 1]! * from[1]! +
        matrix[3 * axis + 2]! * from[2]!;
  }
  return positions;
}

const CASES = [
  { name: 'whole', size: 64, parts: ['rotation', 'scaling', 'elastic', 'flips'], affine: false },
  { name: 'odd', size: 27, parts: ['rotation', 'scaling', 'elastic', 'flips'], affine: false },
  { name: 'elastic', size: 32, parts: ['elastic'], affine: false },
  { name: 'affine', size: 40, parts: ['rotation', 'scaling'], affine: true },
] as const;

(hasSciPy ? test : test.skip)(
  `the warp agrees with map_coordinates and affine_transform (order 1, nearest) to 1e-5${note}`,
  async () => {
    const patches = CASES.map(({ size }, i) => bare(randomPatch(size, i), size));
    const augmented = CASES.map(({ size, parts }, i) =>
      augmentPatch(
        patches[i]!,
        size,
        onlyThese({ ...seedAugmentationOf(size), symmetries: 'flips', rotationDegrees: 60 }, parts),
        'scipy',
        i,
      ),
    );
    for (const [i, { name, size }] of CASES.entries()) {
      await writeFile(join(folder, `${name}.patch.f32`), patches[i]!);
      await writeFile(join(folder, `${name}.positions.f64`), positionsOf(augmented[i]!.variation, size));
    }
    const cases = CASES.map(({ name, size, affine }, i) => ({
      ...{ name, size },
      ...(affine ? { matrix: warpOf(augmented[i]!.variation).matrix } : {}),
    }));
    await writeFile(join(folder, 'cases.json'), JSON.stringify(cases));
    await promisify(execFile)(PYTHON, [SCRIPT, folder]);

    for (const [i, { name }] of CASES.entries()) {
      const expected = new Float32Array(
        new Uint8Array(await readFile(join(folder, `${name}.result.f32`))).buffer,
      );
      const { voxels } = augmented[i]!;
      expect(voxels).toHaveLength(expected.length);
      // The patch is noise: it was looked up elsewhere, so nothing agrees by chance.
      expect(
        max(...voxels.subarray(0, 5000).map((value, at) => abs(value - patches[i]![at]!))),
      ).toBeGreaterThan(0.3);
      expect(voxels.reduce((worst, value, at) => max(worst, abs(value - expected[at]!)), 0)).toBeLessThan(
        1e-5,
      );
    }
  },
  60_000,
);
