import { CompareModels, type ModelComparison } from '@nodulelab/contract';
import type { Command } from 'commander';
import { compareModels } from '../../services/modelComparison/compareModels.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../options.ts';
import { table } from '../output.ts';
import { openModels } from '../runtime.ts';

/** Longer texts stand below each other. */
const WIDEST_CELL = 48;

/** @param model the command of which this is a part */
export function registerModelCompare(model: Command, context: () => CommandContext): void {
  model
    .command('compare <names...>')
    .description(
      'two to six generators side by side: conditions, training set, evaluation, speed here, terms',
    )
    .action(async (models: string[]) => {
      const { dataDir, output } = context();
      const request = CompareModels.safeParse({ models });
      if (!request.success) throw new UsageError('name two to six models, each once');
      const compared = await compareModels(openModels(dataDir), request.data);
      output.result({ ...compared }, comparisonText(compared));
    });
}

function comparisonText({ models, groups }: ModelComparison): string {
  return groups
    .map(({ title, rows }) => {
      const short = rows.filter(({ cells }) => cells.every(({ text }) => text.length <= WIDEST_CELL));
      const long = rows.filter((row) => !short.includes(row));
      return [
        ...(short.length === 0 ? [title] : []),
        ...(short.length > 0
          ? [
              table(
                [title, ...models],
                short.map((row) => [`  ${row.title}`, ...row.cells.map(({ text }) => text)]),
              ),
            ]
          : []),
        ...long.flatMap((row) => [
          `  ${row.title}`,
          ...row.cells.map(({ text }, at) => `    ${models[at]}: ${text}`),
        ]),
      ].join('\n');
    })
    .join('\n\n');
}
