/**
 * Real nodules of LIDC patients and inserted ones in the same scans, of the same diameters, measured in the same way:
 * the ground of the blending's benchmark, its curves and its sheet.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LungAnatomy, lungMask } from '../server/src/anatomy/lungMask.ts';
import { openModels } from '../server/src/cli/runtime.ts';
import type { WantedConditions } from '../server/src/gan/support.ts';
import { type EdgeCurve, edgeCurve } from '../server/src/insertion/edgeCurve.ts';
import { halfMaximumRegion } from '../server/src/insertion/halfMaximum.ts';
import { type HostNoise, localNoise } from '../server/src/insertion/hostTexture.ts';
import { type Insertion, insertNodule } from '../server/src/insertion/insertNodule.ts';
import { coreOf, type NoisePower, noisePower } from '../server/src/insertion/noisePower.ts';
import { type PlacementSetting, proposePlace } from '../server/src/insertion/placement.ts';
import { boxSize, type BoxMask } from '../server/src/lidc/boxMask.ts';
import { Random } from '../server/src/nn/random.ts';
import { lidcFolderNodules } from '../server/src/services/importing/noduleSource.ts';
import type { CtVolume, IndexBox, Vec3 } from '../server/src/volume/ctVolume.ts';

/** The patients that tests use too; their nodules are no part of any training set. */
export const PATIENTS = ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'] as const;
/** Candidates come from this series of samples. */
const CANDIDATE_SEED = 7;
/** Of the figures in docs/insertion.md: they are about the blending, so another generator is no reason to measure anew. */
const MODEL = 'malignant-64';
/** The noise of a nodule is looked at this far inside its border: nearer to it the border itself would count. */
const CORE_MM = 1.5;

export interface Patient {
  readonly name: string;
  readonly ct: CtVolume;
  readonly lung: LungAnatomy;
  /** Consensus masks, the largest first. */
  readonly nodules: readonly BoxMask[];
}

export interface Measured {
  readonly edge: EdgeCurve | null;
  readonly core: NoisePower | null;
}

export interface Pair {
  readonly patient: string;
  readonly diameterMm: number;
  readonly real: Measured;
  readonly inserted: readonly Measured[];
  /** The host's own noise near the real nodule. */
  readonly host: HostNoise;
}

/** The patients below NODULELAB_LIDC_DIR, one after the other; none where one of them is missing. */
export async function* patients(): AsyncGenerator<Patient> {
  const root = process.env['NODULELAB_LIDC_DIR'];
  if (root === undefined || !PATIENTS.every((name) => existsSync(join(root, name)))) return;
  for (const name of PATIENTS) {
    const { nodules } = await lidcFolderNodules(
      [join(root, name)],
      new AbortController().signal,
      () => undefined,
    );
    const voxels = await Promise.all(nodules.map((nodule) => nodule.load()));
    const [first] = voxels;
    if (!first) throw new Error(`${name} has no nodule`);
    yield {
      name,
      ct: first.ct,
      lung: lungMask(first.ct),
      nodules: voxels.map(({ mask }) => mask).toSorted((a, b) => volume(b) - volume(a)),
    };
  }
}

const volume = ({ bits }: BoxMask): number => bits.reduce((sum, bit) => sum + bit, 0);

/** Diameter of the sphere with the mask's volume, mm. */
export function diameterOf({ spacing: [x, y, z] }: CtVolume, mask: BoxMask): number {
  return Math.cbrt((6 * volume(mask) * x * y * z) / Math.PI);
}

/**
 * Samples of a shipped model, one after the other and none chosen.
 * @param wanted of each sample; a model that cannot be asked for something is not asked
 */
export async function candidates(
  count: number,
  model = MODEL,
  wanted: (index: number) => WantedConditions = () => ({}),
): Promise<Float32Array[]> {
  const { sampler } = await openModels(join(tmpdir(), 'nodulelab-none')).load(model);
  const drawn: Float32Array[] = [];
  for (let index = 0; index < count; index++) {
    const asked = Object.entries(wanted(index)).filter(([name]) =>
      sampler.conditionNames.some((known) => known === name),
    );
    drawn.push(await sampler.sample(CANDIDATE_SEED, index, Object.fromEntries(asked)));
  }
  return drawn;
}

/** A nodule at a place that the program proposes; the same name gives the same place. */
export function insertAt(
  { ct, lung }: Patient,
  patch: Float32Array,
  diameterMm: number,
  name: string | number,
  setting?: PlacementSetting,
): Insertion & { readonly centre: Vec3; readonly placed: PlacementSetting } {
  const random = Random.of('real and inserted', name);
  const place = proposePlace(ct, lung, diameterMm, () => random.uniform(), setting);
  const seed = random.integer(2 ** 31);
  const inserted = insertNodule(ct, { data: patch }, { centre: place.centre, diameterMm }, { seed, lung });
  return { ...inserted, centre: place.centre, placed: place.setting };
}

/** Does something with the host while the nodule is in it, without a copy of the host. */
export function withNodule<T>(
  ct: CtVolume,
  { box, hu }: Pick<Insertion, 'box' | 'hu'>,
  use: (ct: CtVolume) => T,
): T {
  const [width, height] = boxSize(box);
  const swap = (line: number, values: Int16Array): void => {
    const start =
      box.min[0] +
      ct.size[0] * (box.min[1] + (line % height) + ct.size[1] * (box.min[2] + Math.floor(line / height)));
    const kept = ct.data.slice(start, start + width);
    ct.data.set(values.subarray(line * width, (line + 1) * width), start);
    values.set(kept, line * width);
  };
  const values = hu.slice();
  const lines = values.length / width;
  for (let line = 0; line < lines; line++) swap(line, values);
  try {
    return use(ct);
  } finally {
    for (let line = 0; line < lines; line++) swap(line, values);
  }
}

export function measure(ct: CtVolume, box: IndexBox, mask: Uint8Array): Measured {
  const region = halfMaximumRegion(ct, box, mask);
  if (region === null) return { edge: null, core: null };
  const core = coreOf(boxSize(region.box), ct.spacing, region.mask, CORE_MM);
  return { edge: edgeCurve(ct, box, mask), core: noisePower(ct, region.box, core) };
}

/** Each real nodule beside inserted ones of its diameter in its own scan. */
export async function measurePairs(perNodule: number, log: (line: string) => void): Promise<Pair[]> {
  const drawn = await candidates(perNodule);
  const pairs: Pair[] = [];
  for await (const patient of patients()) {
    const { name, ct, nodules } = patient;
    for (const [number, { box, bits }] of nodules.entries()) {
      const diameterMm = diameterOf(ct, { box, bits });
      const inserted = drawn.map((patch, index) => {
        const nodule = insertAt(patient, patch, diameterMm, `${name} ${number} ${index}`);
        return withNodule(ct, nodule, () => measure(ct, nodule.box, nodule.footprint));
      });
      const middle = [0, 1, 2].map((axis) => (box.min[axis]! + box.max[axis]!) / 2);
      const host = localNoise(ct, [middle[0]!, middle[1]!, middle[2]!]);
      pairs.push({ patient: name, diameterMm, real: measure(ct, box, bits), inserted, host });
      log(`${name}: ${diameterMm.toFixed(1)} mm measured`);
    }
  }
  return pairs;
}
