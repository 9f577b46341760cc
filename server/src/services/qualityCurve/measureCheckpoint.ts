/** One point of a quality curve: a checkpoint as a model, its samples as a set, and what an evaluation finds of them. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../dataset/patchFile.ts';
import { pointFigure, type QualityPoint } from '../../evaluation/curve/qualityCurve.ts';
import type { Figure, SetSummary } from '../../evaluation/result.ts';
import { exportModel } from '../../gan/model.ts';
import { trainedOn } from '../../gan/modelCard.ts';
import { writeAtomically } from '../../nn/artefactFile.ts';
import { stemOf, type CheckpointInfo } from '../../nn/checkpoint.ts';
import { openBalanceModel } from '../balance/balanceModel.ts';
import { sampleLike } from '../balance/sampleLike.ts';
import { evaluateGroups, type EvaluationSetup } from '../evaluation/evaluateGroups.ts';
import { openSets } from '../evaluation/openSets.ts';
import { sheetOf } from '../evaluation/pictures.ts';
import { createModelRegistry } from '../models.ts';

export interface CheckpointSetup {
  readonly realDir: string;
  readonly trainingDir: string;
  readonly samples: number;
  readonly class: 'malignant' | 'all';
  readonly codeVersion: string;
  readonly setup: Omit<EvaluationSetup, 'margin' | 'whyNoTraining' | 'controls' | 'onProgress'>;
  readonly onProgress: (share: number, message: string) => void;
}

export interface MeasuredCheckpoint {
  readonly point: QualityPoint;
  readonly figures: readonly Figure[];
  readonly real: SetSummary;
  readonly training: SetSummary;
}

/** Part of a point's time that its samples are expected to take. */
const SAMPLING = 0.1;

/**
 * Beside `setup.outDir/work`, where descriptions are kept, a picture of some samples is left in `pictures`; model and
 * samples are taken away when they are measured.
 */
export async function measureCheckpoint(
  checkpoint: CheckpointInfo,
  wanted: CheckpointSetup,
): Promise<MeasuredCheckpoint> {
  const { realDir, trainingDir, samples, setup, codeVersion, onProgress } = wanted;
  const { outDir, seed, signal, tools } = setup;
  const stem = stemOf(checkpoint);
  const scratch = join(outDir, 'unfinished');
  await rm(scratch, { recursive: true, force: true });
  const modelsDir = join(scratch, 'models');
  const sampledDir = join(scratch, 'samples');
  const card = await exportModel(checkpoint, join(modelsDir, stem), {
    name: stem,
    data: 'a checkpoint',
    ...trainedOn(await readManifest(trainingDir)),
    ...{ codeVersion, license: 'not stated', faults: [] },
  });
  const models = createModelRegistry([modelsDir], tools.engine);
  const model = await openBalanceModel(models, stem);
  await sampleLike(model, {
    ...{ likeDir: realDir, outDir: sampledDir, class: wanted.class, count: samples, seed },
    ...{ unlocked: false, signal },
    onProgress: (done, total) => onProgress((SAMPLING * done) / total, `sampling ${stem}`),
  });
  const sets = await openSets({
    ...{ real: realDir, synthetic: sampledDir, training: trainingDir, model: stem },
    ...{ dataDir: outDir, models, signal },
  });
  try {
    const { real, synthetic, training, margin, summaries } = sets;
    const { found } = await evaluateGroups(
      { real, synthetic, training, ...(sets.sameClasses ? {} : { floor: null }) },
      {
        ...{ ...setup, margin, controls: false },
        onProgress: (share, message) => onProgress(SAMPLING + (1 - SAMPLING) * share, `${stem}: ${message}`),
      },
    );
    const picture = await sheetOf(synthetic, seed, signal);
    const folder = join(outDir, 'pictures');
    await mkdir(folder, { recursive: true });
    await writeAtomically(join(folder, `${stem}.png`), [
      Buffer.from(picture.url.slice(picture.url.indexOf(',') + 1), 'base64'),
    ]);
    return {
      point: {
        ...{ checkpoint: stem, sha256: checkpoint.sha256, update: card.training.updates },
        ...{ seconds: card.training.seconds, resolution: card.training.resolution },
        generatorSha256: card.weights.sha256,
        figures: found.figures.map(pointFigure),
        gates: found.gates.map(({ name, passed, found: what }) => ({ name, passed, found: what })),
        warnings: [...sets.warnings, ...found.warnings],
      },
      figures: found.figures,
      real: summaries.real,
      training: summaries.training!,
    };
  } finally {
    await sets.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
