/** The detector at work: how surely there is a nodule of a given size at a place of a CT. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import type { Parameters } from '../nn/layers.ts';
import * as t from '../tensor/index.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { calibrated, calibrationSchema } from './calibration.ts';
import { BOX_REACH, BOX_SIZE, BOX_VOXELS, detectorBox } from './detectorBox.ts';
import { detectorArchitectureSchema, detectorNetwork, type DetectorArchitecture } from './detectorNetwork.ts';
import { readNetworkCard, type NetworkCard } from './networkCard.ts';
import { readNetworkWeights } from './networkFolder.ts';

/** The box as cards describe it. */
export const DETECTOR_BOX = { size: [...BOX_SIZE], reachDiameters: [...BOX_REACH] };

/** What the card of a detector says beside its layers. */
export const detectorCardSchema = detectorArchitectureSchema.extend({
  /** The box that the weights are for: voxels along x, y, z, and diameters from the centre to its border. */
  box: z
    .object({ size: z.array(z.number()), reachDiameters: z.array(z.number()) })
    .refine((box) => isDeepStrictEqual(box, DETECTOR_BOX), 'is not the box that this version cuts'),
  calibration: calibrationSchema,
});

export interface NodulePlace {
  /** LPS mm. */
  readonly centre: Vec3;
  /** Of the nodule that is looked for, mm. */
  readonly diameterMm: number;
}

export interface Detector {
  readonly card: NetworkCard;
  /**
   * The probability of a nodule of this diameter at this place, where as many places hold one as do not. The same box
   * gives the same number, whatever was asked before.
   */
  score(ct: CtVolume, centre: Vec3, diameterMm: number): Promise<number>;
  scoreMany(ct: CtVolume, places: readonly NodulePlace[]): Promise<Float64Array>;
  /** The same for a box that was cut already (see detectorBox.ts). */
  scoreBox(box: Float32Array): Promise<number>;
  release(): Promise<void>;
}

/**
 * Opens the detector of a folder.
 * @throws NoduleLabError `not-found`, `invalid-input` or `refused` where card or weights are missing, unusable or do not
 *   belong together
 */
export async function openDetector(folder: string, engine: Engine): Promise<Detector> {
  const card = await readNetworkCard(folder, 'detector');
  const parsed = detectorCardSchema.safeParse(card.architecture);
  if (!parsed.success)
    throw new NoduleLabError(
      'invalid-input',
      `The card of ${folder} does not describe a detector of this version ` +
        `(architecture.${parsed.error.issues[0]?.path.join('.') ?? ''}): train it again with nodulelab networks train detector.`,
      { folder },
      parsed.error,
    );
  const { calibration, ...architecture } = parsed.data;
  const weights = await readNetworkWeights(folder, card, detectorNetwork(architecture).parameters);
  const runner = await detectorRunner(architecture, weights, engine);
  const scoreBox = async (box: Float32Array): Promise<number> =>
    calibrated(await runner.logit(box), calibration);
  const score: Detector['score'] = (ct, centre, diameterMm) => scoreBox(detectorBox(ct, centre, diameterMm));
  return {
    ...{ card, score, scoreBox },
    async scoreMany(ct, places) {
      const scores = new Float64Array(places.length);
      for (const [at, { centre, diameterMm }] of places.entries())
        scores[at] = await score(ct, centre, diameterMm);
      return scores;
    },
    release: () => runner.release(),
  };
}

export interface DetectorRunner {
  /** Of one box, before calibration. */
  logit(box: Float32Array): Promise<number>;
  release(): Promise<void>;
}

/** The network with known weights, one box at a time: in a batch, last bits could depend on the neighbours. */
export async function detectorRunner(
  architecture: DetectorArchitecture,
  weights: Parameters,
  engine: Engine,
): Promise<DetectorRunner> {
  const [nx, ny, nz] = BOX_SIZE;
  const logit = detectorNetwork(architecture).apply(weights, t.input('box', [1, 1, nz, ny, nx]));
  const executable = await engine.compile({ logit });
  return {
    async logit(box) {
      if (box.length !== BOX_VOXELS || !box.every(Number.isFinite))
        throw new NoduleLabError(
          'invalid-input',
          `The detector sees boxes of ${BOX_SIZE.join(' × ')} finite values, not this one of ${box.length}.`,
        );
      const { logit: value } = await executable.run({ box });
      return value![0]!;
    },
    release: () => executable.release(),
  };
}
