import { resolve } from 'node:path';
import type { Command } from 'commander';
import { attachPicture } from '../../services/modelPictures.ts';
import type { CommandContext } from '../context.ts';
import { openModels } from '../runtime.ts';

/** @param model the command of which this is a part */
export function registerAttachPicture(model: Command, context: () => CommandContext): void {
  model
    .command('attach-picture <name> <file>')
    .description('keep a picture with the model, as one of dataset sheet: its card in the viewer shows it')
    .requiredOption('--caption <text>', 'what it shows, and whose data')
    .action(async (name: string, file: string, { caption }: { readonly caption: string }) => {
      const { dataDir, output } = context();
      const folder = await openModels(dataDir).folderOf(name);
      const pictures = await attachPicture({ name, folder }, resolve(file), caption);
      output.result({ folder, pictures }, `${name}: ${pictures.map((picture) => picture.file).join(', ')}`);
    });
}
