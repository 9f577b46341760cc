import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { writePhantomStudy } from '../../services/phantomStudy.ts';
import type { CommandContext } from '../context.ts';
import { integer } from '../options.ts';

export function registerPhantom(program: Command, context: () => CommandContext): void {
  program
    .command('phantom')
    .description('make a thorax CT with a dozen nodules and the LIDC XML of four simulated readers')
    .requiredOption('--out <dir>', 'folder for the DICOM files and the XML')
    .addOption(
      new Option('--size <size>', 'demo: 512×512×130; small: for tests')
        .choices(['demo', 'small'])
        .default('demo'),
    )
    .option('--seed <number>', 'the same seed makes the same patient', integer(0, 2 ** 31 - 1), 1)
    .action(async (options: { out: string; size: 'demo' | 'small'; seed: number }) => {
      const { output } = context();
      const dir = resolve(options.out);
      const study = await writePhantomStudy(
        { now: () => new Date(), newUid: makeUidGenerator((length) => randomBytes(length)) },
        { dir, preset: options.size, seed: options.seed },
        (fraction, message) => output.progress(fraction, message),
      );
      output.result(
        { dir, ...study },
        `${study.slices} slices and the XML of ${study.nodules} nodules in ${dir}\nStudy ${study.studyInstanceUID}`,
      );
    });
}
