import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { insertSet } from '../../services/insertSet/insertSet.ts';
import type { DiameterRange, NamedModel } from '../../services/insertSet/setItems.ts';
import { openBalanceModel, type BalanceModel } from '../../services/balance/balanceModel.ts';
import { openProvenanceKeys } from '../../security/provenanceKeys.ts';
import { recorderOf } from '../../services/offline/record.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { hostRows, reasonLines } from '../../services/insertSet/yieldReport.ts';
import type { CommandContext } from '../context.ts';
import { integer, positive } from '../options.ts';
import { table } from '../output.ts';
import { openModels, VERSION } from '../runtime.ts';

interface InsertSetOptions {
  readonly set: string;
  readonly hosts: string[];
  readonly out: string;
  readonly perHost: number;
  readonly seed: number;
  readonly diameter?: DiameterRange;
  readonly asStored: boolean;
  readonly researchArchive: boolean;
}

export function registerInsertSet(program: Command, context: () => CommandContext): void {
  program
    .command('insert-set')
    .description(
      'insert all synthetic nodules of a set into host scans; the same command goes on after a break',
    )
    .requiredOption('--set <dir>', 'a set that balance wrote, or a folder of samples')
    .requiredOption('--hosts <dir...>', 'folders with the DICOM slices of host CTs, at any depth')
    .requiredOption('--out <dir>', 'new folder for the derived series, or that of the broken run')
    .option('--per-host <number>', 'most nodules in one scan', integer(1, 100), 1)
    .option('--seed <number>', 'chooses hosts and places', integer(0, 2 ** 31 - 1), 1)
    .option(
      '--diameter <mm|from-to>',
      'for samples: a diameter, or a range that they are drawn from (default: what their model was asked for)',
      diameters,
    )
    .option(
      '--as-stored',
      'of a set: insert the nodules as they lie there, rather than drawing them again from their model',
      false,
    )
    .option(
      '--research-archive',
      'the hosts are research data: Patient Identity Removed = YES is not required',
      false,
    )
    .action(async (options: InsertSetOptions) => run(context(), options));
}

function diameters(text: string): DiameterRange {
  const [from, to = from, ...rest] = text.split('-').map(positive);
  if (from === undefined || to === undefined || rest.length > 0 || to < from || to > 100)
    throw new InvalidArgumentError('a diameter in mm, or a range such as 5-20');
  return { from, to };
}

async function run(context: CommandContext, options: InsertSetOptions): Promise<void> {
  const { output, signal } = context;
  const outDir = resolve(options.out);
  const report = await insertSet({
    setDir: resolve(options.set),
    hostDirs: options.hosts.map((dir) => resolve(dir)),
    outDir,
    perHost: options.perHost,
    seed: options.seed,
    diameters: options.diameter,
    openModel: options.asStored ? undefined : (model) => openModelOf(context, model),
    researchArchive: options.researchArchive,
    codeVersion: VERSION,
    now: () => new Date(),
    signer: (await openProvenanceKeys(context.dataDir)).signer,
    record: recorderOf(context.dataDir),
    signal,
    onProgress: (done, total, message) => output.progress(done / total, message),
  });
  output.result(
    { outDir, ...report },
    [
      `Placed ${report.placed} of ${report.nodules} nodules in ${report.seconds.toFixed(1)} s, each series verified against its original, in ${outDir}`,
      report.drawnAnew
        ? `Nodules drawn again from ${report.model.name}`
        : 'Nodules as they lie in the folder',
      table(['series', 'placed', 'refused', 'seconds', 'host'], hostRows(report)),
      ...(report.refused === 0 ? [] : [`Refused: ${report.refused}`, ...reasonLines(report)]),
      ...report.refusedHosts.map(({ dir, message }) => `No host: ${dir}: ${message}`),
    ].join('\n'),
  );
}

/** Says so where the model is not here: the nodules then go in as they lie in the set. */
async function openModelOf(
  { dataDir, output }: CommandContext,
  { name, sha256 }: NamedModel,
): Promise<BalanceModel | undefined> {
  try {
    const model = await openBalanceModel(openModels(dataDir), name);
    if (model.sha256 === sha256) return model;
  } catch (error) {
    if (!(error instanceof NoduleLabError) || error.kind !== 'not-found') throw error;
  }
  output.note(
    `The model ${name} (${sha256.slice(0, 12)}) of the set is not here: its nodules go in as they lie there.`,
  );
  return undefined;
}
