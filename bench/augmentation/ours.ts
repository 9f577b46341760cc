/** Our contender for bench/augmentation.ts. Same argument and answer as ndimage.py. */
import { readFileSync } from 'node:fs';
import {
  augmentPatch,
  onlyThese,
  seedAugmentationOf,
  type Transform,
} from '../../server/src/dataset/augmentation/augmentPatch.ts';
import type { ContenderConfig, Measured } from '../augmentation.ts';

const WORKS: Readonly<Record<ContenderConfig['work'], readonly Transform[]>> = {
  whole: ['rotation', 'scaling', 'elastic', 'noise'],
  affine: ['rotation', 'scaling'],
  elastic: ['elastic'],
  noise: ['noise'],
};

const { patches, size, work, warmUp, count } = JSON.parse(process.argv[2] ?? '') as ContenderConfig;
const voxels = size ** 3;
const all = new Float32Array(new Uint8Array(readFileSync(patches)).buffer);
const augmentation = onlyThese(seedAugmentationOf(size), WORKS[work]);
const augment = (index: number): Float32Array => {
  const from = (index * voxels) % all.length;
  return augmentPatch(all.subarray(from, from + voxels), size, augmentation, 1, index).voxels;
};

for (let i = 0; i < warmUp; i++) augment(i);
const seconds: number[] = [];
const before = process.cpuUsage();
for (let i = 0; i < count; i++) {
  const began = performance.now();
  augment(i);
  seconds.push((performance.now() - began) / 1000);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 } satisfies Measured));
