import type { ChooseModel } from '@nodulelab/contract';
import { CurrentModel } from '@nodulelab/contract';
import type { Command } from 'commander';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../options.ts';
import { findRunningServer } from '../runningServer.ts';
import { openModels } from '../runtime.ts';

/** @param model the command of which this is a part */
export function registerModelChoice(model: Command, context: () => CommandContext): void {
  model
    .command('use [name]')
    .description('prefer a generator from now on, for everybody who works with this data folder')
    .option('--former', 'go back to the one that was preferred before', false)
    .option('--finest', "nobody's choice: the finest one, as at first", false)
    .action((name: string | undefined, options: UseOptions) => use(context(), name, options));
  model
    .command('current')
    .description('the generator that is used where none is named')
    .action(async () => {
      const { dataDir, output } = context();
      const current = await openModels(dataDir).current();
      output.result({ ...current }, currentText(current));
    });
}

interface UseOptions {
  readonly former: boolean;
  readonly finest: boolean;
}

async function use(
  { dataDir, output }: CommandContext,
  name: string | undefined,
  { former, finest }: UseOptions,
): Promise<void> {
  if ([name !== undefined, former, finest].filter(Boolean).length !== 1)
    throw new UsageError('name one model, or --former, or --finest');
  const wanted = finest ? null : (name ?? (await formerOf(dataDir)));
  const current = await chooseModel(dataDir, wanted);
  output.result({ ...current }, currentText(current));
}

/** Through the running server where there is one: it tells the open viewers. */
export async function chooseModel(dataDir: string, name: string | null): Promise<CurrentModel> {
  const server = await findRunningServer(dataDir);
  return server === undefined
    ? openModels(dataDir).choose(name, new Date())
    : server.call('PUT', '/api/current-model', CurrentModel, { name } satisfies ChooseModel);
}

async function formerOf(dataDir: string): Promise<string> {
  const { former } = await openModels(dataDir).current();
  if (former !== null) return former;
  throw new NoduleLabError(
    'not-found',
    'No model was preferred before, or it is not here any more: name one.',
  );
}

function currentText({ name, chosen, since, former, missing }: CurrentModel): string {
  if (name === null) return 'There is no model: train one with nodulelab train.';
  return [
    `${name}, ${chosen ? `chosen ${since ?? ''}` : 'the finest; nobody chose'}`,
    ...(missing === null ? [] : [`${missing} was chosen, but is not here any more`]),
    ...(former === null ? [] : [`back to ${former}: nodulelab model use --former`]),
  ].join('\n');
}
