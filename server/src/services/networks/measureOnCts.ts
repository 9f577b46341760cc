/** A detector measured on whole CTs: with the readers' nodules, with those of the preferred generator, and with balls. */
import type { Detector } from '../../networks/detector.ts';
import type { CardFigure } from '../../networks/networkCard.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';
import type { ModelRegistry } from '../models.ts';
import { splitPatients, TEST_FOLD } from '../../dataset/split.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { readNodulesOfCts, type NodulesOfCt } from './ctNodules.ts';
import { figuresOnCts, hardBall, type MadeNodules } from './detectorOnCts.ts';

const BALL_HU = 40;
const BALL_SIZE = 64;

/**
 * @param paths LIDC folders with CTs of the test fold
 * @throws NoduleLabError `invalid-input` where no folder holds a CT with nodules, `refused` for a patient of the train
 *   fold, `not-found` where there is no generator
 */
export async function measureOnCts(
  detector: Detector,
  paths: readonly string[],
  models: Pick<ModelRegistry, 'load'>,
  seed: number,
  signal: AbortSignal,
): Promise<CardFigure[]> {
  const cts = await readNodulesOfCts(paths, signal);
  requireHeldOut(detector, cts);
  const { model, sampler } = await models.load();
  const ball = hardBall(BALL_SIZE, windowHu(BALL_HU), windowHu(PARENCHYMA_HU));
  const made: MadeNodules[] = [
    { name: `nodules of ${model.name}, set into whole CTs`, patch: (index) => sampler.sample(seed, index) },
    { name: `hard-edged balls of ${BALL_HU} HU at the same places`, patch: () => Promise.resolve(ball) },
  ];
  return figuresOnCts(detector, cts, made, seed);
}

/** What it was trained on, it must not be measured on. */
export function requireHeldOut(
  { card }: Pick<Detector, 'card'>,
  cts: readonly Pick<NodulesOfCt, 'patientId'>[],
): void {
  const patients = cts.map(({ patientId }) => patientId);
  const { assignment } = splitPatients(patients, card.split);
  const seen = patients.filter((patient) => assignment[patient] !== TEST_FOLD);
  if (seen.length > 0)
    throw new NoduleLabError(
      'refused',
      `${seen.join(', ')} belong to the train fold of ${card.name}: measure it on CTs of the test fold.`,
      { patients: seen },
    );
}
