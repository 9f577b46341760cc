/** What a training begins with: random weights, the networks of another one, or all of another one's state. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { takeUpState } from '../../gan/shippedState.ts';
import { openWarmStart, type WarmStart } from '../../gan/warmStart.ts';
import { requireNoLeak } from '../../services/balance/leakLock.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../options.ts';
import { openModels } from '../runtime.ts';

export interface BeginningOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly from?: string;
  readonly continue?: string;
  readonly unlocked: boolean;
}

export const beginningOptions = (command: Command): Command =>
  command
    .option(
      '--from <model>',
      'begin with the networks of a model (its name or folder) or of a training (its folder): another seed or set is allowed, ' +
        'and the stage of their resolution begins anew',
    )
    .option(
      '--continue <model>',
      'go on with the very training whose state a model (export --state) or a folder holds; preset, seed and set must be its own',
    )
    .option('--unlocked', 'vouch for networks of which nobody knows what fold they were trained on', false);

/**
 * Puts the state that is to go on into the folder of the training, or opens the networks to begin with.
 * @throws NoduleLabError `refused` for networks that may have seen patients of the test fold of the set's split
 */
export async function openBeginning(
  { dataDir }: Pick<CommandContext, 'dataDir'>,
  options: BeginningOptions,
  set: PatchFile,
): Promise<WarmStart | undefined> {
  const { from, continue: goesOn, out, resume, unlocked } = options;
  if (from !== undefined && goesOn !== undefined)
    throw new UsageError('--from begins a new training and --continue goes on with an old one: choose one.');
  if (goesOn !== undefined) {
    if (!resume) throw new UsageError('--continue goes on with a training, which --no-resume forbids.');
    await takeUpState(await folderOf(dataDir, goesOn), resolve(out));
  }
  if (from === undefined) return undefined;
  const start = await openWarmStart(await folderOf(dataDir, from));
  const { source, patchesSha256 } = start.ancestors.at(-1)!;
  // On the same patches nothing can leak, whatever their split.
  if (patchesSha256 !== set.sha256)
    requireNoLeak(set.name ?? out, set.manifest, start.card ?? { name: source, splitSha256: null }, unlocked);
  return start;
}

/** A folder, or the name of a model. */
async function folderOf(dataDir: string, given: string): Promise<string> {
  const folder = resolve(given);
  if (existsSync(folder)) return folder;
  return openModels(dataDir)
    .folderOf(given)
    .catch((error: unknown) => {
      throw new NoduleLabError(
        'not-found',
        `There is neither a folder nor a model named ${given}: nodulelab model list names the models that are here.`,
        { given },
        error,
      );
    });
}

/** Updates of each stage: `1500,2000,20000`. */
export function stageUpdates(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!numbers.every((value) => Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError('whole numbers above 0, one for each stage: 1500,2000,20000');
  return numbers;
}
