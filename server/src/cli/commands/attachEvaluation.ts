import { resolve } from 'node:path';
import type { ModelEvaluation } from '@nodulelab/contract';
import type { Command } from 'commander';
import { readModelCard } from '../../gan/modelCard.ts';
import { attachEvaluation, EVALUATION_FOLDER } from '../../services/modelEvaluation.ts';
import type { CommandContext } from '../context.ts';
import { openModels } from '../runtime.ts';

/** @param model the command of which this is a part */
export function registerAttachEvaluation(model: Command, context: () => CommandContext): void {
  model
    .command('attach-evaluation <name> <dir>')
    .description(
      'keep what nodulelab evaluate wrote with the model: the viewer shows it and opens the report',
    )
    .option(
      '--without-patients',
      'leave pictures and names of real nodules out of the report, to pass the model on',
      false,
    )
    .action((name: string, dir: string, options: AttachOptions) => attach(context(), name, dir, options));
}

interface AttachOptions {
  readonly withoutPatients: boolean;
}

async function attach(
  { dataDir, output }: CommandContext,
  name: string,
  dir: string,
  { withoutPatients }: AttachOptions,
): Promise<void> {
  const folder = await openModels(dataDir).folderOf(name);
  const { weights } = await readModelCard(folder);
  const evaluation = await attachEvaluation({ name, folder, sha256: weights.sha256 }, resolve(dir), {
    patients: !withoutPatients,
  });
  output.result(
    { folder, evaluation },
    `${folder}/${EVALUATION_FOLDER}: ${evaluation.synthetic} synthetic against ${evaluation.real} real nodules, ${gatesText(evaluation)}`,
  );
}

/** How good a model was found to be, in a few words. */
export function gatesText(evaluation: ModelEvaluation | null): string {
  if (evaluation === null) return 'none';
  const { gates, errors } = evaluation;
  const passed = gates.filter((gate) => gate.passed === true).length;
  return `${passed} of ${gates.length} gates passed${errors.length > 0 ? ', not to be relied on' : ''}`;
}
