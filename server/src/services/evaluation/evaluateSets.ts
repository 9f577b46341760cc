/** The use case behind `nodulelab evaluate`: two or three folders in, `evaluation.json` and `report.html` out. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluationResultSchema, RESULT_FILE, type EvaluationResult } from '../../evaluation/result.ts';
import { REPORT_FILE } from '../../evaluation/report/material.ts';
import { renderReport } from '../../evaluation/report/renderReport.ts';
import { scorecardOf } from '../../evaluation/scorecard.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { evaluateGroups, type EvaluationSetup } from './evaluateGroups.ts';
import { openSets, type SetsWanted } from './openSets.ts';
import { gatherPictures } from './pictures.ts';

export interface EvaluateRequest extends SetsWanted {
  readonly setup: Omit<EvaluationSetup, 'margin' | 'whyNoTraining'>;
  readonly codeVersion: string;
  /** One line that makes the evaluation again. */
  readonly command: string;
  /** The time of day. */
  readonly date: () => Date;
}

export interface Evaluated {
  readonly result: EvaluationResult;
  /** Of the report. */
  readonly reportPath: string;
}

/** @throws NoduleLabError as openSets and evaluateGroups do; nothing but the folder `work` is left behind then */
export async function evaluateSets(request: EvaluateRequest): Promise<Evaluated> {
  const { setup, codeVersion, command, date } = request;
  const { outDir, seed, signal } = setup;
  const sets = await openSets(request);
  try {
    await mkdir(outDir, { recursive: true });
    const { real, synthetic, training, summaries, margin, whyNoTraining } = sets;
    const evaluated = await evaluateGroups(
      { real, synthetic, training, ...(sets.sameClasses ? {} : { floor: null }) },
      { ...setup, margin, ...(whyNoTraining === undefined ? {} : { whyNoTraining }) },
    );
    const { found, controlGroups, scatters, sizes, spottingScores } = evaluated;
    const whole = {
      ...found,
      ...summaries,
      warnings: [...sets.warnings, ...found.warnings],
      finishedAt: date().toISOString(),
      codeVersion,
    };
    const result = evaluationResultSchema.parse({
      kind: 'nodulelab-evaluation',
      version: 1,
      ...whole,
      scorecard: scorecardOf(whole, sets.generator.card),
    } satisfies EvaluationResult);
    const pictures = await gatherPictures(
      { real, synthetic, training, controls: controlGroups },
      { seed, pairs: result.memorisedPairs, ...(signal === undefined ? {} : { signal }) },
    );
    const html = renderReport(result, { ...pictures, command, scatters, sizes, spotting: spottingScores });
    const reportPath = join(outDir, REPORT_FILE);
    await writeAtomically(reportPath, [new TextEncoder().encode(html)]);
    await writeJsonAtomically(join(outDir, RESULT_FILE), result);
    setup.onProgress?.(1, `evaluated ${synthetic.count} synthetic nodules against ${real.count} real ones`);
    return { result, reportPath };
  } finally {
    await sets.close();
  }
}
