/** How long one sample takes here. */
import type { Model } from '@nodulelab/contract';
import type { ModelRegistry } from '../models.ts';
import type { Speed } from './rows.ts';

const SAMPLES = 3;
/** By the hash of the weights: measured once in the life of the process. */
const measured = new Map<string, number>();

/** A model that cannot be opened says so instead. */
export async function samplingSpeed(models: Pick<ModelRegistry, 'load'>, model: Model): Promise<Speed> {
  const known = measured.get(model.sha256);
  if (known !== undefined) return { milliseconds: known };
  try {
    const { sampler } = await models.load(model.name);
    // The first one also makes room and warms up.
    await sampler.sample(0, 0);
    const times: number[] = [];
    for (let index = 1; index <= SAMPLES; index += 1) {
      const begun = performance.now();
      await sampler.sample(0, index);
      times.push(performance.now() - begun);
    }
    const milliseconds = times.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)]!;
    measured.set(model.sha256, milliseconds);
    return { milliseconds };
  } catch (error) {
    return { problem: `not measured: ${error instanceof Error ? error.message : String(error)}` };
  }
}
