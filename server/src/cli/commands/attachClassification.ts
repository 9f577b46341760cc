import { resolve } from 'node:path';
import type { ModelClassification } from '@nodulelab/contract';
import type { Command } from 'commander';
import { pText, signed, three } from '../../evaluation/classification/report/figureText.ts';
import { readModelCard } from '../../gan/modelCard.ts';
import { attachClassification, CLASSIFICATION_FOLDER } from '../../services/modelClassification.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
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
      table(['rule', 'classifiers trained on'], classifierRows(classification, '')),
    ].join('\n'),
  );
}

/** What its nodules did for classifiers, in a few words. */
export function classifiersText(classification: ModelClassification | null): string {
  if (classification === null) return 'none';
  const { designs, trainings, errors } = classification;
  const verdicts = designs.flatMap(({ arms }) => arms.flatMap(({ overReal }) => overReal?.verdict ?? []));
  const share = (wanted: string): string =>
    `${verdicts.filter((verdict) => verdict === wanted).length} of ${verdicts.length}`;
  return [
    verdicts.length === 0
      ? 'nothing to compare'
      : verdicts.every((verdict) => verdict === 'no difference shown')
        ? 'no difference to real only shown'
        : `better than real only in ${share('better')}, worse in ${share('worse')}`,
    ...(trainings.done < trainings.total ? ['unfinished'] : []),
    ...(errors.length > 0 ? ['not to be relied on'] : []),
  ].join(', ');
}

/** `classifiers, median` and `Real only AUC 0.905 [0.85, 0.95]`, a row for each arm, with the rule before its first one. */
export const classifierRows = (
  { designs }: ModelClassification,
  before = 'classifiers, ',
): [string, string][] =>
  designs.flatMap(({ rule, arms }) =>
    arms.map((arm, at): [string, string] => [at === 0 ? `${before}${rule}` : '', armText(arm)]),
  );

type Arm = ModelClassification['designs'][number]['arms'][number];

const armText = ({ title, auc: { value, interval }, overReal }: Arm): string =>
  `${title} AUC ${three(value)}` +
  (interval === null ? '' : ` [${interval.map(three).join(', ')}]`) +
  (overReal === null
    ? ''
    : ` (${signed(overReal.gain.value)}, ${overReal.verdict}${overReal.p === null ? '' : `, p ${pText(overReal.p)}`})`);
