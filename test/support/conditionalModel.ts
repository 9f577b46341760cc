/** A conditional generator that was never trained: enough where it matters what is asked of it, not how it answers. */
import type { Conditions } from '@nodulelab/contract';
import { generator } from '../../server/src/gan/generator.ts';
import { generatorTensors } from '../../server/src/gan/model.ts';
import { type TrainedCard, trainedCardSchema, WEIGHTS_FILE } from '../../server/src/gan/modelCard.ts';
import { writeModelFolder } from '../../server/src/gan/modelFolder.ts';
import { initialise } from '../../server/src/nn/layers.ts';
import { encodeSafetensors } from '../../server/src/nn/safetensors.ts';
import { TINY_CONDITIONAL } from '../unit/gan/tinyPresets.ts';

const RESOLUTION = 16;

/** 40 smooth solid nodules of 5 to 24.5 mm, and 4 spiculated ones of 20 mm. */
const trainingConditions = [
  ...Array.from({ length: 40 }, (_, n) => smooth(5 + n / 2)),
  ...Array.from({ length: 4 }, () => ({ ...smooth(20), spiculation: 5, malignancy: 5 })),
];

function smooth(diameter: number): Conditions {
  return { diameter, malignancy: 3, texture: 5, spiculation: 1, lobulation: 1, sphericity: 4, margin: 5 };
}

/** @param folder of the model, as `<data>/models/<name>` */
export async function writeConditionalModel(folder: string, name: string): Promise<TrainedCard> {
  const { parameters } = generator(TINY_CONDITIONAL.architecture, RESOLUTION);
  const weights = encodeSafetensors(
    generatorTensors(TINY_CONDITIONAL, RESOLUTION, initialise(parameters, 1)),
    {},
    'F32',
  );
  return writeModelFolder(folder, WEIGHTS_FILE, weights, (sha256) =>
    trainedCardSchema.parse({
      ...{ name, data: 'Never trained.', datasetSha256: null, splitSha256: null, codeVersion: '1' },
      ...{ license: 'none', faults: [], trainingConditions, format: 1, preset: TINY_CONDITIONAL },
      fieldOfView: { diameters: 2 },
      weights: { file: WEIGHTS_FILE, sha256, type: 'F32' },
      training: {
        seed: 1,
        patches: trainingConditions.length,
        updates: 1,
        seconds: 1,
        resolution: RESOLUTION,
      },
    }),
  );
}
