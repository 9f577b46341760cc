import { resolve } from 'node:path';
import type { ModelClassification } from '@nodulelab/contract';
import type { Command } from 'commander';
import { pText, signed, three } from '../../evaluation/classification/report/figureText.ts';
import { readModelCard } from '../../gan/modelCard.ts';
import { attachClassification, CLASSIFICATION_FOLDER } from '../../services/modelClassification.ts';
import type { CommandContext } from '../context.ts';
import { openModels } from '../runtime.ts';

/** @param model the command of which this is a part */
export function registerAttachClassification(model: Command, context: () => CommandContext): void {
  model
    .command('attach-classification <name> <dir>')
    .description(
      'keep what nodulelab classify wrote with the model: the viewer shows it and opens the report',
    )
    .option('--unfinished', 'also where trainings are left to do; the card then says so', false)
    .action((name: string, dir: string, options: AttachOptions) => attach(context(), name, dir, options));
}

interface AttachOptions {
  readonly unfinished: boolean;
}

async function attach(
  { dataDir, output }: CommandContext,
  name: string,
  dir: string,
  { unfinished }: AttachOptions,
): Promise<void> {
  const folder = await openModels(dataDir).folderOf(name);
  const { weights } = await readModelCard(folder);
  const classification = await attachClassification({ name, folder, sha256: weights.sha256 }, resolve(dir), {
    unfinished,
  });
  output.result(
    { folder, classification },
    [
      `${folder}/${CLASSIFICATION_FOLDER}: ${classifiersText(classification)}`,
      ...classifierRows(classification).map((cells) => cells.join(': ')),
    ].join('\n'),
  );
}

/** What its nodules did for classifiers, in a few words. */
export function classifiersText(classification: ModelClassification | null): string {
  if (classification === null) return 'none';
  const { designs, trainings, errors } = classification;
  const verdicts = designs.flatMap(({ arms }) => arms.flatMap(({ overReal }) => overReal?.verdict ?? []));
  const share = (verdict: string): string =>
    `${verdicts.filter((each) => each === verdict).length} of ${verdicts.length}`;
  const changed = (['better', 'worse'] as const).filter((verdict) => verdicts.includes(verdict));
  return [
    verdicts.length === 0
      ? 'nothing to compare'
      : changed.length === 0
        ? 'no difference shown'
        : changed.map((verdict) => `${share(verdict)} ${verdict}`).join(', '),
    ...(trainings.done < trainings.total ? ['unfinished'] : []),
    ...(errors.length > 0 ? ['not to be relied on'] : []),
  ].join(', ');
}

/** `classifiers, median` and `Real only AUC 0.905 [0.85, 0.95]; …`, one for each label rule. */
export const classifierRows = ({ designs }: ModelClassification): [string, string][] =>
  designs.map(({ rule, arms }) => [`classifiers, ${rule}`, arms.map(armText).join('; ')]);

type Arm = ModelClassification['designs'][number]['arms'][number];

const armText = ({ title, auc: { value, interval }, overReal }: Arm): string =>
  `${title} AUC ${three(value)}` +
  (interval === null ? '' : ` [${interval.map(three).join(', ')}]`) +
  (overReal === null
    ? ''
    : ` (${signed(overReal.gain.value)}, ${overReal.verdict}${overReal.p === null ? '' : `, p ${pText(overReal.p)}`})`);
