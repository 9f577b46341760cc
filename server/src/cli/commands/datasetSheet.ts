import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { SHEET_ORDERS, writeContactSheet, type SheetOrder } from '../../dataset/contactSheet/contactSheet.ts';
import type { CommandContext } from '../context.ts';
import { integer } from '../options.ts';

interface SheetFlags {
  readonly columns: number;
  readonly sort: SheetOrder;
  readonly count: number;
  readonly beside?: string;
  readonly out: string;
}

export function registerSheet(dataset: Command, context: () => CommandContext): void {
  dataset
    .command('sheet')
    .description('show a set of patches, real and synthetic, as one HTML page and one PNG')
    .argument('<set>', 'folder of the set')
    .option('--columns <number>', 'patches side by side', integer(1, 12), 4)
    .addOption(
      new Option('--sort <order>', 'by id, or the largest or most malignant first')
        .choices(SHEET_ORDERS)
        .default('diameter'),
    )
    .option('--count <number>', 'show at most so many, spread evenly over the order', integer(1, 2000), 300)
    .option('--beside <set>', 'to the right of each, the most alike nodule of this other set')
    .requiredOption('--out <dir>', 'new folder for the sheet')
    .action(async (set: string, flags: SheetFlags) => {
      const { output, signal } = context();
      const sheet = await writeContactSheet({
        setDir: resolve(set),
        besideDir: flags.beside === undefined ? undefined : resolve(flags.beside),
        outDir: resolve(flags.out),
        columns: flags.columns,
        sort: flags.sort,
        count: flags.count,
        signal,
        onProgress: (done, total) => output.progress(done / total, `patch ${done} of ${total}`),
      });
      output.result(
        { ...sheet },
        `${sheet.shown} of ${sheet.of} patches${sheet.beside > 0 ? `, each beside one of ${flags.beside}` : ''}:\n${sheet.html}\n${sheet.png}`,
      );
    });
}
