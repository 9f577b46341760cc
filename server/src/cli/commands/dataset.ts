import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { registerBuild } from './datasetBuild.ts';
import { registerDatasetExport } from './datasetExport.ts';
import { registerSheet } from './datasetSheet.ts';

export function registerDataset(program: Command, context: () => CommandContext): void {
  const dataset = program.command('dataset').description('sets of nodule patches: build them, look at them');
  registerBuild(dataset, context);
  registerSheet(dataset, context);
  registerDatasetExport(dataset, context);
}
