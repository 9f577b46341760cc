import { AllNodules, type Nodule, NoduleList } from '@nodulelab/contract';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { z } from 'zod';
import { summariseArchive } from '../../lidc/archive.ts';
import { listNodules } from '../../services/noduleListing.ts';
import { openStore } from '../../store/store.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { archiveReport } from '../archiveReport.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../options.ts';
import { table } from '../output.ts';
import { findRunningServer } from '../runningServer.ts';

export function registerNodules(program: Command, context: () => CommandContext): void {
  program
    .command('nodules')
    .description('list the nodules of a series, or of all series; or count those in a folder of LIDC XML')
    .argument('[series]', 'Series Instance UID of a CT')
    .option('--xml <dir>', 'a folder of LIDC annotation files: nothing is imported')
    .action(async (series: string | undefined, { xml }: { xml?: string }) => {
      if (xml === undefined) return list(context(), series);
      if (series !== undefined) throw new UsageError('give either a series or --xml, not both');
      return count(context(), resolve(xml));
    });
}

async function count({ output, signal }: CommandContext, dir: string): Promise<void> {
  const summary = await summariseArchive(dir, { signal, progress: output.progress });
  output.result({ ...summary }, archiveReport(summary));
}

async function list({ output, dataDir }: CommandContext, series: string | undefined): Promise<void> {
  const nodules = await find(dataDir, series);
  output.result(
    { nodules },
    table(
      [
        'no',
        'readers',
        'by',
        'diameter mm',
        'malignancy',
        'texture',
        'spiculation',
        'centre LPS mm',
        'series',
      ],
      nodules.map((nodule) => [
        String(nodule.number),
        String(nodule.readers),
        nodule.annotation?.author ?? 'LIDC',
        nodule.diameterMm.toFixed(1),
        nodule.consensus?.malignancy.toFixed(1) ?? '–',
        nodule.consensus?.texture.toFixed(1) ?? '–',
        nodule.consensus?.spiculation.toFixed(1) ?? '–',
        nodule.centre.map((value) => value.toFixed(1)).join(','),
        nodule.seriesInstanceUID,
      ]),
    ),
  );
}

async function find(dataDir: string, series: string | undefined): Promise<Nodule[]> {
  const server = await findRunningServer(dataDir);
  if (server) {
    if (series === undefined) return (await server.call('GET', '/api/nodules', AllNodules)).nodules;
    const listed = await server.call('GET', `/api/series/${series}/nodules`, NoduleList);
    if (listed.nodules.length + listed.synthetic.length === 0) {
      const query = new URLSearchParams({ SeriesInstanceUID: series }).toString();
      const held = await server.call('GET', `/dicom-web/series?${query}`, z.array(z.unknown()));
      if (held.length === 0) throw unknown(series);
    }
    return listed.nodules;
  }
  const store = await openStore({ dir: dataDir });
  try {
    if (series === undefined) return await store.nodules.list();
    const listed = await listNodules({ store }, series);
    const known = listed.nodules.length + listed.synthetic.length > 0 || (await store.series.get(series));
    if (!known) throw unknown(series);
    return listed.nodules;
  } finally {
    await store.close();
  }
}

function unknown(series: string): NoduleLabError {
  return new NoduleLabError(
    'not-found',
    `Series ${series} was never imported: import its CT and its annotations with \`nodulelab import\`, or list all with \`nodulelab nodules\`.`,
    { seriesInstanceUID: series },
  );
}
