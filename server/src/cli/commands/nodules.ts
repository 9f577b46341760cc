import { AllNodules, type Nodule, NoduleList } from '@nodulelab/contract';
import type { Command } from 'commander';
import { listNodules } from '../../services/noduleListing.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { findRunningServer } from '../runningServer.ts';
import { openStore } from '../../store/store.ts';

export function registerNodules(program: Command, context: () => CommandContext): void {
  program
    .command('nodules')
    .description('list the nodules of a series, or of all series')
    .argument('[series]', 'Series Instance UID of a CT')
    .action(async (series: string | undefined) => {
      const { output, dataDir } = context();
      const nodules = await find(dataDir, series);
      output.result(
        { nodules },
        table(
          ['no', 'readers', 'diameter mm', 'malignancy', 'texture', 'spiculation', 'centre LPS mm', 'series'],
          nodules.map((nodule) => [
            String(nodule.number),
            String(nodule.readers),
            nodule.diameterMm.toFixed(1),
            nodule.consensus?.malignancy.toFixed(1) ?? '–',
            nodule.consensus?.texture.toFixed(1) ?? '–',
            nodule.consensus?.spiculation.toFixed(1) ?? '–',
            nodule.centre.map((value) => value.toFixed(1)).join(','),
            nodule.seriesInstanceUID,
          ]),
        ),
      );
    });
}

async function find(dataDir: string, series: string | undefined): Promise<Nodule[]> {
  const server = await findRunningServer(dataDir);
  if (server && series !== undefined)
    return (await server.call('GET', `/api/series/${series}/nodules`, NoduleList)).nodules;
  if (server) return (await server.call('GET', '/api/nodules', AllNodules)).nodules;
  const store = await openStore({ dir: dataDir });
  try {
    return series === undefined ? await store.nodules.list() : (await listNodules({ store }, series)).nodules;
  } finally {
    await store.close();
  }
}
